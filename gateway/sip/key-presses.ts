/** How a key was told: in the media (RFC 4733), or by INFO. */
export type DigitWay = 'rtp' | 'info';

/** Told both ways within this time, it was one key. */
const SAME_KEY_MS = 1000;

/** Keys as they are pressed. A phone that tells each of them both ways presses it once. */
export class KeyPresses {
  readonly #onPressed: (digit: string, durationMs: number) => void;
  /** What was told one way and may still be told the other. */
  #told: { way: DigitWay; digit: string; at: number }[] = [];

  constructor(onPressed: (digit: string, durationMs: number) => void) {
    this.#onPressed = onPressed;
  }

  heard(digit: string, durationMs: number, way: DigitWay): void {
    const at = performance.now();
    this.#told = this.#told.filter((before) => at - before.at < SAME_KEY_MS);
    const twin = this.#told.findIndex((before) => before.way !== way && before.digit === digit);
    if (twin !== -1) {
      this.#told.splice(twin, 1);
      return;
    }
    this.#told.push({ way, digit, at });
    this.#onPressed(digit, durationMs);
  }
}
