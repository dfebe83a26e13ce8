import type { Timer } from '../clock.js';
import type { IncomingResponse } from '../message/incoming.js';
import type { SipRequest } from '../message/message.js';
import { type Hop, isReliable } from '../transport/connection.js';
import type { ClientSetup, ClientTransaction } from './client.js';
import { T1_MS, T2_MS, T4_MS, TIMEOUT_MS } from './timers.js';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

// RFC 3261 figure 6:
//
//   trying --1xx--> proceeding --200-699--> completed --K--> terminated
//     |  +--200-699--> completed
//     +--F or transport error (also from proceeding)--> terminated
export class NonInviteClientTransaction implements ClientTransaction {
  readonly #setup: ClientSetup;
  #state: NonInviteClientState = 'trying';
  #retransmit: Timer | undefined;
  #deadline: Timer | undefined;
  #unwatch: (() => void) | undefined;

  constructor(setup: ClientSetup) {
    this.#setup = setup;
  }

  get state(): NonInviteClientState {
    return this.#state;
  }

  get request(): SipRequest {
    return this.#setup.request;
  }

  get hop(): Hop {
    return this.#setup.hop;
  }

  start(): void {
    const { wire, hop } = this.#setup;
    this.#unwatch = hop.connection?.watch(() => this.#transportFailed());
    this.#deadline = wire.clock.after(TIMEOUT_MS, () => this.#timerF());
    if (!isReliable(hop)) this.#timerE(T1_MS);
    this.#send();
  }

  receive(response: IncomingResponse, source: Hop): void {
    if (this.#state === 'completed' || this.#state === 'terminated') return;
    if (response.message.status < 200) this.#state = 'proceeding';
    else this.#complete();
    this.#setup.user.answered(response, source);
  }

  abandon(): void {
    this.#terminate();
  }

  #complete(): void {
    this.#state = 'completed';
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    this.#unwatch?.();
    if (isReliable(this.#setup.hop)) this.#terminate();
    else this.#deadline = this.#setup.wire.clock.after(T4_MS, () => this.#terminate());
  }

  /** Timer E doubles up to T2, and is T2 once there was a provisional (RFC 3261 section 17.1.2.2). */
  #timerE(delayMs: number): void {
    this.#retransmit = this.#setup.wire.clock.after(delayMs, () => {
      this.#send();
      this.#timerE(this.#state === 'proceeding' ? T2_MS : Math.min(delayMs * 2, T2_MS));
    });
  }

  #timerF(): void {
    this.#terminate();
    this.#setup.user.timedOut();
  }

  #send(): void {
    this.#setup.wire.send(this.#setup.hop, this.#setup.bytes, () => this.#transportFailed());
  }

  #transportFailed(): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    this.#terminate();
    this.#setup.user.failed();
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    this.#unwatch?.();
    this.#setup.terminated();
  }
}
