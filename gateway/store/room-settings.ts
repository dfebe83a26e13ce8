import type { RoomSettings } from '../rooms/room-settings.js';
import type { Database } from './database.js';
import { QUARANTINED } from './quarantine.js';

export function createRoomSettings(database: Database): RoomSettings {
  return {
    async setAnnouncesJoins(number, announcesJoins) {
      await database.write((transaction) =>
        transaction('rooms')
          .where({ number })
          .andWhereNot('kind', QUARANTINED)
          .update({ announces_joins: announcesJoins ? 1 : 0 }),
      );
    },
  };
}
