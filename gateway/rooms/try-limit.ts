import { RoomlineError } from '../errors.js';

/** The code of the error for one try more. */
export const TOO_MANY_TRIES = 'too-many-tries';

const MOST_WINDOWS = 50_000;

interface Window {
  tries: number;
  readonly endsAt: number;
}

/** Limits tries by key in windows of time; a try that was right is taken back. */
export class TryLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  /** In the order they end. */
  readonly #windows = new Map<string, Window>();

  constructor(most: number, windowMs: number, now: () => number = Date.now) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Counts one try; the function it returns takes it back. @throws RoomlineError `too-many`. */
  take(key: string): () => void {
    const window = this.#windowOf(key);
    if (window.tries >= this.#most) {
      throw new RoomlineError('too-many', 'too many wrong PINs: wait before you try again', {
        code: TOO_MANY_TRIES,
        retryAfterSeconds: Math.max(1, Math.ceil((window.endsAt - this.#now()) / 1000)),
      });
    }
    window.tries += 1;
    let counts = true;
    return () => {
      if (counts) window.tries -= 1;
      counts = false;
    };
  }

  #windowOf(key: string): Window {
    const now = this.#now();
    const present = this.#windows.get(key);
    if (present !== undefined && present.endsAt > now) return present;
    this.#windows.delete(key);
    if (this.#windows.size >= MOST_WINDOWS) {
      for (const [oldest, window] of this.#windows) {
        this.#windows.delete(oldest);
        if (window.endsAt > now) break;
      }
    }
    const window = { tries: 0, endsAt: now + this.#windowMs };
    this.#windows.set(key, window);
    return window;
  }
}
