import { RoomlineError } from '../errors.js';
import { admit } from '../rooms/admission.js';
import type { Directory } from '../rooms/directory.js';
import { isRoomNumber, type Room } from '../rooms/room.js';
import type { ParticipantRole } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';

export interface RoomAccess {
  readonly room: Room;
  readonly role: ParticipantRole;
}

/**
 * The room of a number, for one who may enter it.
 * @throws RoomlineError `not-found` for a number without a room, `forbidden` for a room that is not the user's.
 */
export async function accessRoom(directory: Directory, number: string, user: User): Promise<RoomAccess> {
  const room = isRoomNumber(number) ? await directory.findRoom(number) : undefined;
  if (room === undefined) {
    throw new RoomlineError('not-found', `there is no room ${number.slice(0, 32)}`, { code: 'room-not-found' });
  }
  const admission = admit(room, user);
  if (!admission.admitted) {
    throw new RoomlineError('forbidden', `you may not enter room ${number}`, { code: admission.why });
  }
  return { room, role: admission.role };
}
