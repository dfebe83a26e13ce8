import { type Invitation, SessionState } from 'sip.js';
import type { Api, Group, PlacedInvitation, SipClient, VoiceRequest } from './api.js';
import type { RoomFacts } from './room-view.js';

/** What it takes to be in a room. */
export interface Ticket {
  readonly room: RoomFacts;
  /** Fresh SIP credentials, where the way in gave some. */
  readonly client?: SipClient;
  readonly invitations?: readonly PlacedInvitation[];
  /** The call to answer, in place of one to make. */
  readonly answer?: Invitation;
}

/** By what the user enters: this page, or their desk phone, which is called. */
export type EntryDevice = 'softphone' | 'desk-phone';

/** A way into a room. */
export interface Entrance {
  readonly way: 'request' | 'number' | 'invitation' | 'guest';
  /** What the room is called before it is known. */
  readonly title: string;
  readonly number?: string;
  /** The name of the group whose room it is, where that is known. */
  readonly group?: string;
  readonly device: EntryDevice;
  /** @param microphone settles when the microphone is open; people are rung only then */
  open(microphone: Promise<unknown>): Promise<Ticket>;
  /** The way back into the room once it was found, by the same device unless told: nobody is invited twice. */
  again(room: RoomFacts, device?: EntryDevice): Entrance;
  /** The visit is over, whether it came to anything or not. */
  close?(): void;
}

/** By one of the six voice requests. */
export function byRequest(
  api: Api,
  request: VoiceRequest,
  options: { title: string; number?: string | undefined; makeKey: () => string },
): Entrance {
  const invites = 'invite' in request;
  // One key for all tries: whoever tries again after a lost answer has nobody rung twice.
  const key = invites ? options.makeKey() : undefined;
  const device = request.device ?? 'softphone';
  return {
    way: 'request',
    device,
    title: options.title,
    ...(options.number === undefined ? {} : { number: options.number }),
    ...('group' in request ? { group: request.group } : {}),
    async open(microphone) {
      if (invites) await microphone;
      return api.requestVoice(request, key);
    },
    again: (room, by = device) =>
      byRequest(api, asDevice(withoutInvitations(request, room), by), {
        ...options,
        title: room.title,
        number: room.number,
      }),
  };
}

/** A request as it is made when the user comes by that device. */
export function asDevice({ device: _, ...request }: VoiceRequest, device: EntryDevice): VoiceRequest {
  return device === 'desk-phone' ? { ...request, device } : request;
}

export function byGroup(api: Api, group: Group, device: EntryDevice = 'softphone'): Entrance {
  return byRequest(api, asDevice({ kind: 'voice-communication', group: group.name }, device), {
    title: group.title,
    number: group.number,
    makeKey: () => '',
  });
}

function withoutInvitations(request: VoiceRequest, room: RoomFacts): VoiceRequest {
  switch (request.kind) {
    case 'voice-communication':
    case 'voice-communication-invitation':
      return { kind: 'voice-communication', group: request.group };
    case 'temporary-voice-communication':
    case 'temporary-voice-communication-invitation':
      return { kind: 'temporary-voice-communication', ...teamOf(room) };
    case 'exclusive-voice-communication':
    case 'exclusive-voice-communication-invitation':
      return { kind: 'exclusive-voice-communication' };
  }
}

function teamOf({ team }: RoomFacts): { team?: string } {
  return team === undefined ? {} : { team };
}

/** By a number the user may dial, as a link to a room holds it. */
export function byNumber(api: Api, number: string, title = number): Entrance {
  return {
    way: 'number',
    device: 'softphone',
    title,
    number,
    open: async () => ({ room: await api.room(number) }),
    again: (room) => byNumber(api, number, room.title),
  };
}

/** By the desk phone that is in the room already. */
export function byPresence(api: Api, room: RoomFacts): Entrance {
  return {
    way: room.you?.belongs === true ? 'request' : 'number',
    device: 'desk-phone',
    title: room.title,
    number: room.number,
    open: async () => ({ room }),
    again: () => byNumber(api, room.number, room.title),
  };
}

/** By answering the call the gateway makes to whoever is invited. */
export function byInvitation(api: Api, answer: Invitation, room: RoomFacts): Entrance {
  return {
    way: 'invitation',
    device: 'softphone',
    title: room.title,
    number: room.number,
    open: async () => ({ room, answer }),
    close() {
      // There was no microphone to answer it with.
      if (answer.state === SessionState.Initial) answer.reject({ statusCode: 480 }).catch(() => undefined);
    },
    again: () => byNumber(api, room.number, room.title),
  };
}

/** By a room's PIN, for whoever has no login. */
export function byPin(api: Api, guest: { number: string; name: string; pin: string }): Entrance {
  const { number, name, pin } = guest;
  const entrance: Entrance = {
    way: 'guest',
    device: 'softphone',
    title: number,
    number,
    open: () => api.enterAsGuest(number, name, pin),
    again: () => entrance,
  };
  return entrance;
}
