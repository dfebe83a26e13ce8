import { EventBus } from '../events.js';
import type { RoomNumber } from './room.js';
import type { GroupRole } from './user.js';

/** Why a room is no longer there under its number. */
export type RoomEndCause = 'empty' | 'expired' | 'released';

/**
 * What takes access away from people who may be in a room right now. Plain JSON throughout, so that a directory
 * can pass them on to its voice servers.
 */
export type AccessEvents = {
  /** A user left a group; `room` is the group's number, if it has one. */
  'member.removed': { groupId: string; userId: string; user: string; room?: RoomNumber };
  /** A member's role is another one now. */
  'member.changed': { groupId: string; userId: string; user: string; role: GroupRole; room?: RoomNumber };
  /** A user was disabled, removed or logged out everywhere: what was issued to them is worth nothing any more. */
  'user.revoked': { userId: string; user: string };
  /** The number leads to no room any more, or to another one's. */
  'room.ended': { room: RoomNumber; cause: RoomEndCause };
  /** The PIN was changed or removed: guests who came in with the one before go. */
  'pin.changed': { room: RoomNumber };
  /** An invited user's invitation was cancelled: it lets them in no more. */
  'invitation.cancelled': { room: RoomNumber; invitationId: string; userId?: string };
};

export type AccessEventBus = EventBus<AccessEvents>;

export function createAccessEvents(): AccessEventBus {
  return new EventBus<AccessEvents>();
}
