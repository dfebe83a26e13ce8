/** Lets so many through at a time; the others wait in line, up to a limit. */
export class Turnstile {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #refusal: () => Error;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  /** `refusal` is for whoever comes when the line is too long. */
  constructor(options: { atOnce: number; mostWaiting: number; refusal: () => Error }) {
    this.#atOnce = options.atOnce;
    this.#mostWaiting = options.mostWaiting;
    this.#refusal = options.refusal;
  }

  /** @throws the refusal when the line is too long; else what `work` throws. */
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
    if (this.#waiting.length >= this.#mostWaiting) throw this.#refusal();
    // Whoever leaves hands over their place, so `inside` stays as it is.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
