import type { SipMessage, SipRequest, SipResponse } from './message.js';
import { type NameAddr, parseNameAddr, parseNameAddrs, tagOf } from './name-addr.js';
import { splitList } from './parameters.js';
import { isAbsoluteUri } from './uri.js';
import { parseVia, type Via } from './via.js';

/** What every message must have (RFC 3261 section 8.1.1), read once. */
export interface Fields {
  /** The topmost Via. */
  readonly via: Via;
  readonly viaCount: number;
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** Empty when the sender gave none, as RFC 2543 allowed. */
  readonly fromTag: string;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod: string;
  /** Empty for `Contact: *` and when there is none. */
  readonly contacts: readonly NameAddr[];
}

export interface IncomingRequest extends Fields {
  readonly message: SipRequest;
}

export interface IncomingResponse extends Fields {
  readonly message: SipResponse;
}

const SINGLE = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type', 'session-expires'];
const CALL_ID = /^[\w.!%*+`'~()<>:\\"/[\]?{}@-]{1,256}$/;
const TAG = /^[\w.!%*+`'~-]{1,256}$/;
const CSEQ = /^(\d{1,10})[ \t]+([\w.!%*+`'~-]{1,64})$/;
/** Longer ones make parsers that match with expressions slow, ours and the app's. */
const MAX_ADDRESS_CHARS = 4096;

/** Reads the mandatory fields of a message, or says in words for a reason phrase what is wrong with them. */
export function readFields(message: SipMessage): Fields | string {
  const { headers } = message;
  const doubled = SINGLE.find((key) => headers.count(key) > 1);
  if (doubled !== undefined) return `Repeated ${doubled} header`;
  const vias = headers.all('via').flatMap(splitList);
  const via = parseVia(vias[0] ?? '');
  if (via === undefined) return 'Missing or malformed Via header';
  const from = readParty(headers.get('from'));
  if (from === undefined) return 'Missing or malformed From header';
  const to = readParty(headers.get('to'));
  if (to === undefined) return 'Missing or malformed To header';
  const callId = headers.get('call-id') ?? '';
  if (!CALL_ID.test(callId)) return 'Missing or malformed Call-ID header';
  const [, number, cseqMethod] = CSEQ.exec(headers.get('cseq') ?? '') ?? [];
  // RFC 3261 section 8.1.1.5: less than 2**31.
  if (cseqMethod === undefined || Number(number) >= 2 ** 31) return 'Missing or malformed CSeq header';
  const contacts = readContacts(headers.all('contact'));
  // A response must not be lost for it: its transaction would never end.
  if (contacts === undefined && message.kind === 'request') return 'Malformed Contact header';
  const tags = { fromTag: tagOf(from) ?? '', toTag: tagOf(to) };
  return {
    via,
    viaCount: vias.length,
    from,
    to,
    ...tags,
    callId,
    cseq: Number(number),
    cseqMethod,
    contacts: contacts ?? [],
  };
}

function readParty(value: string | undefined): NameAddr | undefined {
  if (value === undefined || value.length > MAX_ADDRESS_CHARS) return undefined;
  const address = parseNameAddr(value);
  const tag = address === undefined ? undefined : tagOf(address);
  return tag === undefined || TAG.test(tag) ? address : undefined;
}

function readContacts(values: readonly string[]): readonly NameAddr[] | undefined {
  if (values.some((value) => value.length > MAX_ADDRESS_CHARS)) return undefined;
  if (values.length === 1 && values[0]?.trim() === '*') return [];
  return parseNameAddrs(values);
}

/** Why a request with all mandatory fields still cannot be taken, if so. */
export function requestFault({ message, cseqMethod, viaCount, contacts }: IncomingRequest): string | undefined {
  if (cseqMethod !== message.method) return 'CSeq names another method';
  if (viaCount > 70) return 'Too many Via headers';
  if (!isAbsoluteUri(message.uri)) return 'Malformed Request-URI';
  if (message.method === 'INVITE' && contacts.length !== 1) return 'INVITE needs one Contact header';
  return undefined;
}
