import type { Instant } from './instant.js';

/**
 * How late a sender's packets come, relative to their timestamps: tells the jitter buffer how long the earliest
 * packet must wait so that nearly all others are there in time. Quick to see that things got worse, slow to
 * believe that they got better.
 *
 * Lateness is in samples, counted from an origin of the caller's. Packets that arrive together count as one, by
 * the latest of them: a burst after a stall is one event, however many packets it holds.
 */
const WINDOW = 250;
const RECENT = 50;
/** Packets closer together than this arrived together, in ms. */
const TOGETHER_MS = 2;
/** So many of the window's latest packets may be missed. */
const MISSED_OF_WINDOW = 7;
/** Most entries looked at from the top: one more than may be missed. */
const TOP = MISSED_OF_WINDOW + 1;
/** A window this young is believed at its worst. */
const YOUNG = 25;
/** What got better is noticed only every so many packets. */
const EVALUATE_EVERY = 8;

export class ArrivalStatistics {
  readonly #lateness = new Int32Array(WINDOW);
  readonly #top = new Int32Array(TOP);
  #count = 0;
  #added = 0;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;
  #latest = 0;
  #earliest = 0;
  #stale = true;

  reset(): void {
    this.#count = 0;
    this.#lastArrivalMs = Number.NEGATIVE_INFINITY;
    this.#stale = true;
  }

  add(lateness: number, arrived: Instant): void {
    this.#added++;
    if (lateness > this.#latest || this.#added % EVALUATE_EVERY === 0 || this.#count < EVALUATE_EVERY)
      this.#stale = true;
    const together = arrived.ms - this.#lastArrivalMs < TOGETHER_MS;
    this.#lastArrivalMs = arrived.ms;
    if (!together || this.#count === 0) this.#count++;
    const at = (this.#count - 1) % WINDOW;
    if (!together || lateness > (this.#lateness[at] as number)) this.#lateness[at] = lateness;
  }

  /** The lateness the buffer should be ready for. */
  get latest(): number {
    if (this.#stale) this.#evaluate();
    return this.#latest;
  }

  /** The least lateness seen in the window. */
  get earliest(): number {
    if (this.#stale) this.#evaluate();
    return this.#earliest;
  }

  #evaluate(): void {
    this.#stale = false;
    const size = Math.min(this.#count, WINDOW);
    if (size === 0) {
      this.#latest = 0;
      this.#earliest = 0;
      return;
    }
    const missable = Math.floor((size * MISSED_OF_WINDOW) / WINDOW);
    const usual = this.#nthLargest(size, missable);
    const recentMissable = this.#count < YOUNG ? 0 : 1;
    this.#latest = Math.max(usual, this.#nthLargest(Math.min(size, RECENT), recentMissable));
    let earliest = this.#lateness[0] as number;
    for (let i = 1; i < size; i++) earliest = Math.min(earliest, this.#lateness[i] as number);
    this.#earliest = earliest;
  }

  /** The entry that `n` of the last `size` exceed. */
  #nthLargest(size: number, n: number): number {
    const top = this.#top;
    top.fill(-0x80000000);
    let index = this.#count % WINDOW;
    for (let seen = 0; seen < size; seen++) {
      index = index === 0 ? WINDOW - 1 : index - 1;
      const value = this.#lateness[index] as number;
      if (value <= (top[n] as number)) continue;
      let at = n;
      while (at > 0 && (top[at - 1] as number) < value) {
        top[at] = top[at - 1] as number;
        at--;
      }
      top[at] = value;
    }
    return top[n] as number;
  }
}
