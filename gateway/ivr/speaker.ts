import type { Sound } from '../sound.js';

/** A language's tag, which is the name of its folder, such as `en` or `zh`. */
export type Language = string;

/** What stands in the places a prompt leaves open. */
export type SpokenValue =
  /** A person's or group's name; `recordedAs` names a recording to be preferred where there is one. */
  | { readonly name: string; readonly recordedAs?: string }
  /** Digit by digit, as telephone numbers and room numbers are read. */
  | { readonly digits: string }
  /** As a quantity, the language's own way. */
  | { readonly count: number };

/** Says things in the languages there are folders for. */
export interface Speaker {
  readonly languages: readonly Language[];
  /**
   * The sound of a prompt, its places filled; made once and kept. A language there is none of is spoken in the default
   * one. A name that cannot be spoken is left out, and logged.
   * @throws RoomlineError `internal` for a prompt no language has.
   */
  say(
    language: Language | undefined,
    prompt: PromptName,
    values?: Readonly<Record<string, SpokenValue>>,
  ): Promise<Sound>;
  /** Sounds that are no words, the same in all languages. */
  sound(name: SoundName): Sound;
}

/** Every language's folder has all of these. */
export const PROMPT_NAMES = [
  /** {inviter}, {group}: NAME invites you to the voice room of GROUP. To join, press 1; to decline, 2; to be called again in five minutes, 3. */
  'invitation',
  /** {inviter}: the same into a room that is no group's. */
  'invitation-to-person',
  'invitation-accepted',
  'invitation-declined',
  'invitation-snoozed',
  'lobby-welcome',
  'lobby-enter-room',
  'lobby-enter-pin',
  'lobby-unknown-room',
  'lobby-wrong-pin',
  'lobby-not-allowed',
  'lobby-locked',
  'lobby-full',
  'lobby-unavailable',
  'goodbye',
  /** {name} */
  'joined',
  /** {count}: how many are here, beside the one who asks. */
  'count-here',
  'count-alone',
  'alone',
  'muted',
  'unmuted',
  'muted-by-moderator',
  'hand-raised',
  'hand-lowered',
  'room-locked',
  'room-unlocked',
  'all-muted',
  'not-moderator',
  'listener',
  'menu',
  'menu-moderator',
] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** `entered`: a short tone; `music`: what one hears who is alone, to be looped. */
export type SoundName = 'entered' | 'music';
