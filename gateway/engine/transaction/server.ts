import type { IncomingRequest } from '../message/incoming.js';
import type { SipResponse } from '../message/message.js';
import type { Hop } from '../transport/connection.js';
import type { Wire } from './client.js';

export interface ServerSetup {
  readonly request: IncomingRequest;
  readonly source: Hop;
  readonly wire: Wire;
  readonly terminated: () => void;
}

export interface ServerTransaction {
  readonly request: IncomingRequest;
  /** Where the request came from and its responses go. */
  readonly source: Hop;
  /** Whether a final response may still be given. */
  readonly open: boolean;
  /** Sends a response; returns its bytes, or undefined when it is too late for it or the peer is gone. */
  respond(response: SipResponse): Buffer | undefined;
  /** A repetition of the request. */
  repeated(): void;
  /** Ends it at once, without a word to anybody. */
  abandon(): void;
}

/** A transaction the app never answers is dropped after this, the client having given up long before. */
export const UNANSWERED_MS = 64_000;
