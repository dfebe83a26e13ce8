import type { ArrivalStatistics } from './arrival-statistics.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';

/** Waited for at least, beyond what was seen: timers and sockets are this exact. */
const BASE_MARGIN = 1.5 * SAMPLES_PER_MS;
/** A share of the spread, for what was not seen yet, up to a limit. */
const SPREAD_SHARE = 1 / 32;
const MOST_SPREAD_MARGIN = 3 * SAMPLES_PER_MS;
/** The delay is not lowered for less room than this: packets whose phase is near a tick must not flap. */
const HYSTERESIS = 3 * SAMPLES_PER_MS;
/** Whatever arrives later than this after the earliest is lost to us. */
const MOST_DELAY = 400 * SAMPLES_PER_MS;

/**
 * Chooses the delay between a sender's timestamps and our ticks. Ticks are fixed, so that only some delays make
 * sense: those at which a tick's frame begins where a packet begins. Of these the smallest is taken that nearly
 * all packets can meet. All in whole samples.
 */
export class PlayoutDelay {
  #target = Number.NaN;
  #grid = FRAME_SAMPLES;

  reset(): void {
    this.#target = Number.NaN;
    this.#grid = FRAME_SAMPLES;
  }

  /**
   * Learns of a packet's length. Frames and packets of equal length fit each other; of packets of 30 ms every
   * other one begins in the middle of a frame.
   */
  setPacketSamples(samples: number): void {
    this.#grid = greatestCommonDivisor(FRAME_SAMPLES, samples);
  }

  /**
   * The delay to aim at. `delay` is the present one; `misfit` is how far behind a packet's beginning (modulo the
   * grid) a frame begins now.
   */
  target(statistics: ArrivalStatistics, delay: number, misfit: number): number {
    const grid = this.#grid;
    const required = this.#required(statistics);
    const fitting = delay + (((misfit % grid) + grid) % grid);
    const kept = fitting + grid * Math.round((this.#target - fitting) / grid);
    if (Number.isNaN(kept) && required <= fitting) this.#target = fitting;
    else if (Number.isNaN(kept) || required > kept || required + HYSTERESIS <= kept - grid) {
      this.#target = fitting + grid * Math.ceil((required - fitting) / grid);
    } else this.#target = kept;
    return this.#target;
  }

  /** How long the earliest packet has to wait before its first sample may be played. */
  #required(statistics: ArrivalStatistics): number {
    const spread = Math.min(statistics.latest - statistics.earliest, MOST_DELAY);
    const margin = BASE_MARGIN + Math.min(spread * SPREAD_SHARE, MOST_SPREAD_MARGIN);
    return Math.ceil(statistics.earliest + spread + margin + (FRAME_SAMPLES - this.#grid));
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller > 0) {
    const rest = larger % smaller;
    larger = smaller;
    smaller = rest;
  }
  return larger;
}
