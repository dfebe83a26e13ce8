import { CountedWindows } from '../rooms/counted-windows.js';

/** Counts wrong passwords by source and user, and says when there were too many. */
export interface AttemptLimit {
  /** Seconds until the next attempt is looked at; 0 when it may be now. */
  waitSeconds(source: string, user: string): number;
  /** A wrong password: normal challenges do not count. */
  failed(source: string, user: string): void;
  succeeded(source: string, user: string): void;
}

export function createAttemptLimit(options: { attempts: number; windowMs: number; now?: () => number }): AttemptLimit {
  const failures = new CountedWindows(options.windowMs, options.now);
  const keyOf = (source: string, user: string) => `${source} ${user}`;

  return {
    waitSeconds(source, user) {
      const window = failures.find(keyOf(source, user));
      return window === undefined || window.count < options.attempts ? 0 : failures.secondsLeft(window);
    },
    failed(source, user) {
      failures.open(keyOf(source, user)).count += 1;
    },
    succeeded: (source, user) => failures.forget(keyOf(source, user)),
  };
}
