import type { StreamEvent } from './event-stream.js';
import { type Invitation, isInvitation } from './invitations.js';

export type RoomKind = 'group' | 'temporary' | 'exclusive';

/** What a room is, whoever is in it. */
export interface RoomFacts {
  readonly number: string;
  readonly kind: RoomKind;
  readonly title: string;
  readonly uri: string;
  /** The temporary team's identifier. */
  readonly team?: string;
  /** When a temporary room ends at the latest. */
  readonly expiresAt?: string;
  /** Guests who know the PIN may enter. */
  readonly hasPin: boolean;
  /** Only moderators and the owner enter. */
  readonly locked?: boolean;
  /** Those in the room are told the name of each who joins. */
  readonly announceJoins?: boolean;
  /** Whether the user may invite others: not who may enter by an invitation alone. */
  readonly you?: { readonly belongs: boolean };
}

/** A room with everybody who is in it. */
export interface LiveRoom extends RoomFacts {
  readonly participants: readonly Participant[];
}

export type Role = 'owner' | 'moderator' | 'speaker' | 'listener';
/** A role that can be given to somebody in a room. */
export type GivenRole = Exclude<Role, 'owner'>;

/** What somebody is in a room with. */
export type Device = 'softphone' | 'desk-phone' | 'outside-line';

export interface Participant {
  readonly id: string;
  /** Absent for a guest, and for a telephone that is nobody's. */
  readonly user?: string;
  readonly name: string;
  readonly device: Device;
  readonly muted: boolean;
  readonly talking: boolean;
  readonly held?: boolean;
  readonly role: Role;
  /** Asks for the floor. */
  readonly handRaised?: boolean;
  readonly joinedAt: string;
}

/** What a room's event stream tells. */
export type RoomEvent =
  | { readonly type: 'snapshot'; readonly participants: readonly Participant[]; readonly room?: RoomFacts }
  | { readonly type: 'joined' | 'updated'; readonly participant: Participant }
  | { readonly type: 'left'; readonly participant: Participant; readonly cause: string }
  | { readonly type: 'digit'; readonly participantId: string; readonly digit: string }
  | { readonly type: 'invitation'; readonly invitation: Invitation }
  | { readonly type: 'locked'; readonly locked: boolean }
  /** The number leads to this room no more. */
  | { readonly type: 'closed' };

/** Reads one event of the stream; undefined for those this page has no use for. */
export function readRoomEvent(event: StreamEvent): RoomEvent | undefined {
  const data = parseObject(event.data);
  if (data === undefined) return undefined;
  switch (event.name) {
    case 'room':
      return readSnapshot(data);
    case 'participant.joined':
    case 'participant.updated':
      return isParticipant(data.participant)
        ? { type: event.name === 'participant.joined' ? 'joined' : 'updated', participant: data.participant }
        : undefined;
    case 'participant.left':
      return isParticipant(data.participant)
        ? { type: 'left', participant: data.participant, cause: String(data.cause) }
        : undefined;
    case 'participant.digit':
      return { type: 'digit', participantId: String(data.participantId), digit: String(data.digit) };
    case 'invitation.updated':
      return isInvitation(data.invitation) ? { type: 'invitation', invitation: data.invitation } : undefined;
    case 'room.locked':
      return typeof data.locked === 'boolean' ? { type: 'locked', locked: data.locked } : undefined;
    case 'room.closed':
      return { type: 'closed' };
    default:
      return undefined;
  }
}

function readSnapshot(data: Record<string, unknown>): RoomEvent | undefined {
  const { participants, ...room } = data;
  if (!Array.isArray(participants)) return undefined;
  const facts = isRoom(room) ? { room } : {};
  return { type: 'snapshot', participants: participants.filter(isParticipant), ...facts };
}

function isRoom(value: object): value is RoomFacts {
  const { number, kind, title, uri } = value as Partial<Record<keyof RoomFacts, unknown>>;
  return [number, kind, title, uri].every((fact) => typeof fact === 'string');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isParticipant(value: unknown): value is Participant {
  return typeof value === 'object' && value !== null && typeof (value as { id?: unknown }).id === 'string';
}

/** Everybody in the room after an event, in the order they came. */
export function applyRoomEvent(participants: readonly Participant[], event: RoomEvent): readonly Participant[] {
  switch (event.type) {
    case 'snapshot':
      return inOrder(event.participants);
    case 'joined':
    case 'updated': {
      const { participant } = event;
      const known = participants.some((present) => present.id === participant.id);
      if (!known) return inOrder([...participants, participant]);
      return participants.map((present) => (present.id === participant.id ? participant : present));
    }
    case 'left':
      return participants.filter((present) => present.id !== event.participant.id);
    case 'digit':
    case 'invitation':
    case 'locked':
    case 'closed':
      return participants;
  }
}

function inOrder(participants: readonly Participant[]): readonly Participant[] {
  return [...participants].sort((a, b) => a.joinedAt.localeCompare(b.joinedAt) || a.id.localeCompare(b.id));
}

/**
 * Which of the participants this page is: the one it has been, while they are there; else the user's softphone that
 * came last, since an earlier one is another tab. Where the user is in by their desk phone, it is that one.
 */
export function findSelf(
  participants: readonly Participant[],
  user: string,
  before: string | undefined,
  device: Device = 'softphone',
): string | undefined {
  if (before !== undefined && participants.some((participant) => participant.id === before)) return before;
  return participants.findLast((participant) => participant.user === user && participant.device === device)?.id;
}
