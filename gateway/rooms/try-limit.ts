import { RoomlineError } from '../errors.js';
import { CountedWindows } from './counted-windows.js';

/** Limits tries by key in windows of time; a try that was right is taken back. */
export class TryLimit {
  readonly #most: number;
  readonly #windows: CountedWindows;

  constructor(most: number, windowMs: number, now?: () => number) {
    this.#most = most;
    this.#windows = new CountedWindows(windowMs, now);
  }

  /** Counts one try; the function it returns takes it back. @throws RoomlineError `too-many`. */
  take(key: string): () => void {
    const window = this.#windows.open(key);
    if (window.count >= this.#most) {
      throw new RoomlineError('too-many', 'too many wrong PINs: wait before you try again', {
        code: 'too-many-tries',
        retryAfterSeconds: this.#windows.secondsLeft(window),
      });
    }
    window.count += 1;
    let counts = true;
    return () => {
      if (counts) window.count -= 1;
      counts = false;
    };
  }
}
