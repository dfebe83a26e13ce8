import { randomBytes } from 'node:crypto';
import type { IncomingRequest, IncomingResponse } from '../message/incoming.js';
import { type SipRequest, serialise } from '../message/message.js';
import type { Hop } from '../transport/connection.js';
import type { ClientTransaction, ClientUser, Wire } from './client.js';
import { InviteClientTransaction } from './invite-client.js';
import { InviteServerTransaction } from './invite-server.js';
import { NonInviteClientTransaction } from './non-invite-client.js';
import { NonInviteServerTransaction } from './non-invite-server.js';
import type { ServerTransaction } from './server.js';

/** What a request that is no repetition turns out to be. */
export interface TransactionUser {
  request(transaction: ServerTransaction): void;
  /** An ACK for a 2xx. */
  acknowledged(ack: IncomingRequest, source: Hop): void;
  /** A CANCEL with a transaction of its own; `invite` is what it wants to end, if that is known. */
  cancelled(cancel: ServerTransaction, invite: ServerTransaction | undefined): void;
  /** No more can be taken on. */
  overloaded(request: IncomingRequest, source: Hop): void;
}

/** RFC 3261 section 8.1.1.7: what a branch of our kind begins with. */
const MAGIC_COOKIE = 'z9hG4bK';
const MAX_SERVER_TRANSACTIONS = 50_000;

/** All transactions, found by what RFC 3261 sections 17.1.3 and 17.2.3 say identifies them. */
export class Transactions {
  readonly #wire: Wire;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Open server transactions by Call-ID, From tag and CSeq, to see a request that came by two ways. */
  readonly #origins = new Map<string, ServerTransaction>();
  #user: TransactionUser | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Names who is given the requests; without one they are dropped. */
  serve(user: TransactionUser): void {
    this.#user = user;
  }

  get count(): number {
    return this.#clients.size + this.#servers.size;
  }

  static newBranch(): string {
    return `${MAGIC_COOKIE}${randomBytes(12).toString('hex')}`;
  }

  /** Starts a client transaction; the request's topmost Via holds the branch. Returns it and the bytes it sends. */
  begin(request: SipRequest, hop: Hop, branch: string, user: ClientUser): { client: ClientTransaction; bytes: Buffer } {
    const key = `${branch}|${request.method}`;
    const bytes = serialise(request);
    const terminated = () => this.#clients.delete(key);
    const setup = { request, bytes, hop, wire: this.#wire, user, terminated };
    const Kind = request.method === 'INVITE' ? InviteClientTransaction : NonInviteClientTransaction;
    const client = new Kind(setup);
    this.#clients.set(key, client);
    client.start();
    return { client, bytes };
  }

  receiveResponse(response: IncomingResponse, source: Hop): void {
    // RFC 3261 section 8.1.3.3: a response with another Via below ours is not for us.
    if (response.viaCount !== 1) return;
    this.#clients.get(`${response.via.branch}|${response.cseqMethod}`)?.receive(response, source);
  }

  receiveRequest(request: IncomingRequest, source: Hop): void {
    const { method } = request.message;
    const key = serverKey(request, method === 'ACK' ? 'INVITE' : method);
    const present = this.#servers.get(key);
    if (method === 'ACK') this.#acknowledge(request, source, present);
    else if (present !== undefined) present.repeated();
    else if (this.#servers.size >= MAX_SERVER_TRANSACTIONS) this.#user?.overloaded(request, source);
    else this.#open(request, source, key);
  }

  /** Whether the request is one that already came by another way (RFC 3261 section 8.2.2.2). */
  isMerged(transaction: ServerTransaction): boolean {
    const first = this.#origins.get(originKey(transaction.request));
    return transaction.request.toTag === undefined && first !== undefined && first !== transaction;
  }

  abandonAll(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.abandon();
  }

  #acknowledge(ack: IncomingRequest, source: Hop, invite: ServerTransaction | undefined): void {
    if (invite instanceof InviteServerTransaction && invite.acknowledged()) return;
    this.#user?.acknowledged(ack, source);
  }

  #open(request: IncomingRequest, source: Hop, key: string): void {
    const origin = originKey(request);
    const terminated = () => {
      this.#servers.delete(key);
      if (this.#origins.get(origin) === transaction) this.#origins.delete(origin);
    };
    const setup = { request, source, wire: this.#wire, terminated };
    const Kind = request.message.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
    const transaction: ServerTransaction = new Kind(setup);
    this.#servers.set(key, transaction);
    if (request.message.method === 'CANCEL') {
      this.#user?.cancelled(transaction, this.#servers.get(serverKey(request, 'INVITE')));
      return;
    }
    if (!this.#origins.has(origin)) this.#origins.set(origin, transaction);
    this.#user?.request(transaction);
  }
}

/** RFC 3261 section 17.2.3; without the magic cookie what RFC 2543 clients keep the same. */
function serverKey({ via, callId, fromTag, cseq }: IncomingRequest, method: string): string {
  if (via.branch?.startsWith(MAGIC_COOKIE)) return `${via.branch}|${via.sentBy.toLowerCase()}|${method}`;
  return `${callId}|${fromTag}|${cseq}|${via.sentBy.toLowerCase()}|${via.branch ?? ''}|${method}`;
}

function originKey({ callId, fromTag, cseq, cseqMethod }: IncomingRequest): string {
  return `${callId}|${fromTag}|${cseq}|${cseqMethod}`;
}
