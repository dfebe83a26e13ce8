import { randomInt, randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { AccessEventBus } from './access-events.js';
import { hashPassword, verifyPassword } from './passwords.js';
import type { RoomNumber } from './room.js';
import { TryLimit } from './try-limit.js';

export const PIN_PATTERN = /^\d{4,12}$/;
const MADE_UP_DIGITS = 6;

export interface PinStore {
  /** Says whether there is such a room. The new version is larger than any the room had before. */
  put(number: RoomNumber, hash: string, now: Date): Promise<boolean>;
  /** Says whether there was a PIN. */
  remove(number: RoomNumber): Promise<boolean>;
  find(number: RoomNumber): Promise<{ hash: string; version: number } | undefined>;
}

/** How many wrong PINs are let pass in a window, before more are refused unheard. */
export interface PinLimits {
  /** From one address, whatever the room. */
  readonly perCaller: number;
  /** For one room, from anywhere. */
  readonly perRoom: number;
  readonly windowMs: number;
}

/** PINs that let guests into a room. */
export interface Pins {
  /** Sets the PIN, or makes one up; returns it for the one time it is shown. @throws RoomlineError `invalid`, `not-found`. */
  set(number: RoomNumber, pin?: string): Promise<string>;
  /** @throws RoomlineError `not-found` when the room has none. */
  remove(number: RoomNumber): Promise<void>;
  /**
   * Returns the PIN's version, which a guest's credentials carry: they are good until there is another.
   * @throws RoomlineError `forbidden` for a wrong PIN, or a room without one; `too-many` for too many of those.
   */
  check(number: RoomNumber, pin: string, caller: string): Promise<number>;
}

export function createPins(deps: {
  store: PinStore;
  events: AccessEventBus;
  limits: PinLimits;
  now?: () => number;
}): Pins {
  const { store, events, limits, now = Date.now } = deps;
  const callers = new TryLimit(limits.perCaller, limits.windowMs, now);
  const rooms = new TryLimit(limits.perRoom, limits.windowMs, now);
  let nobodysHash: Promise<string> | undefined;

  return {
    async set(number, pin = madeUpPin()) {
      if (!PIN_PATTERN.test(pin)) throw new RoomlineError('invalid', 'a PIN has 4 to 12 digits', { code: 'bad-pin' });
      if (!(await store.put(number, await hashPassword(pin), new Date(now())))) {
        throw new RoomlineError('not-found', `there is no room ${number}`, { code: 'room-not-found' });
      }
      events.emit('pin.changed', { room: number });
      return pin;
    },

    async remove(number) {
      if (!(await store.remove(number))) {
        throw new RoomlineError('not-found', `room ${number} has no PIN`, { code: 'pin-not-found' });
      }
      events.emit('pin.changed', { room: number });
    },

    async check(number, pin, caller) {
      // Taken before the PIN is looked at: of many tries at once, no more than the limit are heard.
      const takeBack = callers.take(caller);
      const roomTry = tryRoom(number, takeBack);
      const kept = PIN_PATTERN.test(pin) ? await store.find(number) : undefined;
      // A room without a PIN, or no room at all, costs as much time: so that time tells nobody which there are.
      nobodysHash ??= hashPassword(randomUUID());
      const fits = await verifyPassword(pin, kept?.hash ?? (await nobodysHash));
      if (kept === undefined || !fits) {
        throw new RoomlineError('forbidden', `that is not the PIN of room ${number}`, { code: 'wrong-pin' });
      }
      takeBack();
      roomTry();
      return kept.version;
    },
  };

  function tryRoom(number: RoomNumber, takeBack: () => void): () => void {
    try {
      return rooms.take(number);
    } catch (error) {
      takeBack();
      throw error;
    }
  }
}

function madeUpPin(): string {
  return String(randomInt(10 ** MADE_UP_DIGITS)).padStart(MADE_UP_DIGITS, '0');
}
