import { FRAME_SAMPLES } from './frame.js';

/** Sums up to this peak (-0.8 dBFS) pass untouched: a single voice always does. */
const CEILING = 30_000;
/** How fast the gain falls (over a quarter of a frame) and how much of the way back it goes each frame. */
const ATTACK_SAMPLES = FRAME_SAMPLES / 4;
const RELEASE = 0.05;

/**
 * Keeps the sum of many voices in range by turning it down as a whole, smoothly, instead of clipping it. One gain
 * serves a whole room.
 */
export class Limiter {
  /** What each sample of the frame is to be multiplied with; of use only while `active`. */
  readonly gains = new Float32Array(FRAME_SAMPLES).fill(1);
  /** False while everything passes untouched. */
  active = false;
  #gain = 1;

  /** Looks at a frame's sum and sets `gains` for it. */
  prepare(sum: Int32Array): void {
    const peak = peakOf(sum);
    const wanted = peak > CEILING ? CEILING / peak : 1;
    if (wanted === 1 && this.#gain === 1) {
      this.active = false;
      return;
    }
    this.active = true;
    const from = this.#gain;
    const to = wanted < from ? wanted : Math.min(wanted, from + RELEASE * (1.02 - from));
    const ramp = to < from ? ATTACK_SAMPLES : FRAME_SAMPLES;
    for (let i = 0; i < FRAME_SAMPLES; i++) this.gains[i] = i < ramp ? from + ((to - from) * (i + 1)) / ramp : to;
    this.#gain = to;
  }
}

function peakOf(sum: Int32Array): number {
  let highest = 0;
  let lowest = 0;
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    const sample = sum[i] as number;
    if (sample > highest) highest = sample;
    else if (sample < lowest) lowest = sample;
  }
  return Math.max(highest, -lowest);
}
