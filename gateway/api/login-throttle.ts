import { RoomlineError } from '../errors.js';

/** How many logins may fail in a window, before more are refused unheard. */
export interface LoginLimits {
  /** For one user from one address. */
  readonly perUserAndAddress: number;
  /** For one user from anywhere: guessing from many addresses. */
  readonly perUser: number;
  /** For one address whoever it names: one password tried on many users. */
  readonly perAddress: number;
  readonly windowMs: number;
}

export const DEFAULT_LOGIN_LIMITS: LoginLimits = {
  perUserAndAddress: 10,
  perUser: 100,
  perAddress: 100,
  windowMs: 300_000,
};

interface Window {
  failures: number;
  endsAt: number;
}

const MOST_WINDOWS = 50_000;

/** Counts failed logins by user, by address and by both. */
export class LoginThrottle {
  readonly #limits: LoginLimits;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(limits: LoginLimits = DEFAULT_LOGIN_LIMITS, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @throws RoomlineError `too-many` while too many logins have failed. */
  check(user: string, address: string): void {
    const now = this.#now();
    for (const [key, limit] of this.#keys(user, address)) {
      const window = this.#windows.get(key);
      if (window === undefined || window.endsAt <= now || window.failures < limit) continue;
      throw new RoomlineError('too-many', 'too many failed logins: wait before you try again', {
        code: 'too-many-logins',
        retryAfterSeconds: Math.ceil((window.endsAt - now) / 1000),
      });
    }
  }

  failed(user: string, address: string): void {
    const now = this.#now();
    for (const [key] of this.#keys(user, address)) {
      const window = this.#windows.get(key);
      if (window !== undefined && window.endsAt > now) window.failures += 1;
      else this.#open(key, now);
    }
  }

  /** The owner is back: their own earlier slips are forgotten, those of others are not. */
  succeeded(user: string, address: string): void {
    this.#windows.delete(bothKey(user, address));
  }

  #open(key: string, now: number): void {
    this.#windows.delete(key);
    if (this.#windows.size >= MOST_WINDOWS) {
      // In the order they were opened, so the first has the least left to say.
      for (const [oldest, window] of this.#windows) {
        this.#windows.delete(oldest);
        if (window.endsAt > now) break;
      }
    }
    this.#windows.set(key, { failures: 1, endsAt: now + this.#limits.windowMs });
  }

  #keys(user: string, address: string): [key: string, limit: number][] {
    return [
      [bothKey(user, address), this.#limits.perUserAndAddress],
      [`user ${user}`, this.#limits.perUser],
      [`address ${address}`, this.#limits.perAddress],
    ];
  }
}

function bothKey(user: string, address: string): string {
  return `both ${address} ${user}`;
}
