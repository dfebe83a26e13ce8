import type { RoomNumber } from '../rooms/room.js';
import type { ParticipantId } from '../rooms/roster.js';
import type { Playback, PlayOptions, Sound } from '../sound.js';

/** Speaks to those who are in rooms. */
export interface RoomVoice {
  /** To one of them alone, over what they hear of the room; undefined when they are gone. */
  play(id: ParticipantId, sound: Sound, options?: PlayOptions): Playback | undefined;
  /** What they are spoken to in; undefined for the default. */
  languageOf(id: ParticipantId): string | undefined;
  /** To all who are in a room now, those excepted. */
  playInRoom(room: RoomNumber, sound: Sound, except?: readonly ParticipantId[]): void;
}
