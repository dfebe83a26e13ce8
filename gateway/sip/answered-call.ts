import type { Playback, PlayOptions, Sound } from '../sound.js';

/** A call that was answered and is in no room yet: what may be played to it, and what is pressed. */
export interface AnsweredCall {
  /** Aborted when the call is over, or somebody no longer wants it. */
  readonly ended: AbortSignal;
  play(sound: Sound, options?: PlayOptions): Playback;
  /** Hears each key pressed (0-9, *, #, A-D) from now on, by RFC 4733 or INFO; returns what stops listening. */
  onDigit(listener: (digit: string) => void): () => void;
}
