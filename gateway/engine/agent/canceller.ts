import type { Clock } from '../clock.js';
import { Headers } from '../message/headers.js';
import { serialise } from '../message/message.js';
import { parseVia } from '../message/via.js';
import { TIMEOUT_MS } from '../transaction/timers.js';
import type { Call } from './call.js';
import { composeCancel } from './compose.js';
import type { Sender } from './sender.js';

/** Cancels INVITEs of ours (RFC 3261 section 9.1). */
export class Canceller {
  readonly #clock: Clock;
  readonly #sender: Sender;
  readonly #overdue: (call: Call) => void;

  /** `overdue` is called for a cancelled call that nobody finally answered. */
  constructor(clock: Clock, sender: Sender, overdue: (call: Call) => void) {
    this.#clock = clock;
    this.#sender = sender;
    this.#overdue = overdue;
  }

  /** Sends the CANCEL, or holds it until there is a provisional answer, as it must. Returns its bytes. */
  cancel(call: Call, extra = new Headers()): Buffer {
    if (call.request === undefined) throw new Error('a call is listed before its request is known');
    const request = composeCancel(call.request, extra);
    if (call.cancel === 'none') {
      call.cancel = 'held';
      call.heldCancel = request;
      if (call.provisional) this.provisional(call);
    }
    return serialise(request);
  }

  /** There is a provisional answer: what is held may go. */
  provisional(call: Call): void {
    const { client, heldCancel } = call;
    const branch = parseVia(heldCancel?.headers.get('via') ?? '')?.branch;
    if (client === undefined || heldCancel === undefined || branch === undefined) return;
    call.cancel = 'sent';
    call.heldCancel = undefined;
    this.#sender.alongside(heldCancel, client.hop, branch);
    // Without a final answer by then the call is over all the same.
    call.cancelTimer = this.#clock.after(TIMEOUT_MS, () => {
      client.abandon();
      this.#overdue(call);
    });
  }
}
