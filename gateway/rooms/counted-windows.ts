/** What was counted of one key since its window was opened. */
export interface CountedWindow {
  count: number;
  readonly endsAtMs: number;
}

const MOST_WINDOWS = 50_000;

/** Counts by key in windows of time, each opened by the first that is counted; of too many the oldest are forgotten. */
export class CountedWindows {
  readonly #windowMs: number;
  readonly #now: () => number;
  /** In the order they were opened, which is the order they end in. */
  readonly #windows = new Map<string, CountedWindow>();

  constructor(windowMs: number, now: () => number = Date.now) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** The window that goes on, or a new one. */
  open(key: string): CountedWindow {
    const present = this.find(key);
    if (present !== undefined) return present;
    this.#windows.delete(key);
    if (this.#windows.size >= MOST_WINDOWS) this.#makeRoom();
    const window = { count: 0, endsAtMs: this.#now() + this.#windowMs };
    this.#windows.set(key, window);
    return window;
  }

  find(key: string): CountedWindow | undefined {
    const window = this.#windows.get(key);
    return window !== undefined && window.endsAtMs > this.#now() ? window : undefined;
  }

  forget(key: string): void {
    this.#windows.delete(key);
  }

  /** Whole seconds until a window ends, 1 at least. */
  secondsLeft({ endsAtMs }: CountedWindow): number {
    return Math.max(1, Math.ceil((endsAtMs - this.#now()) / 1000));
  }

  /** All that have ended go, and the first of the others, which has the least left to say. */
  #makeRoom(): void {
    for (const [oldest, { endsAtMs }] of this.#windows) {
      this.#windows.delete(oldest);
      if (endsAtMs > this.#now()) return;
    }
  }
}
