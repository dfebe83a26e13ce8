import { RoomlineError } from '../errors.js';
import { CountedWindows } from '../rooms/counted-windows.js';

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

/** Counts failed logins by user, by address and by both. */
export class LoginThrottle {
  readonly #limits: LoginLimits;
  readonly #windows: CountedWindows;

  constructor(limits: LoginLimits = DEFAULT_LOGIN_LIMITS, now?: () => number) {
    this.#limits = limits;
    this.#windows = new CountedWindows(limits.windowMs, now);
  }

  /** @throws RoomlineError `too-many` while too many logins have failed. */
  check(user: string, address: string): void {
    for (const [key, limit] of this.#keys(user, address)) {
      const window = this.#windows.find(key);
      if (window === undefined || window.count < limit) continue;
      throw new RoomlineError('too-many', 'too many failed logins: wait before you try again', {
        code: 'too-many-logins',
        retryAfterSeconds: this.#windows.secondsLeft(window),
      });
    }
  }

  failed(user: string, address: string): void {
    for (const [key] of this.#keys(user, address)) this.#windows.open(key).count += 1;
  }

  /** The owner is back: their own earlier slips are forgotten, those of others are not. */
  succeeded(user: string, address: string): void {
    this.#windows.forget(bothKey(user, address));
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
