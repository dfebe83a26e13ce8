const MAX_ENTRIES = 10_000;

/** Counts wrong passwords by source and user, and says when there were too many. */
export interface AttemptLimit {
  /** Seconds until the next attempt is looked at; 0 when it may be now. */
  waitSeconds(source: string, user: string): number;
  /** A wrong password: normal challenges do not count. */
  failed(source: string, user: string): void;
  succeeded(source: string, user: string): void;
}

export function createAttemptLimit(options: { attempts: number; windowMs: number; now?: () => number }): AttemptLimit {
  const now = options.now ?? Date.now;
  const failures = new Map<string, { count: number; untilMs: number }>();
  const keyOf = (source: string, user: string) => `${source} ${user}`;

  return {
    waitSeconds(source, user) {
      const entry = failures.get(keyOf(source, user));
      if (entry === undefined || entry.count < options.attempts) return 0;
      return Math.max(0, Math.ceil((entry.untilMs - now()) / 1000));
    },
    failed(source, user) {
      const key = keyOf(source, user);
      const entry = failures.get(key);
      const live = entry !== undefined && entry.untilMs > now();
      // Setting anew moves the entry to the end: the map's first is the one longest without a failure.
      failures.delete(key);
      failures.set(key, { count: live ? entry.count + 1 : 1, untilMs: now() + options.windowMs });
      const oldest = failures.size > MAX_ENTRIES ? failures.keys().next().value : undefined;
      if (oldest !== undefined) failures.delete(oldest);
    },
    succeeded: (source, user) => void failures.delete(keyOf(source, user)),
  };
}
