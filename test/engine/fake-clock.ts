import type { Clock, Timer } from '../../gateway/engine/clock.js';

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still until it is turned. */
export class FakeClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #entries = new Set<Entry>();

  /** Timers that wait. */
  get pending(): number {
    return this.#entries.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry = { at: this.#now + delayMs, order: this.#order++, run };
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }

  /** Runs everything that is due in the next so many milliseconds, in its order. */
  advance(byMs: number): void {
    const end = this.#now + byMs;
    for (;;) {
      const next = this.#next(end);
      if (next === undefined) break;
      this.#entries.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }

  #next(end: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.at > end) continue;
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }
}
