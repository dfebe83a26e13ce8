import type { Room } from './room.js';
import type { User } from './user.js';

/** Calls people on their own desk phones, at their own request. */
export interface OwnPhones {
  /**
   * Rings the user's registered desk phones; whichever answers is in the room. Returns once they are being called.
   * @throws RoomlineError `conflict` (code `no-desk-phone`) when none is registered, `not-found` for a room or user
   * that is no more, `forbidden` for one who may not enter.
   */
  callOwnPhone(user: Pick<User, 'name'>, room: Pick<Room, 'number'>): Promise<void>;
}
