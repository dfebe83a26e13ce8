/** A running timer; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where all engine time comes from, so that tests can turn it by hand. */
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

/** A clock whose timers hand what they throw to `failed` instead of ending the process. */
export function guardedClock(clock: Clock, failed: (error: unknown) => void): Clock {
  return {
    now: () => clock.now(),
    after: (delayMs, run) =>
      clock.after(delayMs, () => {
        try {
          run();
        } catch (error) {
          failed(error);
        }
      }),
  };
}
