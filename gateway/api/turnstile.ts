import { RoomlineError } from '../errors.js';

/** So long a line takes about that long. */
const RETRY_AFTER_SECONDS = 3;

/** Lets so many through at a time; the others wait in line, up to a limit. */
export class Turnstile {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(options: { atOnce: number; mostWaiting: number }) {
    this.#atOnce = options.atOnce;
    this.#mostWaiting = options.mostWaiting;
  }

  /** @throws RoomlineError `too-many` when the line is too long; else what `work` throws. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }

  async #enter(): Promise<void> {
    if (this.#inside < this.#atOnce) {
      this.#inside += 1;
      return;
    }
    if (this.#waiting.length >= this.#mostWaiting) {
      throw new RoomlineError('too-many', 'too many logins at once: try again in a moment', {
        code: 'logins-busy',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    // Whoever leaves hands over their place, so `inside` stays as it is.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
