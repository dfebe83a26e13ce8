import type { Sound } from '../sound.js';
import type { Clock } from './clock.js';
import type { IvrCall } from './ivr-call.js';

/** Keys beyond these are not kept: whoever leans on the keypad has nothing to say. */
const MOST_KEPT = 64;
/** Of the digits wanted; who begins anew for ever keeps the line for nothing. */
const MOST_KEYS_FOR_A_DIGIT = 3;

const ENTER = '#';
const BEGIN_ANEW = '*';

export interface DigitsWanted {
  /** So many are entered without a `#`. */
  readonly most: number;
  /** How long to wait for a key, the first or the next. */
  readonly keyMs: number;
  /** Lengths that may be all there is: after so many digits the next key is waited for no longer than `completeMs`. */
  readonly completeLengths?: ReadonlySet<number>;
  readonly completeMs?: number;
}

/** The keys of one call, in order. Those pressed before they are asked for are kept (type-ahead). */
export class DigitCollector {
  readonly #call: IvrCall;
  readonly #clock: Clock;
  readonly #stopListening: () => void;
  #kept: string[] = [];
  #wakes: (() => void)[] = [];

  constructor(call: IvrCall, clock: Clock) {
    this.#call = call;
    this.#clock = clock;
    this.#stopListening = call.onDigit((digit) => {
      if (this.#kept.length >= MOST_KEPT) return;
      this.#kept.push(digit);
      this.#wake();
    });
    call.ended.addEventListener('abort', this.#wake);
  }

  close(): void {
    this.#stopListening();
    this.#call.ended.removeEventListener('abort', this.#wake);
    this.#wake();
  }

  /** Forgets what was pressed and not asked for yet, such as what follows a number that was wrong. */
  forget(): void {
    this.#kept = [];
  }

  /** Plays to the end, or until a key is pressed or the call is over; nothing when a key waits already. */
  async hear(sound: Sound): Promise<void> {
    if (this.#waits) return;
    const playback = this.#call.play(sound);
    await Promise.race([playback.ended, this.#change()]);
    playback.stop();
  }

  /** The next key; undefined when there is none by then, or the call is over. */
  async nextUntil(over: Promise<unknown>): Promise<string | undefined> {
    if (!this.#waits) await Promise.race([over, this.#change()]);
    return this.#take();
  }

  async nextWithin(milliseconds: number): Promise<string | undefined> {
    if (this.#waits) return this.#take();
    const timer = this.#clock.after(milliseconds, this.#wake);
    await this.#change();
    timer.cancel();
    return this.#take();
  }

  /**
   * The digits pressed up to `#`, up to the most wanted, or until no key comes any more; empty when there were none.
   * `*` begins anew.
   */
  async collect(wanted: DigitsWanted): Promise<string> {
    let digits = '';
    for (let keys = 0; keys < wanted.most * MOST_KEYS_FOR_A_DIGIT; keys++) {
      const key = await this.nextWithin(waitFor(digits.length, wanted));
      if (key === undefined || key === ENTER) break;
      if (key === BEGIN_ANEW) digits = '';
      else if (/^\d$/.test(key)) digits += key;
      if (digits.length >= wanted.most) {
        // The `#` that ends it, where it is pressed already, is not the answer to the next question.
        if (this.#kept[0] === ENTER) this.#take();
        break;
      }
    }
    return digits;
  }

  /** Whether nothing is to be waited for: a key is there, or none will be. */
  get #waits(): boolean {
    return this.#kept.length > 0 || this.#call.ended.aborted;
  }

  #take(): string | undefined {
    return this.#call.ended.aborted ? undefined : this.#kept.shift();
  }

  /** Resolves with the next key, the end of the call, or a deadline of `nextWithin`. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#wakes.push(resolve));
  }

  readonly #wake = (): void => {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  };
}

function waitFor(length: number, { keyMs, completeLengths, completeMs = keyMs }: DigitsWanted): number {
  return completeLengths?.has(length) === true ? Math.min(keyMs, completeMs) : keyMs;
}
