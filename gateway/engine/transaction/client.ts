import type { Clock } from '../clock.js';
import type { IncomingResponse } from '../message/incoming.js';
import type { SipRequest } from '../message/message.js';
import type { Hop } from '../transport/connection.js';

/** Who started a client transaction and hears how it goes. */
export interface ClientUser {
  /** Every new response; to INVITE also each repetition of a 2xx. */
  answered(response: IncomingResponse, source: Hop): void;
  /** Timer B or F: nobody answered. */
  timedOut(): void;
  /** The transport could not carry it. */
  failed(): void;
}

export interface Wire {
  readonly clock: Clock;
  send(hop: Hop, bytes: Buffer, failed: () => void): void;
}

/** What a client transaction is made of. */
export interface ClientSetup {
  readonly request: SipRequest;
  /** The request as it goes out. */
  readonly bytes: Buffer;
  readonly hop: Hop;
  readonly wire: Wire;
  readonly user: ClientUser;
  readonly terminated: () => void;
}

export interface ClientTransaction {
  readonly request: SipRequest;
  readonly hop: Hop;
  start(): void;
  receive(response: IncomingResponse, source: Hop): void;
  /** Ends it at once, without a word to anybody. */
  abandon(): void;
}
