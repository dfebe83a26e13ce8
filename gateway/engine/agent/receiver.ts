import { createHash } from 'node:crypto';
import { Headers } from '../message/headers.js';
import { type IncomingRequest, readFields, requestFault } from '../message/incoming.js';
import { NO_BODY, type SipRequest, type SipResponse, serialise } from '../message/message.js';
import { parseNameAddr, tagOf } from '../message/name-addr.js';
import { splitList } from '../message/parameters.js';
import type { Parsed } from '../message/parse.js';
import { reasonPhrase } from '../message/reason-phrases.js';
import { uriScheme } from '../message/uri.js';
import { parseVia, stampVia, type Via } from '../message/via.js';
import type { Transactions } from '../transaction/transactions.js';
import type { Hop } from '../transport/connection.js';

type Send = (hop: Hop, bytes: Buffer) => void;

const SCHEMES = new Set(['sip', 'sips', 'tel']);

/** First to see what comes from the network: refuses what no transaction can be made of. */
export class Receiver {
  readonly #send: Send;
  readonly #transactions: Transactions;
  readonly #log: (reason: string, source: Hop) => void;

  constructor(deps: { send: Send; transactions: Transactions; log: (reason: string, source: Hop) => void }) {
    this.#send = deps.send;
    this.#transactions = deps.transactions;
    this.#log = deps.log;
  }

  receive(parsed: Parsed, source: Hop): void {
    if (parsed.kind === 'malformed') {
      this.#refuse(parsed.request, source, parsed.status, parsed.reason);
      return;
    }
    const fields = readFields(parsed);
    if (typeof fields === 'string') {
      const request = parsed.kind === 'request' ? parsed : undefined;
      this.#refuse(request, source, 400, fields);
      return;
    }
    if (parsed.kind === 'response') {
      this.#transactions.receiveResponse({ ...fields, message: parsed }, source);
      return;
    }
    const incoming: IncomingRequest = { ...fields, message: parsed };
    const fault = requestFault(incoming);
    if (fault !== undefined) {
      this.#refuse(parsed, source, 400, fault);
      return;
    }
    if (!SCHEMES.has(uriScheme(parsed.uri))) {
      this.#refuse(parsed, source, 416, reasonPhrase(416));
      return;
    }
    stampTopVia(parsed.headers, fields.via, source);
    this.#transactions.receiveRequest(incoming, source);
  }

  /** Answers without keeping anything, if the request says where to (RFC 3261 section 8.2.7). */
  refuseStateless(request: SipRequest, source: Hop, status: number, reason = reasonPhrase(status)): void {
    const response = statelessResponse(request, source, status, reason);
    if (response !== undefined) this.#send(source, serialise(response));
  }

  #refuse(request: SipRequest | undefined, source: Hop, status: number, reason: string): void {
    this.#log(reason, source);
    if (request !== undefined && request.method !== 'ACK') this.refuseStateless(request, source, status, reason);
  }
}

function stampTopVia(headers: Headers, via: Via, source: Hop): void {
  const [, ...others] = splitList(headers.get('via') ?? '');
  headers.replaceFirst('via', [stampVia(via, source.address, source.port), ...others].join(', '));
}

function statelessResponse(
  { headers: asked }: SipRequest,
  source: Hop,
  status: number,
  reason: string,
): SipResponse | undefined {
  const vias = asked.all('via').flatMap(splitList);
  const via = parseVia(vias[0] ?? '');
  const identity = ['from', 'to', 'call-id', 'cseq'].map((key) => asked.get(key));
  if (via === undefined || identity.some((value) => value === undefined || value === '')) return undefined;
  const [from = '', to = '', callId = '', cseq = ''] = identity;
  const headers = new Headers().append('Via', stampVia(via, source.address, source.port));
  for (const below of vias.slice(1)) headers.append('Via', below);
  headers.append('From', from).append('To', withStatelessTag(to, `${via.branch}${callId}`));
  headers.append('Call-ID', callId).append('CSeq', cseq);
  return { kind: 'response', status, reason, headers, body: NO_BODY };
}

/** The same tag for each repetition, though nothing is remembered. */
function withStatelessTag(to: string, seed: string): string {
  const address = parseNameAddr(to);
  if (address === undefined || tagOf(address) !== undefined) return to;
  const tag = createHash('sha256').update(seed).digest('hex').slice(0, 16);
  return to.includes('<') ? `${to};tag=${tag}` : `<${address.uri}>;tag=${tag}`;
}
