import { FRAME_SAMPLES } from './frame.js';
import { PitchFinder } from './pitch.js';

/** Samples before the frame that a longer frame may repeat. */
export const BEHIND_SAMPLES = 320;
/** Samples after the frame that a shorter frame may skip into. */
export const AHEAD_SAMPLES = FRAME_SAMPLES;
/** Length of the signal a stretch works on: what was played, the frame, what comes after. */
export const STRETCH_SAMPLES = BEHIND_SAMPLES + FRAME_SAMPLES + AHEAD_SAMPLES;

const MIN_LAG = 16;

/**
 * Plays a frame from a little more or a little less than a frame of sound, so that the delay shrinks or grows
 * without being heard: the sound jumps by whole pitch periods, with a cross-fade over the frame.
 */
export class TimeStretch {
  /** The sound to work on; the frame begins at `BEHIND_SAMPLES`. */
  readonly signal = new Int16Array(STRETCH_SAMPLES);
  readonly #pitch = new PitchFinder();

  /**
   * Writes a frame that skips up to `most` samples. Returns how many it skips; 0 when the sound is not `alike`
   * enough to itself, and then nothing is written.
   */
  shorten(out: Int16Array, most: number, alike: number): number {
    const maxLag = Math.min(most, AHEAD_SAMPLES);
    if (maxLag < MIN_LAG) return 0;
    this.#pitch.find(this.signal, BEHIND_SAMPLES, FRAME_SAMPLES, MIN_LAG, maxLag, 1);
    if (this.#pitch.likeness < alike) return 0;
    this.#crossFade(out, this.#pitch.lag);
    return this.#pitch.lag;
  }

  /** Writes a frame that repeats about `wanted` samples; returns how many, 0 when not `alike` enough. */
  lengthen(out: Int16Array, wanted: number, alike: number): number {
    const maxLag = Math.min(Math.max(wanted, FRAME_SAMPLES / 2), FRAME_SAMPLES);
    this.#pitch.find(this.signal, BEHIND_SAMPLES, FRAME_SAMPLES, MIN_LAG, maxLag, -1);
    if (this.#pitch.likeness < alike) return 0;
    this.#crossFade(out, -this.#pitch.lag);
    return this.#pitch.lag;
  }

  /** From the frame to the piece `offset` away. */
  #crossFade(out: Int16Array, offset: number): void {
    const signal = this.signal;
    const step = 1 / (FRAME_SAMPLES + 1);
    let weight = step;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const here = signal[BEHIND_SAMPLES + i] as number;
      const there = signal[BEHIND_SAMPLES + offset + i] as number;
      out[i] = Math.round(here + (there - here) * weight);
      weight += step;
    }
  }
}
