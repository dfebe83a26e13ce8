import { RoomlineError } from '../../gateway/errors.js';
import { moderates } from '../../gateway/rooms/admission.js';
import type { LiveRooms, Roster } from '../../gateway/rooms/roster.js';

/** What a live room's focus does, on the roster alone: there is no call here to end. */
export function liveRoomsOf(roster: Roster): LiveRooms {
  function mustFind(id: string): void {
    if (roster.find(id) === undefined) throw new RoomlineError('not-found', 'they are gone');
  }
  return {
    async setMuted(id, muted) {
      mustFind(id);
      roster.update(id, { muted });
    },
    async setRole(id, role) {
      mustFind(id);
      roster.update(id, { role });
    },
    async setHandRaised(id, handRaised) {
      mustFind(id);
      roster.update(id, { handRaised });
    },
    async muteAll(room) {
      const heard = roster.participants(room).filter(({ muted, role }) => !muted && !moderates(role));
      for (const { id } of heard) roster.update(id, { muted: true });
      return heard.length;
    },
    async setLocked(room, locked) {
      if (roster.countIn(room) === 0)
        throw new RoomlineError('not-found', 'nobody is there', { code: 'room-not-live' });
      roster.setLocked(room, locked);
    },
    async remove(id) {
      mustFind(id);
      roster.leave(id, 'removed');
    },
  };
}
