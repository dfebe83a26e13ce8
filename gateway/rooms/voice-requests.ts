import { RoomlineError } from '../errors.js';
import type { Directory } from './directory.js';
import type { Invitation, Inviter } from './invitations.js';
import type { Room } from './room.js';
import type { Membership, User } from './user.js';
import type { VoiceServer } from './voice-server.js';

export const VOICE_REQUEST_KINDS = [
  'voice-communication',
  'voice-communication-invitation',
  'temporary-voice-communication',
  'temporary-voice-communication-invitation',
  'exclusive-voice-communication',
  'exclusive-voice-communication-invitation',
] as const;
export type VoiceRequestKind = (typeof VOICE_REQUEST_KINDS)[number];

export interface VoiceRequest {
  readonly kind: VoiceRequestKind;
  /** The group's name; may be left out by a user of exactly one group. */
  readonly group?: string;
  /** The temporary team's identifier; made up when left out. */
  readonly team?: string;
  /** User names and `tel:` numbers, or `all` of the group but the asker; needed by the invitation kinds alone. */
  readonly invite?: readonly string[] | 'all';
  /** Makes asking twice the same as asking once, for a day. */
  readonly idempotencyKey?: string;
}

export interface VoiceRequestAnswer {
  readonly room: Room;
  readonly invitations: readonly Invitation[];
}

/** What exists to tell "no such group" from "not your group", and who is meant by an invitation. */
export interface GroupNames {
  exists(group: string): Promise<boolean>;
  memberNames(groupId: string): Promise<string[]>;
}

/** Writes what a request leaves behind, in one transaction: the invitations and its idempotency key. */
export interface VoiceRequestStore {
  /** Ids of users by name; names that nobody has are left out. */
  findUserIds(names: readonly string[]): Promise<Map<string, string>>;
  /** @throws RoomlineError `conflict` when another request with this key was faster: look it up. */
  record(entry: {
    asker: User;
    room: Room;
    invitees: readonly Invitation['to'][];
    idempotency?: { key: string; digest: string };
  }): Promise<Invitation[]>;
  /** What an earlier request with this key was answered, and the digest of what it asked. */
  findAnswered(askerId: string, key: string): Promise<{ digest: string; answer: VoiceRequestAnswer } | undefined>;
}

/** Answers voice requests: who asks for what, and which room they get. */
export interface VoiceRequests {
  /** @throws RoomlineError `invalid` (which group? whom?), `not-found`, `forbidden`, `conflict`, `unavailable`. */
  request(asker: User, request: VoiceRequest): Promise<VoiceRequestAnswer>;
}

export declare function createVoiceRequests(deps: {
  directory: Directory;
  voiceServer: VoiceServer;
  groups: GroupNames;
  store: VoiceRequestStore;
  inviter: Inviter;
}): VoiceRequests;

export function membershipFor(asker: User, group: string | undefined): Membership {
  const membership =
    group === undefined ? onlyMembership(asker) : asker.memberships.find((candidate) => candidate.group === group);
  if (membership !== undefined) return membership;
  throw new RoomlineError('forbidden', `you are not a member of group ${group}`, { code: 'not-a-member' });
}

function onlyMembership(asker: User): Membership {
  const [first, ...others] = asker.memberships;
  if (first !== undefined && others.length === 0) return first;
  const groups = asker.memberships.map((membership) => membership.group);
  throw new RoomlineError(
    'invalid',
    groups.length === 0 ? 'you are in no group' : `say which group: ${groups.join(', ')}`,
    { code: 'group-required', details: { groups } },
  );
}
