import { randomBytes, randomUUID } from 'node:crypto';
import type { Dialog } from '../dialog/dialog.js';
import { Headers, wireName } from '../message/headers.js';
import type { IncomingRequest } from '../message/incoming.js';
import { NO_BODY, type SipRequest, type SipResponse } from '../message/message.js';
import { formatNameAddr, parseNameAddr, tagOf, withTag } from '../message/name-addr.js';
import { reasonPhrase } from '../message/reason-phrases.js';
import { formatHost } from '../message/uri.js';
import { ownVia } from '../message/via.js';
import type { LocalAddress, Protocol } from '../transport/connection.js';

/** What a request is to say, before it is known whither it goes. */
export interface Draft {
  readonly method: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** What a hop puts into a request. */
export interface Way {
  readonly protocol: Protocol;
  readonly local: LocalAddress;
  readonly branch: string;
}

/** An app's message that cannot be sent; the text is told to the app. */
export class ComposeError extends Error {}

/** Never taken from the app: the engine alone knows them. */
const MANAGED = new Set(['via', 'route', 'rseq', 'record-route', 'content-length']);
const IDENTITY = new Set(['from', 'to', 'call-id', 'cseq']);
const ADDRESSES = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE']);

export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** The Contact that leads back to us over this kind of transport. */
function ownContact({ protocol, local }: { protocol: Protocol; local: LocalAddress }): string {
  const transport = protocol === 'UDP' ? '' : `;transport=${protocol === 'TCP' ? 'tcp' : 'ws'}`;
  return `<sip:${formatHost(local.host)}:${local.port}${transport}>`;
}

/** A request outside of any dialog. @throws ComposeError */
export function composeRequest(asked: SipRequest, way: Way): SipRequest {
  const given = asked.headers;
  const headers = new Headers();
  headers.append('Via', ownVia(way.protocol, way.local.host, way.local.port, way.branch));
  headers.append('Max-Forwards', given.get('max-forwards') ?? '70');
  headers.append('From', party(given.get('from') ?? ownContact({ ...way, protocol: 'UDP' }), way, newTag()));
  headers.append('To', party(given.get('to') ?? `<${asked.uri}>`, way, undefined));
  headers.append('Call-ID', given.get('call-id') ?? randomUUID());
  headers.append('CSeq', `${sequenceNumber(given.get('cseq'))} ${asked.method}`);
  addContact(headers, asked, way, ownContact(way));
  addRest(headers, asked, way);
  return { kind: 'request', method: asked.method, uri: asked.uri, headers, body: asked.body };
}

/** A request within a dialog (RFC 3261 section 12.2.1.1). @throws ComposeError */
export function composeInDialog(dialog: Dialog, draft: Draft, cseq: number, way: Way): SipRequest {
  const headers = new Headers();
  headers.append('Via', ownVia(way.protocol, way.local.host, way.local.port, way.branch));
  headers.append('Max-Forwards', draft.headers.get('max-forwards') ?? '70');
  const { uri, routes } = addressing(dialog);
  for (const route of routes) headers.append('Route', route);
  headers.append('From', dialog.localParty).append('To', dialog.remoteParty);
  headers.append('Call-ID', dialog.callId).append('CSeq', `${cseq} ${draft.method}`);
  addContact(headers, draft, way, dialog.localContact);
  addRest(headers, draft, way);
  return { kind: 'request', method: draft.method, uri, headers, body: draft.body };
}

/** Request-URI and Route headers: a first route without `lr` is a strict router (RFC 3261 section 12.2.1.1). */
function addressing({ target, routeSet }: Dialog): { uri: string; routes: readonly string[] } {
  const [first, ...rest] = routeSet;
  const uri = first === undefined ? undefined : parseNameAddr(first)?.uri;
  if (uri === undefined || /;lr(=|;|$)/i.test(uri)) return { uri: target, routes: routeSet };
  return { uri, routes: [...rest, `<${target}>`] };
}

/** The CANCEL of a request of ours (RFC 3261 section 9.1). */
export function composeCancel(request: SipRequest, extra: Headers): SipRequest {
  const headers = new Headers().append('Via', request.headers.get('via') ?? '').append('Max-Forwards', '70');
  for (const route of request.headers.all('route')) headers.append('Route', route);
  for (const key of ['from', 'to', 'call-id']) headers.append(wireName(key), request.headers.get(key) ?? '');
  headers.append('CSeq', `${Number.parseInt(request.headers.get('cseq') ?? '', 10)} CANCEL`);
  for (const key of ['reason', 'x-reason']) {
    for (const value of extra.all(key)) headers.append(wireName(key), value);
  }
  return { kind: 'request', method: 'CANCEL', uri: request.uri, headers, body: NO_BODY };
}

/** What an app answers, completed from the request; `tag` is our tag in To. @throws ComposeError */
export function composeResponse(request: IncomingRequest, asked: SipResponse, tag: string, way: Omit<Way, 'branch'>) {
  const headers = answerHeaders(request, tag);
  const { method } = request.message;
  const success = asked.status >= 200 && asked.status < 300;
  if (method === 'INVITE' && asked.status > 100 && asked.status < 300) {
    for (const route of request.message.headers.all('record-route')) headers.append('Record-Route', route);
  }
  const contact = asked.headers.get('contact') === undefined && success && WITH_CONTACT.has(method);
  if (contact) headers.append('Contact', ownContact(way));
  for (const value of asked.headers.all('contact')) headers.append('Contact', checkedContact(value, way));
  addRest(headers, asked, way);
  const reason = asked.reason === '' ? reasonPhrase(asked.status) : asked.reason;
  return { kind: 'response', status: asked.status, reason, headers, body: asked.body } satisfies SipResponse;
}

/** A response of the engine's own to a request from the network. */
export function engineResponse(request: IncomingRequest, status: number, tag: string | undefined): SipResponse {
  const headers = answerHeaders(request, tag);
  return { kind: 'response', status, reason: reasonPhrase(status), headers, body: NO_BODY };
}

/** What the app is told in place of an answer that never came. */
export function localAnswer(request: SipRequest, status: number, reason: string): SipResponse {
  const headers = new Headers();
  for (const key of ['via', 'from', 'to', 'call-id', 'cseq']) {
    for (const value of request.headers.all(key)) headers.append(wireName(key), value);
  }
  return { kind: 'response', status, reason, headers, body: NO_BODY };
}

function answerHeaders({ message, to, toTag }: IncomingRequest, tag: string | undefined): Headers {
  const headers = new Headers();
  for (const via of message.headers.all('via')) headers.append('Via', via);
  headers.append('From', message.headers.get('from') ?? '');
  const given = message.headers.get('to') ?? '';
  headers.append('To', toTag === undefined && tag !== undefined ? formatNameAddr(withTag(to, tag)) : given);
  headers.append('Call-ID', message.headers.get('call-id') ?? '');
  return headers.append('CSeq', message.headers.get('cseq') ?? '');
}

/** Everything the app set that has no place of its own, and the type of the body. */
function addRest(headers: Headers, asked: Omit<Draft, 'method'>, way: Omit<Way, 'branch'>): void {
  for (const { key, name, value } of asked.headers) {
    if (MANAGED.has(key) || IDENTITY.has(key) || key === 'max-forwards' || key === 'contact') continue;
    headers.append(wireName(name), ADDRESSES.has(key) ? localise(value, way.local) : value);
  }
  if (asked.body.length === 0 || headers.has('content-type')) return;
  if (!asked.body.subarray(0, 3).equals(Buffer.from('v=0'))) throw new ComposeError('missing content-type');
  headers.append('Content-Type', 'application/sdp');
}

function addContact(headers: Headers, asked: Draft, way: Way, otherwise: string): void {
  const given = asked.headers.all('contact');
  if (given.length === 0 && WITH_CONTACT.has(asked.method)) headers.append('Contact', otherwise);
  for (const value of given) headers.append('Contact', checkedContact(value, way));
}

function checkedContact(value: string, way: Omit<Way, 'branch'>): string {
  const contact = localise(value, way.local);
  // Without brackets a URI's parameters would read as the header's.
  const address = value.includes('<') || value.includes(',') ? undefined : parseNameAddr(contact);
  if (!value.includes('<') && value.trim() !== '*' && !value.includes(',') && address === undefined) {
    throw new ComposeError(`invalid Contact: ${value}`);
  }
  return address === undefined ? contact : formatNameAddr(address);
}

/** A From or To in brackets; a From gets the tag unless the app gave one. @throws ComposeError */
function party(value: string, way: Way, tag: string | undefined): string {
  const address = parseNameAddr(localise(value, way.local));
  if (address === undefined) throw new ComposeError(`invalid address: ${value}`);
  return formatNameAddr(tag === undefined || tagOf(address) !== undefined ? address : withTag(address, tag));
}

/** drachtio-srf writes `@localhost` for an address only the engine knows. */
function localise(value: string, { host, port }: LocalAddress): string {
  return value.replace(/@localhost(?![\w.:-])/g, `@${formatHost(host)}:${port}`);
}

function sequenceNumber(given: string | undefined): number {
  if (given === undefined) return 1 + Math.floor(Math.random() * 0x0fff_ffff);
  const number = Number.parseInt(given, 10);
  if (!(number >= 0 && number < 2 ** 31)) throw new ComposeError(`invalid CSeq: ${given}`);
  return number;
}

/** A tag the app put into the To of its answer. */
export function tagGivenByApp(asked: SipResponse): string | undefined {
  const to = parseNameAddr(asked.headers.get('to') ?? '');
  const tag = to === undefined ? undefined : tagOf(to);
  return tag !== undefined && /^[\w.!%*+`'~-]+$/.test(tag) ? tag : undefined;
}
