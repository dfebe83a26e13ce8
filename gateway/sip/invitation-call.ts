import { QUIET_HOURS } from '../rooms/invitation-plan.js';
import type { InvitationChange } from '../rooms/invitations.js';
import type { User } from '../rooms/user.js';
import type { CallReason } from './call.js';
import { callerName } from './caller-name.js';
import type { DialOut, Ringing, RingOptions, RingOutcome, RingProgress } from './dial-out.js';
import type { Callable } from './invitee-lookup.js';
import type { OutsideLine } from './outside-line.js';
import { mostTelling } from './ring-outcome.js';

/** What a try came to: an outcome, or that it goes on later, with the telephone. */
export type CallResult = { readonly outcome: RingOutcome } | { readonly wait: InvitationChange };

const NOT_REACHED: readonly RingOutcome['state'][] = ['busy', 'no-answer', 'unreachable', 'failed'];
/** They were on the phone: what kept them out of the room does so on their next phone, too. */
const REACHED_CAUSES: readonly (string | undefined)[] = ['hung-up', 'full', 'locked', 'not-admitted'];
/** When the trunks are busy and do not say when they will not be. */
const LINE_WAIT_MS = 5000;

export interface InvitationCallOptions {
  dialOut: DialOut;
  outsideLine: OutsideLine;
  inviter: User;
  /** Whom to call and where. */
  callable: Callable;
  /** Their devices rang in this try already. */
  lineOnly: boolean;
  /** Writes the try down, before anything leaves; false when somebody else makes it, or nobody is to. */
  begin(): Promise<boolean>;
  onProgress(progress: RingProgress): void;
}

/** One try to reach somebody: all their devices at once, then their outside line. */
export class InvitationCall {
  readonly #options: InvitationCallOptions;
  #ringing: Ringing | undefined;
  #stopped = false;
  #begun = false;

  constructor(options: InvitationCallOptions) {
    this.#options = options;
  }

  /** Phones have rung, or were to. */
  get begun(): boolean {
    return this.#begun;
  }

  async run(): Promise<CallResult> {
    const { callable, lineOnly } = this.#options;
    const { contacts, telephone } = callable;
    let devices: RingOutcome | undefined;
    if (contacts.length > 0 && !lineOnly) {
      if (!(await this.#begin())) return { outcome: { state: 'cancelled' } };
      devices = await this.#ring({ contacts });
      if (this.#stopped || wasReached(devices)) return { outcome: devices };
      if (callable.quietUntil !== undefined) {
        return { wait: { state: 'queued', cause: QUIET_HOURS, nextTryAt: callable.quietUntil } };
      }
    }
    if (telephone === undefined) return { outcome: devices ?? { state: 'unreachable', cause: 'no-contact' } };
    return this.#callLine(telephone, devices);
  }

  /** Stops whatever rings; the reason is told to the phones. */
  stop(reason?: CallReason): void {
    this.#stopped = true;
    this.#ringing?.stop(reason);
  }

  async #callLine(telephone: string, devices: RingOutcome | undefined): Promise<CallResult> {
    const { callable, inviter, outsideLine } = this.#options;
    const { room, identity } = callable;
    const placed = await outsideLine.place(telephone, { room, inviter, callerName: callerName({ room, inviter }) });
    if ('refused' in placed) {
      const { refused, retryAfterSeconds } = placed;
      if (refused === 'at-once') return { wait: waitForLine(retryAfterSeconds) };
      return { outcome: withoutLine(refused, devices, 'outside' in identity) };
    }
    if (this.#stopped || !(await this.#begin())) {
      placed.release();
      return { outcome: { state: 'cancelled' } };
    }
    const line = await this.#ring({ lines: [placed] });
    if (devices === undefined || wasReached(line)) return { outcome: line };
    return { outcome: mostTelling([devices, line]) };
  }

  async #begin(): Promise<boolean> {
    this.#begun ||= await this.#options.begin();
    return this.#begun && !this.#stopped;
  }

  #ring(phones: Pick<RingOptions, 'lines'> & Partial<Pick<RingOptions, 'contacts'>>): Promise<RingOutcome> {
    const { callable, dialOut, inviter, onProgress } = this.#options;
    const { room, identity, role, since } = callable;
    this.#ringing = dialOut({ room, identity, role, inviter, since, contacts: [], ...phones, onProgress });
    return this.#ringing.outcome;
  }
}

/** Whoever picks up and hangs up is not called on their next phone at once. */
function wasReached({ state, cause }: RingOutcome): boolean {
  return !NOT_REACHED.includes(state) || REACHED_CAUSES.includes(cause);
}

function waitForLine(seconds: number | undefined): InvitationChange {
  const waitMs = seconds === undefined ? LINE_WAIT_MS : seconds * 1000;
  return { state: 'queued', cause: 'at-once', nextTryAt: new Date(Date.now() + waitMs) };
}

/** Devices that were not answered may be the next time; without any, why there is no line is what there is to tell. */
function withoutLine(refused: string, devices: RingOutcome | undefined, bareNumber: boolean): RingOutcome {
  if (devices !== undefined && devices.state !== 'unreachable') return devices;
  // A gateway without trunks calls no telephones: the number is as good as none.
  if (refused === 'no-trunk' && !bareNumber) return devices ?? { state: 'unreachable', cause: 'no-contact' };
  return { state: 'failed', cause: refused };
}
