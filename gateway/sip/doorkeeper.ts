import { type Admission, admit, admitGuest } from '../rooms/admission.js';
import type { InvitationStore } from '../rooms/invitations.js';
import type { Room, RoomFinder, RoomNumber } from '../rooms/room.js';
import type { Identity, OutsideGuest } from './identity.js';

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

export function createDoorkeeper(rooms: RoomFinder, invitations: Pick<InvitationStore, 'find'>): Doorkeeper {
  /** Whoever has a telephone that was invited may speak for as long as the invitation is not cancelled. */
  async function admitOutside(outside: OutsideGuest, number: RoomNumber): Promise<Admission> {
    if (outside.room !== number) return { admitted: false, why: 'wrong-room' };
    const state = (await invitations.find(outside.id))?.state ?? 'cancelled';
    return state === 'cancelled' ? { admitted: false, why: 'not-invited' } : { admitted: true, role: 'speaker' };
  }

  return {
    async look(number, identity) {
      if ('user' in identity) {
        const found = await rooms.findFor(number, identity.user.id);
        return found && { room: found.room, admission: admit(found.room, identity.user, found.standing) };
      }
      const room = await rooms.find(number);
      if (room === undefined) return undefined;
      if ('guest' in identity) return { room, admission: admitGuest(room, identity.guest) };
      return { room, admission: await admitOutside(identity.outside, number) };
    },
  };
}
