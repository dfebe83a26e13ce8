/** How long a pressed digit is shown. */
const SHOWN_MS = 2_500;

/** The last digit each participant pressed, for a moment. */
export class ShownDigits {
  readonly #onChange: (digits: Readonly<Record<string, string>>) => void;
  #digits: Readonly<Record<string, string>> = {};

  constructor(onChange: (digits: Readonly<Record<string, string>>) => void) {
    this.#onChange = onChange;
  }

  show(participant: string, digit: string): void {
    const digits = { ...this.#digits, [participant]: digit };
    this.#set(digits);
    setTimeout(() => {
      if (this.#digits === digits) this.#set({});
    }, SHOWN_MS);
  }

  #set(digits: Readonly<Record<string, string>>): void {
    this.#digits = digits;
    this.#onChange(digits);
  }
}
