import { FRAME_SAMPLES } from './frame.js';
import { PitchFinder } from './pitch.js';

/** How much of what was played must be kept for concealment, in samples. */
export const HISTORY_SAMPLES = 480;

const MIN_LAG = 40;
const MAX_LAG = FRAME_SAMPLES;
/** Less alike than this the sound has no pitch; short pieces of it, repeated, would hum. */
const PITCHED = 0.5;
const UNPITCHED_LAG = 200;
/** Played at full loudness for one frame, then faded over three. */
const FULL_SAMPLES = FRAME_SAMPLES;
const FADE_SAMPLES = 3 * FRAME_SAMPLES;
/** Over so many samples a step at the seam is smoothed. */
const SEAM_SAMPLES = 16;

/**
 * Fills gaps with the last pitch periods of what was played, repeated and faded (after the idea of ITU-T G.711
 * Appendix I, but without its delay: what was played cannot be changed any more).
 */
export class Concealment {
  readonly #pitch = new PitchFinder();
  readonly #cycle = new Int16Array(UNPITCHED_LAG);
  #lag = MIN_LAG;
  #phase = 0;
  #age = FULL_SAMPLES + FADE_SAMPLES;
  #seam = 0;

  /** A gap begins: learns what to repeat from the last `HISTORY_SAMPLES` played. */
  begin(history: Int16Array): void {
    this.#pitch.find(history, HISTORY_SAMPLES - FRAME_SAMPLES, FRAME_SAMPLES, MIN_LAG, MAX_LAG, -1);
    const lag = this.#pitch.likeness < PITCHED ? UNPITCHED_LAG : this.#pitch.lag;
    const start = HISTORY_SAMPLES - lag;
    for (let i = 0; i < lag; i++) this.#cycle[i] = history[start + i] as number;
    this.#seam = (history[HISTORY_SAMPLES - 1] as number) - (history[start - 1] as number);
    this.#lag = lag;
    this.#phase = 0;
    this.#age = 0;
  }

  /** Nothing to repeat any more. */
  stop(): void {
    this.#age = FULL_SAMPLES + FADE_SAMPLES;
  }

  /** Faded to silence. */
  get faded(): boolean {
    return this.#age >= FULL_SAMPLES + FADE_SAMPLES;
  }

  /**
   * The whole number of periods nearest to `samples`, in samples, at most `most`: moved by that, the sound goes on
   * where it would have been. Sound without pitch may be moved by any amount.
   */
  wholePeriods(samples: number, most: number): number {
    if (this.faded || this.#pitch.likeness < PITCHED) return Math.min(samples, most);
    return Math.min(Math.round(samples / this.#lag), Math.floor(most / this.#lag)) * this.#lag;
  }

  /** Writes `out[from .. to)`. */
  fill(out: Int16Array, from: number, to: number): void {
    for (let i = from; i < to; i++) out[i] = this.#next();
  }

  /** Fades from the concealment to what is in `out[from .. to)`. */
  fadeInto(out: Int16Array, from: number, to: number): void {
    const step = 1 / (to - from + 1);
    let weight = step;
    for (let i = from; i < to; i++) {
      out[i] = Math.round((out[i] as number) * weight + this.#next() * (1 - weight));
      weight += step;
    }
  }

  #next(): number {
    const age = this.#age++;
    if (age >= FULL_SAMPLES + FADE_SAMPLES) return 0;
    let sample = this.#cycle[this.#phase] as number;
    this.#phase = this.#phase + 1 === this.#lag ? 0 : this.#phase + 1;
    if (age < SEAM_SAMPLES) sample += this.#seam * (1 - (age + 1) / (SEAM_SAMPLES + 1));
    if (age >= FULL_SAMPLES) sample *= (FULL_SAMPLES + FADE_SAMPLES - age) / FADE_SAMPLES;
    return sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : Math.round(sample);
  }
}
