import type { RoomNumber } from '../rooms/room.js';
import type { ParticipantId } from '../rooms/roster.js';
import type { Playback, PlayOptions, Sound } from '../sound.js';
import type { Language } from './speaker.js';

/** Speaks to those who are in rooms. */
export interface RoomVoice {
  /** To one of them alone, in place of what was played to them; undefined when they are gone. */
  play(participant: ParticipantId, sound: Sound, options?: PlayOptions): Playback | undefined;
  /** To all in a room but those excepted, one sound after the other. */
  playInRoom(room: RoomNumber, sound: Sound, except?: readonly ParticipantId[]): void;
  /** What they are spoken to in; undefined for the default. */
  languageOf(participant: ParticipantId): Language | undefined;
}
