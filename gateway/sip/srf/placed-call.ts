import type { CallOutcome, Headers, OutgoingCall, SipDialog } from '../sip-server.js';

/** How long a cancelled call may take to say so. */
const CANCEL_TIMEOUT_MS = 4000;
/** How long we wait for the answer to the BYE of a call nobody wants any more. */
const BYE_TIMEOUT_MS = 4000;

const NO_RESPONSE: CallOutcome = { none: 'no-response' };

/** A request that can be cancelled until it has its final response. */
interface Cancellable {
  cancel(options: { headers?: Headers }, callback: (error: unknown) => void): void;
}

/**
 * A call of ours on its way.
 *
 *   waiting -> sent -> over
 *   (cancelled at any time: sent is followed by a CANCEL, and an answer that crosses it by a BYE)
 */
export class PlacedCall implements OutgoingCall {
  readonly outcome: Promise<CallOutcome>;
  #settle: (outcome: CallOutcome) => void = () => undefined;
  #timer: NodeJS.Timeout;
  #request: Cancellable | undefined;
  /** The headers of the CANCEL, once there shall be one. */
  #cancel: Headers | undefined;
  #rang = false;
  #over = false;

  constructor(deadlineMs: number) {
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#timer = setTimeout(() => this.#timeOut(), deadlineMs);
  }

  /** True when it need not be sent any more. */
  get cancelled(): boolean {
    return this.#cancel !== undefined || this.#over;
  }

  cancel(headers: Headers = {}): void {
    if (this.cancelled) return;
    this.#cancel = headers;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end({ none: 'cancelled' }), CANCEL_TIMEOUT_MS);
    this.#sendCancel();
  }

  /** The INVITE is on the wire. */
  sent(request: Cancellable): void {
    this.#request = request;
    this.#sendCancel();
  }

  /** The far end says that it has it: a provisional response but 100, which is of the next hop alone. */
  rings(): void {
    this.#rang = true;
  }

  answered(dialog: SipDialog, sdp: string): void {
    if (this.cancelled) {
      void dialog.bye(BYE_TIMEOUT_MS, this.#cancel);
      this.end({ none: 'cancelled' });
    } else this.end({ dialog, sdp });
  }

  /** There will be no answer; of a cancelled call that is no news. */
  end(outcome: CallOutcome): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const told = 'none' in outcome && outcome.none === 'timeout' && !this.#rang ? NO_RESPONSE : outcome;
    this.#settle(this.#cancel === undefined ? told : { none: 'cancelled' });
  }

  #timeOut(): void {
    this.end({ none: 'timeout' });
    this.#cancel = {};
    this.#sendCancel();
  }

  #sendCancel(): void {
    if (this.#cancel === undefined || this.#request === undefined) return;
    const headers = this.#cancel;
    // Refused when the final response was faster.
    this.#request.cancel({ headers }, () => undefined);
    this.#request = undefined;
  }
}
