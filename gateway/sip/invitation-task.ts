import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { afterStop, afterTry, type InvitationRules } from '../rooms/invitation-plan.js';
import { type Invitation, type InvitationChange, isFinished } from '../rooms/invitations.js';
import type { User } from '../rooms/user.js';
import type { CallReason } from './call.js';
import { ANSWERED_ELSEWHERE, type DialOut, type RingProgress } from './dial-out.js';
import type { FairLimit } from './fair-limit.js';
import { InvitationCall } from './invitation-call.js';
import type { InvitationRecord } from './invitation-record.js';
import type { Callable, LookUpInvitee } from './invitee-lookup.js';
import type { OutsideLine } from './outside-line.js';
import { pause } from './pause.js';

export interface InvitationTaskOptions {
  lookUp: LookUpInvitee;
  dialOut: DialOut;
  outsideLine: OutsideLine;
  rules: InvitationRules;
  /** However many are invited, the database is asked for a few at a time. */
  looks: FairLimit;
  rings: FairLimit;
  log: Log;
  /** Nothing more is to be done. */
  onOver(task: InvitationTask): void;
}

/** The database did not answer: nobody may be called before it is written down. */
const TROUBLE_PAUSE_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Sees to one invitation until it is finished: waits for its time and its turn, calls, and again if need be.
 *
 *   waiting -> looking -> waiting for a place -> calling -> over
 *      ^----------------- another try -------------'
 *   (over at any time: cancelled, in the room by another way, or the gateway stops)
 */
export class InvitationTask {
  readonly record: InvitationRecord;
  readonly #options: InvitationTaskOptions;
  readonly #inviter: User;
  #call: InvitationCall | undefined;
  /** The devices rang in this try already. */
  #lineOnly = false;
  /** Aborted when nothing more is to be done. */
  readonly #end = new AbortController();

  constructor(options: InvitationTaskOptions, record: InvitationRecord, inviter: User) {
    this.#options = options;
    this.record = record;
    this.#inviter = inviter;
  }

  get invitation(): Invitation {
    return this.record.invitation;
  }

  get isCalling(): boolean {
    return this.#call !== undefined;
  }

  get #over(): boolean {
    return this.#end.signal.aborted;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    while (!this.#over) {
      try {
        await this.#waitUntil(this.invitation.nextTryAt);
        if (!this.#over) await this.#attempt();
      } catch (error) {
        await this.#survive(error);
      }
    }
  }

  /** Whoever was called is in the room. */
  joined(): void {
    this.finish({ state: 'joined' }, ANSWERED_ELSEWHERE);
  }

  /** Writes down how it ended, once, and stops what still rings. */
  finish(change: InvitationChange, reason?: CallReason): void {
    if (this.#over) return;
    this.abandon(reason);
    void this.record.keep(() => change);
  }

  /** Leaves it as it is, and stops what still rings. */
  abandon(reason?: CallReason): void {
    if (this.#over) return;
    this.#end.abort();
    this.#options.onOver(this);
    this.#call?.stop(reason);
  }

  /** The gateway stops: what rings is cancelled, and the next gateway takes the invitation up. */
  async suspend(): Promise<void> {
    if (this.#over) return;
    this.abandon();
    await this.record.keep(afterStop);
  }

  /** One try, or what becomes of the invitation without one. */
  async #attempt(): Promise<void> {
    const { looks, lookUp, rings } = this.#options;
    const { room } = this.invitation;
    // Those whom it is no use to call need not wait for others to stop ringing.
    const found = await looks.run(room, () => lookUp(this.invitation));
    if (this.#over) return;
    if ('state' in found) return this.#moveOn(found);
    await rings.run(room, async () => {
      if (!this.#over) await this.#attemptNow();
    });
  }

  async #attemptNow(): Promise<void> {
    const found = await this.#options.lookUp(this.invitation);
    if (this.#over) return;
    if ('state' in found) return this.#moveOn(found);
    await this.#ring(found);
  }

  async #ring(callable: Callable): Promise<void> {
    const { dialOut, outsideLine, rules } = this.#options;
    const call = new InvitationCall({
      dialOut,
      outsideLine,
      inviter: this.#inviter,
      callable,
      lineOnly: this.#lineOnly,
      begin: () => this.#begin(),
      onProgress: (progress) => this.#onProgress(progress),
    });
    this.#call = call;
    try {
      const result = await call.run();
      if (this.#over) return;
      const waitsForLine = 'wait' in result && result.wait.cause === 'at-once';
      this.#lineOnly = waitsForLine && (this.#lineOnly || call.begun);
      if ('wait' in result) return await this.#moveOn(result.wait);
      const { outcome } = result;
      // Nobody cancelled the invitation, or it were over: the calls were ended under it, as a revoked user's are.
      const told = outcome.state === 'cancelled' ? { state: 'failed' as const, cause: 'ended' } : outcome;
      await this.#moveOn(afterTry(this.invitation, told, rules, new Date()));
    } finally {
      this.#call = undefined;
    }
  }

  /** Counts the try, which is so kept from being made twice. */
  async #begin(): Promise<boolean> {
    const tries = this.invitation.tries + (this.#lineOnly ? 0 : 1);
    const claimed = await this.record.move({ state: 'ringing', tries });
    if (!claimed) this.abandon();
    return claimed;
  }

  #onProgress(state: RingProgress): void {
    if (this.#over) return;
    const change = { state, ...(state === 'answered' ? { answeredAt: new Date() } : {}) };
    void this.record.keep(() => change);
  }

  /** Its place is another's only once everybody may know that this one is not called any more. */
  async #moveOn(change: InvitationChange): Promise<void> {
    if (isFinished(change)) {
      this.finish(change);
      await this.record.written;
    } else if (!(await this.record.keep(() => change))) this.abandon();
  }

  async #survive(error: unknown): Promise<void> {
    if (this.#over) return;
    const { log } = this.#options;
    if (error instanceof RoomlineError && error.kind === 'unavailable') {
      log.warn({ err: error, invitation: this.invitation.id }, 'an invitation waits for better times');
      return this.#waitUntil(new Date(Date.now() + TROUBLE_PAUSE_MS));
    }
    log.error({ err: error, invitation: this.invitation.id }, 'an invitation failed');
    this.finish({ state: 'failed', cause: 'internal' });
  }

  async #waitUntil(time: Date | undefined): Promise<void> {
    for (;;) {
      const waitMs = (time?.getTime() ?? 0) - Date.now();
      if (waitMs <= 0 || this.#over) return;
      await pause(Math.min(waitMs, LONGEST_TIMER_MS), this.#end.signal);
    }
  }
}
