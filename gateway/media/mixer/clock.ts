import { FRAME_MS } from './frame.js';
import { Instant, readClock } from './instant.js';

/** A timer that fires once each time it is refreshed; Node's timeouts are such. */
export interface OneShot {
  refresh(): unknown;
}

/** Where the clock gets its time from; tests have their own. */
export interface TimeSource {
  /** Sets an instant to the present. */
  read(instant: Instant): void;
  /** Makes a timer, already running. */
  timer(callback: () => void, delayMs: number): OneShot;
  cancel(timer: OneShot): void;
  /** Calls back once what waits to be read from sockets is read. */
  afterReading(callback: () => void): void;
}

export const SYSTEM_TIME: TimeSource = {
  read: readClock,
  timer: (callback, delayMs) => setTimeout(callback, delayMs),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
  afterReading: (callback) => void setImmediate(callback),
};

/** Later than this, packets may wait unread in the sockets: they are read before the tick. */
const LATE_MS = 5;
/** After a longer stall the ticks missed are skipped: nobody wants to hear them any more. */
const MOST_TICKS_CAUGHT_UP = 25;

/**
 * Ticks every 20 ms on average for ever: each tick is due 20 ms after the last one was due, however late that ran,
 * so that lateness never adds up. After a stall the missed ticks run at once.
 */
export class SteadyClock {
  readonly #time: TimeSource;
  readonly #onTick: (due: Instant) => void;
  readonly #onSkip: (ticks: number) => void;
  /** One timer for each whole delay, made when first needed and used again. */
  readonly #timers: (OneShot | undefined)[] = new Array(FRAME_MS + 1).fill(undefined);
  readonly #wake = (): void => this.#fire();
  readonly #afterReading = (): void => {
    if (!this.#reading) return;
    this.#reading = false;
    this.#catchUp();
  };
  #running = false;
  #reading = false;
  readonly #now = new Instant();
  readonly #due = new Instant();
  #nextDueMs = 0;

  constructor(options: { onTick(due: Instant): void; onSkip(ticks: number): void; time?: TimeSource }) {
    this.#time = options.time ?? SYSTEM_TIME;
    this.#onTick = options.onTick;
    this.#onSkip = options.onSkip;
  }

  /** Begins to tick, the first time in 20 ms; nothing when it ticks already. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#time.read(this.#now);
    this.#nextDueMs = this.#now.ms + FRAME_MS;
    this.#sleep();
  }

  /** True while a tick is overdue: what is read now may have waited, and says nothing about when it arrived. */
  isLate(now: Instant): boolean {
    return now.ms > this.#nextDueMs + LATE_MS;
  }

  /** Stops ticking; it may be started again. */
  stop(): void {
    this.#running = false;
    this.#reading = false;
    for (const timer of this.#timers) if (timer !== undefined) this.#time.cancel(timer);
    this.#timers.fill(undefined);
  }

  #sleep(): void {
    this.#time.read(this.#now);
    const delayMs = Math.min(FRAME_MS, Math.max(1, Math.ceil(this.#nextDueMs - this.#now.ms)));
    const timer = this.#timers[delayMs];
    if (timer === undefined) this.#timers[delayMs] = this.#time.timer(this.#wake, delayMs);
    else timer.refresh();
  }

  #fire(): void {
    this.#time.read(this.#now);
    if (this.isLate(this.#now)) {
      this.#reading = true;
      this.#time.afterReading(this.#afterReading);
    } else this.#catchUp();
  }

  #catchUp(): void {
    const now = this.#now;
    this.#time.read(now);
    const behind = Math.floor((now.ms - this.#nextDueMs) / FRAME_MS);
    if (behind > MOST_TICKS_CAUGHT_UP) {
      this.#nextDueMs += behind * FRAME_MS;
      this.#onSkip(behind);
    }
    while (this.#running && this.#nextDueMs <= now.ms) {
      this.#due.ms = this.#nextDueMs;
      this.#nextDueMs += FRAME_MS;
      this.#onTick(this.#due);
    }
    if (this.#running) this.#sleep();
  }
}
