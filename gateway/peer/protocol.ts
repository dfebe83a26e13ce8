import { z } from 'zod';
import { INVITATION_STATES, type Invitation } from '../rooms/invitations.js';
import { ROOM_NUMBER_PATTERN, type Room } from '../rooms/room.js';
import type { Participant, RosterEvents } from '../rooms/roster.js';
import { namedAccessEvent } from './access-event.js';

/** What directory and voice server say to each other over HTTP, as JSON; every request brings the shared key. */
export const PEER_PREFIX = '/peer/v1';
/** The code by which a voice server says that another may be asked instead. */
export const NOT_READY = 'voice-server-not-ready';
/** Most of a request. */
export const MOST_IDS = 10_000;

const date = z.iso.datetime().transform((text) => new Date(text));
const roomNumber = z.string().regex(ROOM_NUMBER_PATTERN);
const id = z.string().min(1).max(128);
/** What stands in the path of a request, by its name there. */
export const pathParameters = { number: roomNumber, id };
const role = z.enum(['owner', 'moderator', 'speaker', 'listener']);

/** Who asks: by name, and by id too, since a name may pass from one user to another. */
const asker = z.strictObject({ id, name: z.string().min(1).max(64) });

export const temporaryRoomRequest = z.strictObject({ asker, team: z.string().min(1).max(128) });
export const exclusiveRoomRequest = z.strictObject({ asker });
export const participantChange = z.union([
  z.strictObject({ muted: z.boolean() }),
  z.strictObject({ role }),
  z.strictObject({ handRaised: z.boolean() }),
]);
/** Whether telephones can be called in somebody's name. */
export const outsideCallCheckRequest = z.strictObject({ asker, telephones: z.array(z.string().max(64)).max(MOST_IDS) });
export const ownPhoneCallRequest = z.strictObject({ asker, room: roomNumber });
export const cancelRequest = z.strictObject({ invitations: z.array(id).min(1).max(MOST_IDS) });
export const roomChange = z.strictObject({ locked: z.boolean() });
export const muteAllAnswer = z.looseObject({ muted: z.int().min(0) });
export const invitationsRequest = z.strictObject({ inviter: asker, invitations: z.array(id).min(1).max(MOST_IDS) });

/** Fields a newer peer adds are passed on, not refused. */
const room: z.ZodType<Room> = z.looseObject({
  number: roomNumber,
  kind: z.enum(['group', 'temporary', 'exclusive']),
  title: z.string(),
  groupId: z.string().optional(),
  team: z.string().optional(),
  ownerId: z.string().optional(),
  expiresAt: date.optional(),
  hasPin: z.boolean(),
});
export const roomAnswer = z.looseObject({ room });

const participant: z.ZodType<Participant> = z.looseObject({
  id,
  user: z.string().optional(),
  name: z.string(),
  device: z.enum(['softphone', 'desk-phone', 'outside-line']),
  muted: z.boolean(),
  talking: z.boolean(),
  held: z.boolean(),
  role,
  handRaised: z.boolean(),
  joinedAt: date,
});

const invitation: z.ZodType<Invitation> = z.looseObject({
  id,
  room: roomNumber,
  inviter: z.object({ id, name: z.string() }),
  to: z.union([z.object({ user: z.object({ id, name: z.string() }) }), z.object({ tel: z.string() })]),
  state: z.enum(INVITATION_STATES),
  tries: z.int().min(0),
  snoozes: z.int().min(0).optional(),
  interruptions: z.int().min(0).optional(),
  cause: z.string().optional(),
  nextTryAt: date.optional(),
  answeredAt: date.optional(),
  createdAt: date,
  updatedAt: date,
});

/** The first line of the roster's stream: the voice server itself, and who is in its rooms. */
export const hello = z.looseObject({
  hello: z.looseObject({
    wsUrl: z.url().nullable(),
    sipHost: z.string().min(1),
    sipPort: z.int(),
    /** False while the voice server stands by: another one takes the calls. */
    takesCalls: z.boolean(),
    /** An empty line comes at least this often. */
    beatMs: z.number().positive(),
    rooms: z.array(z.looseObject({ number: roomNumber, locked: z.boolean(), participants: z.array(participant) })),
  }),
});
export type Hello = z.output<typeof hello>['hello'];

const LEAVE_CAUSES = ['left', 'removed', 'unreachable', 'media-lost', 'expired', 'shutdown', 'failed'] as const;

/** Every following line: one event of the roster, or of lost access, or whether calls are taken. */
export const rosterLine = z.union([
  z.strictObject({ joined: z.looseObject({ room: roomNumber, participant }) }),
  z.strictObject({ updated: z.looseObject({ room: roomNumber, participant }) }),
  z.strictObject({ left: z.looseObject({ participant, cause: z.enum(LEAVE_CAUSES).catch('left') }) }),
  z.strictObject({
    digit: z.looseObject({ participantId: id, digit: z.string().max(1), durationMs: z.number() }),
  }),
  z.strictObject({ invitation: z.looseObject({ room: roomNumber, invitation }) }),
  z.strictObject({ locked: z.looseObject({ room: roomNumber, locked: z.boolean() }) }),
  z.strictObject({ access: namedAccessEvent }),
  z.strictObject({ state: z.looseObject({ takesCalls: z.boolean() }) }),
]);
export type RosterLine = z.output<typeof rosterLine>;

/** How an event of the roster is written; undefined for one that follows from others. */
export function lineOf<Name extends keyof RosterEvents>(name: Name, event: RosterEvents[Name]): object | undefined {
  switch (name) {
    case 'participant.joined':
      return { joined: event };
    case 'participant.updated':
      return { updated: event };
    case 'participant.left':
      return { left: event };
    case 'participant.digit':
      return { digit: event };
    case 'invitation.updated':
      return { invitation: event };
    case 'room.locked':
      return { locked: event };
    default:
      return undefined;
  }
}
