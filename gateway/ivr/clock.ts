/** A running timer; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where callers' time comes from, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes backwards. */
  now(): number;
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
