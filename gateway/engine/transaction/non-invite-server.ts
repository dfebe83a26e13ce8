import type { Timer } from '../clock.js';
import type { IncomingRequest } from '../message/incoming.js';
import { type SipResponse, serialise } from '../message/message.js';
import { type Hop, isReliable } from '../transport/connection.js';
import { type ServerSetup, type ServerTransaction, UNANSWERED_MS } from './server.js';
import { TIMEOUT_MS } from './timers.js';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

// RFC 3261 figure 8:
//
//   trying --1xx--> proceeding --200-699--> completed --J--> terminated
//     +--200-699--> completed
export class NonInviteServerTransaction implements ServerTransaction {
  readonly #setup: ServerSetup;
  #state: NonInviteServerState = 'trying';
  #last: Buffer | undefined;
  #deadline: Timer;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
    this.#deadline = setup.wire.clock.after(UNANSWERED_MS, () => this.#terminate());
  }

  get state(): NonInviteServerState {
    return this.#state;
  }

  get open(): boolean {
    return this.#state === 'trying' || this.#state === 'proceeding';
  }

  get request(): IncomingRequest {
    return this.#setup.request;
  }

  get source(): Hop {
    return this.#setup.source;
  }

  respond(response: SipResponse): Buffer | undefined {
    if (!this.open || this.#setup.source.connection?.open === false) return undefined;
    const bytes = serialise(response);
    this.#last = bytes;
    this.#send(bytes);
    if (response.status < 200) this.#state = 'proceeding';
    else this.#complete();
    return bytes;
  }

  repeated(): void {
    if (this.#last !== undefined) this.#send(this.#last);
  }

  abandon(): void {
    this.#terminate();
  }

  #complete(): void {
    this.#state = 'completed';
    this.#deadline.cancel();
    if (isReliable(this.#setup.source)) this.#terminate();
    else this.#deadline = this.#setup.wire.clock.after(TIMEOUT_MS, () => this.#terminate());
  }

  #send(bytes: Buffer): void {
    this.#setup.wire.send(this.#setup.source, bytes, () => undefined);
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#deadline.cancel();
    this.#setup.terminated();
  }
}
