import type { RoomNumber } from './room.js';

/** What those who moderate a room choose for it, for as long as the room has its number. */
export interface RoomSettings {
  setAnnouncesJoins(number: RoomNumber, announcesJoins: boolean): Promise<void>;
}
