/**
 * How long to wait before the next try: doubling from `firstMs` to `maxMs`, of which a random half to whole is taken,
 * so that all the pages of a gateway that restarted do not come back in one moment. It never gives up.
 */
export class ReconnectPolicy {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: { firstMs?: number; maxMs?: number; random?: () => number } = {}) {
    this.#firstMs = options.firstMs ?? 500;
    this.#maxMs = options.maxMs ?? 8_000;
    this.#random = options.random ?? Math.random;
  }

  /** Counts a failure; returns how long to wait, in milliseconds. */
  nextDelayMs(): number {
    const ceilingMs = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.round(ceilingMs * (0.5 + this.#random() / 2));
  }

  /** It worked: the next failure starts from the beginning. */
  succeeded(): void {
    this.#failures = 0;
  }
}

/** Waits; rejects with the signal's reason as soon as it aborts. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
