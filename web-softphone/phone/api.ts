import { createHttp } from './http.js';
import type { Invitation } from './invitations.js';
import { ProblemError } from './problem.js';
import type { GivenRole, LiveRoom, RoomFacts } from './room-view.js';

export interface Group {
  readonly name: string;
  readonly title: string;
  readonly role: 'moderator' | 'member' | 'listener';
  /** The group's room number, once it has one. */
  readonly number?: string;
}

export interface Me {
  readonly name: string;
  readonly displayName: string;
  readonly groups: readonly Group[];
  /** What prompts are spoken to the user in; null for the default. */
  readonly language: string | null;
  /** Those there are prompts in. */
  readonly languages: readonly string[];
}

export interface Member {
  readonly user: string;
  readonly displayName: string;
}

/** What to reach the SIP side with; never the user's password. */
export interface SipClient {
  readonly wsUrl: string;
  readonly aor: string;
  readonly username: string;
  readonly password: string;
  readonly expiresAt: string;
}

/** Whom to invite: user names and telephone numbers (`tel:+...`), or everybody of the group. */
export type Invitees = readonly string[] | 'all';

/** One of the six voice requests, and by what the user comes: the page, unless it is their desk phone that is called. */
export type VoiceRequest = SixRequests & { readonly device?: 'desk-phone' };

type SixRequests =
  | { readonly kind: 'voice-communication'; readonly group: string }
  | { readonly kind: 'voice-communication-invitation'; readonly group: string; readonly invite: Invitees }
  | { readonly kind: 'temporary-voice-communication'; readonly team?: string }
  | {
      readonly kind: 'temporary-voice-communication-invitation';
      readonly team?: string;
      readonly invite: readonly string[];
    }
  | { readonly kind: 'exclusive-voice-communication' }
  | { readonly kind: 'exclusive-voice-communication-invitation'; readonly invite: readonly string[] };

/** An invitation as it is when it is made. */
export type PlacedInvitation = Pick<Invitation, 'id' | 'to' | 'state'>;

export interface VoiceRoom {
  readonly room: RoomFacts;
  readonly client: SipClient;
  readonly invitations?: readonly PlacedInvitation[];
}

/** The gateway's HTTP API, as far as the softphone uses it. Everything throws ProblemError. */
export interface Api {
  login(user: string, password: string): Promise<string>;
  me(): Promise<Me>;
  /** @param language null for the default */
  setLanguage(language: string | null): Promise<Me>;
  members(group: string): Promise<readonly Member[]>;
  sipCredentials(): Promise<SipClient>;
  /** @param key asking again with the same one is answered as the first time */
  requestVoice(request: VoiceRequest, key?: string): Promise<VoiceRoom>;
  enterAsGuest(room: string, name: string, pin: string): Promise<VoiceRoom>;
  room(room: string): Promise<LiveRoom>;
  setMuted(room: string, participant: string, muted: boolean): Promise<void>;
  setHandRaised(room: string, participant: string, raised: boolean): Promise<void>;
  /** Mutes everybody but those who moderate. */
  muteAll(room: string): Promise<void>;
  setLocked(room: string, locked: boolean): Promise<void>;
  setAnnounceJoins(room: string, announceJoins: boolean): Promise<void>;
  setRole(room: string, participant: string, role: GivenRole): Promise<void>;
  remove(room: string, participant: string): Promise<void>;
  invitations(room: string): Promise<readonly Invitation[]>;
  invite(room: string, invite: Invitees): Promise<readonly Invitation[]>;
  cancelInvitation(room: string, invitation: string): Promise<void>;
  cancelInvitations(room: string): Promise<void>;
  /** Returns the PIN, for the one time it is shown. */
  setPin(room: string, pin?: string): Promise<string>;
  removePin(room: string): Promise<void>;
  /** The room's event stream, as text in pieces of any size, until `signal` aborts or the stream ends. */
  events(room: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

/**
 * @param deps.token the login token to send along, if there is one
 * @param deps.onUnauthorized told when a token is no longer accepted
 */
export function createApi(deps: { baseUrl: string; token: () => string | undefined; onUnauthorized: () => void }): Api {
  const http = createHttp(deps);
  const roomPath = (room: string) => `/v1/rooms/${encodeURIComponent(room)}`;
  const participantPath = (room: string, id: string) => `${roomPath(room)}/participants/${encodeURIComponent(id)}`;
  const invitationPath = (room: string, id: string) => `${roomPath(room)}/invitations/${encodeURIComponent(id)}`;

  return {
    async login(user, password) {
      try {
        return (await http.ask<{ token: string }>('POST', '/v1/login', { user, password })).token;
      } catch (error) {
        throw wrongPasswordOr(error);
      }
    },
    me: () => http.ask('GET', '/v1/me'),
    setLanguage: (language) => http.ask('PATCH', '/v1/me', { language }),
    async members(group) {
      const path = `/v1/groups/${encodeURIComponent(group)}/members?limit=500`;
      return (await http.ask<{ members: Member[] }>('GET', path)).members;
    },
    async sipCredentials() {
      return (await http.ask<{ client: SipClient }>('POST', '/v1/me/sip-credentials')).client;
    },
    requestVoice: (request, key) =>
      http.ask('POST', '/v1/voice-requests', request, key === undefined ? {} : { 'idempotency-key': key }),
    enterAsGuest: (room, name, pin) => http.ask('POST', `${roomPath(room)}/guests`, { pin, name }),
    room: (room) => http.ask('GET', roomPath(room)),
    setMuted: (room, id, muted) => http.ask('PATCH', participantPath(room, id), { muted }),
    setHandRaised: (room, id, handRaised) => http.ask('PATCH', participantPath(room, id), { handRaised }),
    muteAll: (room) => http.ask('POST', `${roomPath(room)}/mute-all`),
    setLocked: (room, locked) => http.ask('PATCH', roomPath(room), { locked }),
    setAnnounceJoins: (room, announceJoins) => http.ask('PATCH', roomPath(room), { announceJoins }),
    setRole: (room, id, role) => http.ask('PATCH', participantPath(room, id), { role }),
    remove: (room, id) => http.ask('DELETE', participantPath(room, id)),
    async invitations(room) {
      return (await http.ask<{ invitations: Invitation[] }>('GET', `${roomPath(room)}/invitations`)).invitations;
    },
    async invite(room, invite) {
      const path = `${roomPath(room)}/invitations`;
      return (await http.ask<{ invitations: Invitation[] }>('POST', path, { invite })).invitations;
    },
    cancelInvitation: (room, id) => http.ask('DELETE', invitationPath(room, id)),
    cancelInvitations: (room) => http.ask('DELETE', `${roomPath(room)}/invitations`),
    async setPin(room, pin) {
      return (await http.ask<{ pin: string }>('PUT', `${roomPath(room)}/pin`, pin === undefined ? {} : { pin })).pin;
    },
    removePin: (room) => http.ask('DELETE', `${roomPath(room)}/pin`),
    events: (room, signal) => http.follow(`${roomPath(room)}/events`, signal),
  };
}

/** A 401 to a login means the password, not the session. */
function wrongPasswordOr(error: unknown): unknown {
  return error instanceof ProblemError && error.problem.code === 'session-expired'
    ? new ProblemError({ code: 'wrong-password' }, error)
    : error;
}
