import type { Timer } from '../clock.js';
import type { IncomingRequest } from '../message/incoming.js';
import { type SipResponse, serialise } from '../message/message.js';
import { type Hop, isReliable } from '../transport/connection.js';
import type { ServerSetup, ServerTransaction } from './server.js';
import { T1_MS, T2_MS, T4_MS, TIMEOUT_MS } from './timers.js';

export type InviteServerState = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

// RFC 3261 figure 7 as RFC 6026 section 7.1 changed it:
//
//   proceeding --2xx--> accepted --L--> terminated
//       |
//       +--300-699--> completed --ACK--> confirmed --I--> terminated
//                         +--H--> terminated
export class InviteServerTransaction implements ServerTransaction {
  readonly #setup: ServerSetup;
  #state: InviteServerState = 'proceeding';
  #last: Buffer | undefined;
  #retransmit: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
  }

  get state(): InviteServerState {
    return this.#state;
  }

  get open(): boolean {
    return this.#state === 'proceeding';
  }

  get request(): IncomingRequest {
    return this.#setup.request;
  }

  get source(): Hop {
    return this.#setup.source;
  }

  respond(response: SipResponse): Buffer | undefined {
    if (this.#state !== 'proceeding' || this.#setup.source.connection?.open === false) return undefined;
    const bytes = serialise(response);
    this.#last = bytes;
    this.#send(bytes);
    if (response.status >= 300) this.#complete();
    else if (response.status >= 200) this.#accept();
    return bytes;
  }

  /** RFC 6026 section 7.1: an accepted INVITE's repetitions are absorbed, the 2xx being the dialog's business. */
  repeated(): void {
    if (this.#last !== undefined && (this.#state === 'proceeding' || this.#state === 'completed')) {
      this.#send(this.#last);
    }
  }

  /** Takes an ACK that belongs here; false when it is for a 2xx and so for the dialog. */
  acknowledged(): boolean {
    if (this.#state === 'completed') {
      this.#state = 'confirmed';
      this.#retransmit?.cancel();
      this.#deadline?.cancel();
      if (isReliable(this.#setup.source)) this.#terminate();
      else this.#deadline = this.#setup.wire.clock.after(T4_MS, () => this.#terminate());
      return true;
    }
    return this.#state !== 'accepted';
  }

  abandon(): void {
    this.#terminate();
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#deadline = this.#setup.wire.clock.after(TIMEOUT_MS, () => this.#terminate());
  }

  #complete(): void {
    this.#state = 'completed';
    this.#deadline = this.#setup.wire.clock.after(TIMEOUT_MS, () => this.#terminate());
    if (!isReliable(this.#setup.source)) this.#timerG(T1_MS);
  }

  #timerG(delayMs: number): void {
    this.#retransmit = this.#setup.wire.clock.after(delayMs, () => {
      if (this.#last !== undefined) this.#send(this.#last);
      this.#timerG(Math.min(delayMs * 2, T2_MS));
    });
  }

  #send(bytes: Buffer): void {
    this.#setup.wire.send(this.#setup.source, bytes, () => undefined);
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    this.#setup.terminated();
  }
}
