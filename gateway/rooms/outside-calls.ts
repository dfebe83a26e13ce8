import { randomUUID } from 'node:crypto';
import type { TelephoneNumber } from './telephone-number.js';

/** Beginnings of numbers in E.164, `+` included. */
export interface OutsideCallRules {
  readonly allow: readonly string[];
  /** What begins so is never called, whatever `allow` says. */
  readonly deny: readonly string[];
}

export interface OutsideCallLimits {
  readonly perUserPerHour: number;
  readonly perHour: number;
  readonly atOnce: number;
}

export const OUTSIDE_CALL_REFUSALS = ['no-trunk', 'barred', 'user-limit', 'hour-limit', 'at-once'] as const;
/**
 * Why a number is not called: no trunk can take it, the rules do not allow it, the user or all together have had their
 * calls of this hour, or as many as may be are going on: the last passes when a call ends, so the call may wait for it.
 */
export type OutsideCallRefusal = (typeof OUTSIDE_CALL_REFUSALS)[number];

/** A way out, and what it takes. */
export interface OutsideTrunk {
  readonly name: string;
  /** Most calls of ours over it at a time. */
  readonly atOnce: number;
  /** False when it cannot write the number. */
  takes(number: TelephoneNumber): boolean;
  /** False while it is not registered where it has to be: others go first then. */
  ready(): boolean;
}

export interface PlacedCalls {
  readonly calls: number;
  readonly oldestAt?: Date;
}

/** Remembers calls for as long as limits look back; shared by all gateways on the database. */
export interface OutsideCallStore {
  /**
   * Writes a call down, unless the user or all together have that many since then. Of calls at the same time, also of
   * several gateways, as many get through as the limits let. `oldestAt` is when the first of those counted was placed.
   */
  take(
    call: { readonly id: string; readonly userId: string; readonly placedAt: Date },
    limits: { readonly since: Date; readonly perUser: number; readonly all: number },
  ): Promise<'taken' | { readonly refused: 'user-limit' | 'hour-limit'; readonly oldestAt: Date }>;
  /** How many were placed since then, by a user and by all, and when the first of them was. */
  count(userId: string, since: Date): Promise<{ readonly ofUser: PlacedCalls; readonly ofAll: PlacedCalls }>;
  /** Forgets those placed before that time. */
  purge(before: Date): Promise<void>;
}

/** Leave to place one call over a trunk; it is held until `end`. */
export interface OutsideCallLeave<Trunk> {
  readonly trunk: Trunk;
  /** The call is over, or never went out. Idempotent. */
  end(): void;
}

export interface OutsideCallRefused {
  readonly refused: OutsideCallRefusal;
  /** When it is worth asking again, where that is known: nobody knows when a call ends. */
  readonly retryAfterSeconds?: number;
}

/** What calls that are yet to be asked for will be told. */
export interface OutsideCallForecast extends OutsideCallRefused {
  /** Those it is about. */
  readonly numbers: readonly string[];
}

const HOUR_MS = 3600_000;
const PURGE_INTERVAL_MS = 600_000;

/** Whether the rules let a number be called: nothing goes out without an allow rule. */
export function isAllowed(number: TelephoneNumber, { allow, deny }: OutsideCallRules): boolean {
  const begins = (prefix: string) => number.startsWith(prefix);
  return allow.some(begins) && !deny.some(begins);
}

export interface OutsideCallsOptions<Trunk extends OutsideTrunk> {
  readonly rules: OutsideCallRules;
  readonly limits: OutsideCallLimits;
  /** In the order they are tried. */
  readonly trunks: readonly Trunk[];
  readonly store: OutsideCallStore;
  onError(error: unknown): void;
  readonly now?: () => Date;
}

/** Says which calls may go out and over which trunk, and counts them. */
export class OutsideCalls<Trunk extends OutsideTrunk> {
  readonly #options: OutsideCallsOptions<Trunk>;
  readonly #now: () => Date;
  /** How many calls each trunk has now. */
  readonly #running = new Map<Trunk, number>();
  #total = 0;
  #purgeAtMs = 0;

  constructor(options: OutsideCallsOptions<Trunk>) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** Calls that go on, or are being placed. */
  get running(): number {
    return this.#total;
  }

  /** What keeps a number from being called whoever asks and whenever. */
  barrier(number: TelephoneNumber): 'barred' | 'no-trunk' | undefined {
    const { rules, trunks } = this.#options;
    if (trunks.length === 0) return 'no-trunk';
    if (!isAllowed(number, rules)) return 'barred';
    return trunks.some((trunk) => trunk.takes(number)) ? undefined : 'no-trunk';
  }

  /** Leave for one call in a user's name. The places at once are kept in memory: one gateway takes the calls. */
  async ask(number: TelephoneNumber, userId: string): Promise<OutsideCallLeave<Trunk> | OutsideCallRefused> {
    const barrier = this.barrier(number);
    if (barrier !== undefined) return { refused: barrier };
    const trunk = this.#freeTrunk(number);
    if (trunk === undefined) return { refused: 'at-once' };
    const end = this.#hold(trunk);
    try {
      const refusal = await this.#count(userId);
      if (refusal === undefined) return { trunk, end };
      end();
      return refusal;
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * What keeps some of the numbers from being called in a user's name, as far as is known now: others may have what is
   * left of the limits before them. That trunks are busy passes.
   */
  async foresee(numbers: readonly TelephoneNumber[], userId: string): Promise<OutsideCallForecast | undefined> {
    for (const refused of ['no-trunk', 'barred'] as const) {
      const kept = numbers.filter((number) => this.barrier(number) === refused);
      if (kept.length > 0) return { refused, numbers: kept };
    }
    const { limits, store } = this.#options;
    const now = this.#now();
    const { ofUser, ofAll } = await store.count(userId, new Date(now.getTime() - HOUR_MS));
    const wanted = numbers.length;
    if (ofAll.calls + wanted > limits.perHour) {
      return { refused: 'hour-limit', numbers, ...waitFor(ofAll.oldestAt, now) };
    }
    if (ofUser.calls + wanted > limits.perUserPerHour) {
      return { refused: 'user-limit', numbers, ...waitFor(ofUser.oldestAt, now) };
    }
    return undefined;
  }

  #freeTrunk(number: TelephoneNumber): Trunk | undefined {
    const { limits, trunks } = this.#options;
    if (this.#total >= limits.atOnce) return undefined;
    const free = trunks.filter((trunk) => trunk.takes(number) && (this.#running.get(trunk) ?? 0) < trunk.atOnce);
    return free.find((trunk) => trunk.ready()) ?? free[0];
  }

  #hold(trunk: Trunk): () => void {
    this.#total += 1;
    this.#running.set(trunk, (this.#running.get(trunk) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#total -= 1;
      this.#running.set(trunk, (this.#running.get(trunk) ?? 0) - 1);
    };
  }

  async #count(userId: string): Promise<OutsideCallRefused | undefined> {
    const { limits, store } = this.#options;
    const placedAt = this.#now();
    this.#purge(placedAt);
    const since = new Date(placedAt.getTime() - HOUR_MS);
    const call = { id: randomUUID(), userId, placedAt };
    const taken = await store.take(call, { since, perUser: limits.perUserPerHour, all: limits.perHour });
    if (taken === 'taken') return undefined;
    return { refused: taken.refused, ...waitFor(taken.oldestAt, placedAt) };
  }

  #purge(now: Date): void {
    if (now.getTime() < this.#purgeAtMs) return;
    this.#purgeAtMs = now.getTime() + PURGE_INTERVAL_MS;
    // Those of an hour ago still count for calls that began to be counted before this one.
    this.#options.store.purge(new Date(now.getTime() - 2 * HOUR_MS)).catch(this.#options.onError);
  }
}

/** When the first of those counted is an hour ago. */
function waitFor(oldestAt: Date | undefined, now: Date): { retryAfterSeconds?: number } {
  if (oldestAt === undefined) return {};
  const waitMs = oldestAt.getTime() + HOUR_MS - now.getTime();
  return { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
}
