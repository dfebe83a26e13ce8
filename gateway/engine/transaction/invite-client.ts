import type { Timer } from '../clock.js';
import { Headers } from '../message/headers.js';
import type { IncomingResponse } from '../message/incoming.js';
import { NO_BODY, type SipRequest, serialise } from '../message/message.js';
import { type Hop, isReliable } from '../transport/connection.js';
import type { ClientSetup, ClientTransaction } from './client.js';
import { T1_MS, TIMEOUT_MS, TIMER_D_MS } from './timers.js';

export type InviteClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

// RFC 3261 figure 5 as RFC 6026 section 7.2 changed it:
//
//   calling --1xx--> proceeding --2xx--> accepted --M--> terminated
//     |  |              |
//     |  |              +--300-699, send ACK--> completed --D--> terminated
//     |  +--2xx--> accepted; 300-699--> completed
//     +--B or transport error--> terminated
export class InviteClientTransaction implements ClientTransaction {
  readonly #setup: ClientSetup;
  #state: InviteClientState = 'calling';
  #retransmit: Timer | undefined;
  #deadline: Timer | undefined;
  #ack: Buffer | undefined;
  #unwatch: (() => void) | undefined;

  constructor(setup: ClientSetup) {
    this.#setup = setup;
  }

  get state(): InviteClientState {
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
    this.#deadline = wire.clock.after(TIMEOUT_MS, () => this.#timerB());
    if (!isReliable(hop)) this.#timerA(T1_MS);
    this.#send(this.#setup.bytes);
  }

  receive(response: IncomingResponse, source: Hop): void {
    const { status } = response.message;
    if (this.#state === 'calling' || this.#state === 'proceeding') this.#firstAnswers(response, status, source);
    else if (this.#state === 'accepted' && status >= 200 && status < 300) this.#setup.user.answered(response, source);
    else if (this.#state === 'completed' && status >= 300 && this.#ack !== undefined) this.#send(this.#ack);
  }

  abandon(): void {
    this.#terminate();
  }

  #firstAnswers(response: IncomingResponse, status: number, source: Hop): void {
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    if (status < 200) {
      this.#state = 'proceeding';
    } else if (status < 300) {
      this.#state = 'accepted';
      this.#unwatch?.();
      this.#deadline = this.#setup.wire.clock.after(TIMEOUT_MS, () => this.#terminate());
    } else {
      this.#complete(response);
    }
    this.#setup.user.answered(response, source);
  }

  #complete(response: IncomingResponse): void {
    this.#state = 'completed';
    this.#unwatch?.();
    this.#ack = serialise(acknowledge(this.#setup.request, response.message.headers.get('to') ?? ''));
    this.#send(this.#ack);
    if (isReliable(this.#setup.hop)) this.#terminate();
    else this.#deadline = this.#setup.wire.clock.after(TIMER_D_MS, () => this.#terminate());
  }

  /** Timer A doubles without a cap (RFC 3261 section 17.1.1.2). */
  #timerA(delayMs: number): void {
    this.#retransmit = this.#setup.wire.clock.after(delayMs, () => {
      this.#send(this.#setup.bytes);
      this.#timerA(delayMs * 2);
    });
  }

  #timerB(): void {
    this.#terminate();
    this.#setup.user.timedOut();
  }

  #send(bytes: Buffer): void {
    this.#setup.wire.send(this.#setup.hop, bytes, () => this.#transportFailed());
  }

  #transportFailed(): void {
    const open = this.#state === 'calling' || this.#state === 'proceeding';
    if (!open) return;
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

/** The ACK for a final response that is no 2xx (RFC 3261 section 17.1.1.3). */
function acknowledge(invite: SipRequest, to: string): SipRequest {
  const headers = new Headers().append('Via', invite.headers.get('via') ?? '').append('Max-Forwards', '70');
  for (const route of invite.headers.all('route')) headers.append('Route', route);
  headers.append('From', invite.headers.get('from') ?? '').append('To', to);
  headers.append('Call-ID', invite.headers.get('call-id') ?? '');
  headers.append('CSeq', (invite.headers.get('cseq') ?? '').replace(/INVITE$/, 'ACK'));
  return { kind: 'request', method: 'ACK', uri: invite.uri, headers, body: NO_BODY };
}
