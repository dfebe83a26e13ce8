/**
 * Reads what drachtio-srf hands over, and says what it is to be told. By the shape of its messages alone: it
 * imports nothing of it.
 */
import { bracketed } from '../../bracketed.js';
import type { FlowTransport } from '../../rooms/contact-binding.js';
import { parseNameAddr, splitList } from '../address.js';
import { unfold } from '../header-guard.js';
import type { Answer, CallOutcome, DialogEnd, FinalResponse, Headers, Source } from '../sip-server.js';

/** Leader, status line and the headers copied from the request. */
const FRAME_OVERHEAD_BYTES = 700;

interface RequestRead {
  readonly method: string;
  readonly uri: string;
  readonly source: 'network' | 'application';
  readonly protocol: string;
  get(name: string): string | undefined;
}

interface ResponseRead {
  readonly req: { readonly uri: string };
  readonly status: number;
  readonly source_address: string;
  get(name: string): string | undefined;
}

/** A response, and the Request-URI of what it answers. */
export interface ReadableResponse extends FinalResponse {
  readonly requestUri: string;
}

/** Why a dialog is destroyed. */
export function endCause(request: Pick<RequestRead, 'source'>, reason: string | undefined): DialogEnd {
  if (request.source !== 'application') return 'bye';
  if (/ack timeout/i.test(reason ?? '')) return 'ack-timeout';
  if (/session timer/i.test(reason ?? '')) return 'session-expired';
  return /cancel/i.test(reason ?? '') ? 'cancel-race' : 'stack';
}

/** Why a call of ours was not answered: drachtio-srf refuses with errors and with plain strings. */
export function refusalOf(error: unknown): CallOutcome {
  const response = responseOf(error);
  if (response === undefined) return { none: 'no-flow' };
  const answer = classify(response);
  if ('status' in answer) {
    const { status } = answer;
    return status < 400 ? { refused: status, contacts: contactsOf(response) } : { refused: status };
  }
  return { none: answer.none === 'timeout' ? 'timeout' : 'no-flow' };
}

/** The URIs a redirect names, in its order. */
function contactsOf(response: ResponseRead): string[] {
  return splitList(unfold(response.get('contact') ?? '')).flatMap((contact) => parseNameAddr(contact)?.uri ?? []);
}

/** The response that `createUAC` made an error of, such as a refusal or a challenge. */
export function responseOf(error: unknown): ResponseRead | undefined {
  return error instanceof Error && 'res' in error ? (error.res as ResponseRead) : undefined;
}

export function readable(response: ResponseRead): ReadableResponse {
  return {
    status: response.status,
    requestUri: response.req.uri,
    header(name) {
      const value = response.get(name);
      return value === undefined ? undefined : unfold(value).trim();
    },
  };
}

/** What the request after a challenged one keeps of it, and what it counts on (RFC 3261 section 8.1.3.5). */
export function nextOf(challenged: Pick<RequestRead, 'method' | 'get'>): Headers {
  const cseq = Number.parseInt(challenged.get('cseq') ?? '0', 10);
  return {
    From: challenged.get('from') ?? '',
    'Call-ID': challenged.get('call-id') ?? '',
    CSeq: `${cseq + 1} ${challenged.method}`,
  };
}

/** An answer, or the stack's own stand-in for one: 408, 410, and 503 from nowhere. */
export function classify(response: ResponseRead): Answer {
  const { status, source_address: address } = response;
  if (status === 408) return { none: 'timeout' };
  if (status === 410 || (status === 503 && address === '')) return { none: 'no-flow' };
  return { status };
}

/**
 * The next hop where it is not what the URI says. A browser is found by its Contact: the server knows the connection
 * it registered over, and that as `ws` and `wss` alike.
 */
export function routeTo({ address, port, transport }: Source): { proxy?: string } {
  if (transport === 'ws') return {};
  return { proxy: `sip:${bracketed(address)}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}` };
}

/** The server says `tcp` (or `tls`) for WebSocket too: the Via tells them apart. */
export function transportOf(req: Pick<RequestRead, 'protocol' | 'get'>): FlowTransport {
  if (req.protocol === 'udp') return 'udp';
  const via = /^SIP\s*\/\s*2\.0\s*\/\s*(\w+)/i.exec(req.get('via') ?? '')?.[1]?.toLowerCase();
  if (via === 'ws' || via === 'wss') return 'ws';
  return req.protocol === 'tls' ? 'tls' : req.protocol === 'tcp' ? 'tcp' : 'udp';
}

/** About how long a message becomes on the admin connection. */
export function frameBytes(headers: Headers, body = ''): number {
  const lines = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return FRAME_OVERHEAD_BYTES + lines + Buffer.byteLength(body);
}
