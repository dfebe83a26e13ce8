import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import type { SampleRing } from './sample-ring.js';
import { AHEAD_SAMPLES, BEHIND_SAMPLES, TimeStretch } from './time-stretch.js';

/** Below this peak (-50 dBFS) sound may be cut and repeated anywhere. */
const QUIET_PEAK = 100;
/** Frames between two stretches that are not urgent, and how many tries the demand for likeness takes to fall. */
const STRETCH_EVERY = 10;
const RETRY_EVERY = 3;
const STRETCH_PATIENCE = 33;
const URGENT_PATIENCE = 10;
/** This much too late for a second is cut off, heard or not. */
const INTOLERABLE_SAMPLES = 200 * SAMPLES_PER_MS;
const INTOLERABLE_TRIES = 25;

/** Brings the delay to where it should be without being heard: in quiet, or by whole pitch periods. */
export class DelayAdaptation {
  /** The last frame ends where everything in excess was cut off: what follows needs a fade. */
  cut = false;
  readonly #stretch = new TimeStretch();
  #untilShorten = 0;
  #untilLengthen = 0;
  #waitingToShorten = 0;
  #waitingToLengthen = 0;
  #intolerable = 0;

  reset(): void {
    this.#intolerable = 0;
  }

  /**
   * Changes the frame read at `position` so that the delay comes nearer its target: `lacking` samples of delay are
   * missing, or too many where negative. Returns by how many samples more than a frame playing moves on.
   */
  adapt(
    frame: Int16Array,
    history: Int16Array,
    ring: SampleRing,
    position: number,
    lacking: number,
    urgent: boolean,
  ): number {
    this.cut = false;
    this.#untilShorten--;
    this.#untilLengthen--;
    // A zero with a sign would be boxed, and with it every position reckoned from it.
    if (lacking > 0) return 0 - this.#lengthen(frame, history, lacking, urgent);
    this.#waitingToLengthen = 0;
    if (lacking < 0) return this.#shorten(frame, history, ring, position, -lacking);
    this.#waitingToShorten = 0;
    this.#intolerable = 0;
    return 0;
  }

  #lengthen(frame: Int16Array, history: Int16Array, lacking: number, urgent: boolean): number {
    if (peak(frame, 0, FRAME_SAMPLES) < QUIET_PEAK) return Math.min(lacking, FRAME_SAMPLES);
    if (!urgent && this.#untilLengthen > 0) return 0;
    this.#layOut(frame, history);
    const patience = Math.min(1, this.#waitingToLengthen++ / (urgent ? URGENT_PATIENCE : STRETCH_PATIENCE));
    const repeated = this.#stretch.lengthen(frame, lacking, (urgent ? 0.95 : 0.995) - 0.3 * patience);
    this.#untilLengthen = repeated > 0 ? STRETCH_EVERY : RETRY_EVERY;
    return repeated;
  }

  #shorten(frame: Int16Array, history: Int16Array, ring: SampleRing, position: number, excess: number): number {
    if (this.#untilShorten > 0) return 0;
    this.#layOut(frame, history);
    const signal = this.#stretch.signal;
    const next = position + FRAME_SAMPLES;
    const ahead = ring.has(next) ? ring.run(next, AHEAD_SAMPLES) : 0;
    ring.copy(next, ahead, signal, BEHIND_SAMPLES + FRAME_SAMPLES);
    const most = Math.min(excess, ahead);
    if (peak(signal, BEHIND_SAMPLES, FRAME_SAMPLES + most) < QUIET_PEAK) return most;
    if (excess > INTOLERABLE_SAMPLES && ++this.#intolerable > INTOLERABLE_TRIES) {
      this.#intolerable = 0;
      this.cut = true;
      return excess;
    }
    const patience = Math.min(1, this.#waitingToShorten++ / STRETCH_PATIENCE);
    const alike = excess < FRAME_SAMPLES / 2 ? 0.995 : 0.98 - 0.2 * patience;
    const skipped = this.#stretch.shorten(frame, most, alike);
    if (excess > INTOLERABLE_SAMPLES) this.#untilShorten = 2;
    else this.#untilShorten = skipped > 0 ? STRETCH_EVERY : RETRY_EVERY;
    return skipped;
  }

  /** Puts what was played and the frame where the stretch works on them. */
  #layOut(frame: Int16Array, history: Int16Array): void {
    const signal = this.#stretch.signal;
    const from = history.length - BEHIND_SAMPLES;
    for (let i = 0; i < BEHIND_SAMPLES; i++) signal[i] = history[from + i] as number;
    signal.set(frame, BEHIND_SAMPLES);
  }
}

function peak(signal: Int16Array, from: number, length: number): number {
  let highest = 0;
  for (let i = from; i < from + length; i++) highest = Math.max(highest, Math.abs(signal[i] as number));
  return highest;
}
