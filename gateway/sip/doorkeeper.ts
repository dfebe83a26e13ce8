import { type Admission, admit, admitGuest } from '../rooms/admission.js';
import type { Room, RoomFinder, RoomNumber } from '../rooms/room.js';
import type { Identity } from './identity.js';

/** A room, and whether somebody may enter it. */
export interface Entry {
  readonly room: Room;
  readonly admission: Admission;
}

/** Says who may enter which room, as things are when it is asked. */
export interface Doorkeeper {
  /** Undefined when no room has the number. */
  look(number: RoomNumber, identity: Identity): Promise<Entry | undefined>;
}

export function createDoorkeeper(rooms: RoomFinder): Doorkeeper {
  return {
    async look(number, identity) {
      if ('user' in identity) {
        const found = await rooms.findFor(number, identity.user.id);
        return found && { room: found.room, admission: admit(found.room, identity.user, found.standing) };
      }
      const room = await rooms.find(number);
      return room && { room, admission: admitGuest(room, identity.guest) };
    },
  };
}
