import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { InvitationState } from '../rooms/invitations.js';
import type { CallReason } from './call.js';
import type { DialledOut } from './dialled-out.js';
import type { Leg } from './leg.js';
import type { OutsideInvite } from './outside-line.js';
import type { RedirectTarget } from './redirect.js';
import { mostTelling, outcomeOf, type RingOutcome } from './ring-outcome.js';

/** One call to one phone. */
export interface Branch {
  readonly leg: Leg;
  readonly origin: DialledOut;
  /** Absent for an outside line. */
  readonly binding?: ContactBinding;
}

/** What a branch tells of itself while it is under way. */
export interface BranchEvents {
  /** It is to be in the room. @throws when another was faster. */
  taken(branch: Branch): void;
  progress(progress: RingProgress): void;
}

/** What is called in a branch. */
export type BranchTarget = { readonly contact: ContactBinding } | { readonly line: OutsideInvite };

export type RingProgress = Extract<InvitationState, 'answered' | 'confirming'>;

export const ANSWERED_ELSEWHERE: CallReason = { status: 200, text: 'Call completed elsewhere' };

export interface RingDeps {
  /** Makes the leg of one call; it is started here. @throws RoomlineError */
  dial(target: BranchTarget, events: BranchEvents): Branch;
  redirect(contacts: readonly string[]): Promise<RedirectTarget | undefined>;
  onProgress(progress: RingProgress): void;
  onDeadContact(binding: ContactBinding): void;
  log: Log;
}

const DECLINED_ELSEWHERE: CallReason = { status: 603, text: 'Declined elsewhere' };

/**
 * All calls that are made at once for one try: the first to enter stops the others, as does whoever declines or asks
 * to be called later. One who only answered stops nobody: it may be a machine.
 */
export class Ring {
  readonly #deps: RingDeps;
  readonly #branches: Branch[] = [];
  #taken: Branch | undefined;
  #stopped = false;
  #redirected = false;

  constructor(deps: RingDeps) {
    this.#deps = deps;
  }

  /** Settles when one is in the room, or with the most telling of their fates. Never rejects. */
  run(targets: readonly BranchTarget[]): Promise<RingOutcome> {
    if (targets.length === 0) return Promise.resolve({ state: 'unreachable', cause: 'no-contact' });
    return new Promise((resolve) => {
      const fates = targets.map(async (target) => {
        const fate = await this.#call(target);
        if (this.#decides(fate)) resolve(fate);
        return fate;
      });
      void Promise.all(fates).then((all) => resolve(mostTelling(all)));
    });
  }

  /** Nothing that becomes of the others is worth waiting for: they are being stopped. */
  #decides({ state }: RingOutcome): boolean {
    return state === 'joined' || (this.#taken === undefined && (state === 'declined' || state === 'snoozed'));
  }

  /** Stops whatever is not in the room yet. */
  stop(reason?: CallReason): void {
    this.#stopped = true;
    this.#stopOthers(undefined, reason);
  }

  async #call(target: BranchTarget): Promise<RingOutcome> {
    const { onProgress, onDeadContact } = this.#deps;
    const events: BranchEvents = {
      taken: (branch) => this.#take(branch),
      progress: (progress) => {
        if (!this.#stopped && this.#taken === undefined) onProgress(progress);
      },
    };
    let branch: Branch;
    try {
      branch = this.#deps.dial(target, events);
    } catch (error) {
      return this.#notDialled(target, error);
    }
    this.#branches.push(branch);
    await branch.leg.start();
    const fate = outcomeOf(branch);
    if (fate.cause === 'no-flow' && branch.binding !== undefined) onDeadContact(branch.binding);
    const elsewhere = this.#redirectOf(branch);
    if (elsewhere !== undefined) return (await this.#follow(elsewhere)) ?? fate;
    this.#judge(branch, fate);
    return fate;
  }

  #notDialled(target: BranchTarget, error: unknown): RingOutcome {
    if ('line' in target) target.line.release();
    const known = error instanceof RoomlineError;
    this.#deps.log[known ? 'info' : 'error']({ err: error }, 'a phone was not called');
    return { state: 'failed', cause: known ? error.code : 'internal' };
  }

  /** The first wins: a second that crossed the CANCEL may not stop it. */
  #take(branch: Branch): void {
    if (this.#taken !== undefined || this.#stopped) throw new Superseded();
    this.#taken = branch;
    this.#stopOthers(branch, ANSWERED_ELSEWHERE);
  }

  /** Who declines does so on all their phones (RFC 3261 section 16.7 step 5); where one may not enter, none may. */
  #judge(branch: Branch, { state }: RingOutcome): void {
    if (state === 'declined') this.stop(DECLINED_ELSEWHERE);
    else if (state === 'snoozed') this.stop(ANSWERED_ELSEWHERE);
    else if (state === 'failed' && isBarred(branch.leg.failure)) this.stop();
  }

  #redirectOf({ origin: { outcome } }: Branch): readonly string[] | undefined {
    if (outcome === undefined || !('refused' in outcome)) return undefined;
    return outcome.refused >= 300 && outcome.refused < 400 ? outcome.contacts : undefined;
  }

  /** What becomes of a call that was sent elsewhere, once in a try; undefined when it is not made. */
  async #follow(contacts: readonly string[]): Promise<RingOutcome | undefined> {
    if (this.#redirected || this.#stopped || this.#taken !== undefined) return undefined;
    this.#redirected = true;
    const target = await this.#deps.redirect(contacts).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'a redirect was not looked up');
      return undefined;
    });
    if (target === undefined) return undefined;
    if (this.#stopped || this.#taken !== undefined) {
      if ('line' in target) target.line.release();
      return { state: 'cancelled' };
    }
    // It rings already: what becomes of it is told there.
    if ('contact' in target && this.#calls(target.contact)) return { state: 'cancelled', cause: 'redirected' };
    return this.#call(target);
  }

  #calls({ contactUri }: ContactBinding): boolean {
    return this.#branches.some(({ binding }) => binding?.contactUri === contactUri);
  }

  #stopOthers(winner: Branch | undefined, reason: CallReason | undefined): void {
    for (const branch of this.#branches) {
      const { leg } = branch;
      if (branch !== winner && leg.state !== 'joined') void leg.end('left', reason);
    }
  }
}

/** Another phone was faster. */
class Superseded extends RoomlineError {
  constructor() {
    super('unavailable', 'another phone of the same person was faster', { code: 'answered-elsewhere' });
  }
}

/** The room takes nobody, or not this person: on no other phone either. */
function isBarred(failure: unknown): boolean {
  return failure instanceof RoomlineError && (failure.kind === 'full' || failure.kind === 'forbidden');
}
