import type { Sound } from '../sound.js';

/** A language's tag, which is the name of its folder, such as `en` or `zh`. */
export type Language = string;

/** What stands in the places a prompt leaves open. */
export type SpokenValue =
  /**
   * A person's or group's name. A recording in the folder `names` of the operator's prompts is preferred, called as
   * `recordedAs` says or as the name itself.
   */
  | { readonly name: string; readonly recordedAs?: string }
  /** Digit by digit, as telephone numbers and room numbers are read: 0-9 and +; what else is in it makes a pause. */
  | { readonly digits: string }
  /** As a quantity, the language's own way. */
  | { readonly count: number };

/** Says things in the languages there are folders for. */
export interface Speaker {
  readonly languages: readonly Language[];
  /**
   * The sound of a prompt, its places filled; made once and kept. A language there is none of is spoken in the default
   * one (`zh-TW` in `zh`, where there is that). In place of a name that cannot be spoken the language's own words stand
   * (such as "Someone"), and it is logged.
   * @throws RoomlineError `internal` for a prompt no language has, or one whose places are not all told.
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
  /**
   * {inviter}, {group}: NAME invites you to the voice room of GROUP. To join, press 1; to decline, 2; to be called again
   * in {minutes} minutes, which the speaker knows, 3.
   */
  'invitation',
  /** {inviter}: the same into a room that is no group's. */
  'invitation-to-person',
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
