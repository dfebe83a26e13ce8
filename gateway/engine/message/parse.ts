import { isUtf8 } from 'node:buffer';
import { Headers } from './headers.js';
import { NO_BODY, type SipMessage, type SipRequest } from './message.js';
import { isAbsoluteUri } from './uri.js';

/** No SIP message may be larger than this, on any transport. */
export const MAX_MESSAGE_BYTES = 65_536;
const MAX_HEADERS = 160;

/** A message that cannot be used; `request` holds what could be read of a request, for the refusal. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly status: number;
  readonly reason: string;
  readonly request?: SipRequest;
}

export type Parsed = SipMessage | Malformed;

const REQUEST_LINE = /^([\w.!%*+`'~-]{1,64}) (\S+) SIP\/(\d+\.\d+)$/i;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: ([\s\S]*))?$/i;
const FIELD = /^([\w.!%*+`'~-]+)[ \t]*:([\s\S]*)$/;

export function malformed(status: number, reason: string, request?: SipRequest): Malformed {
  return request === undefined ? { kind: 'malformed', status, reason } : { kind: 'malformed', status, reason, request };
}

/** Parses a start line and header fields; `head` ends before the empty line. The body is empty. */
export function parseHead(head: Buffer): Parsed {
  if (!isUtf8(head)) return malformed(400, 'Header is not UTF-8');
  const text = head.toString('utf8');
  // A lone CR or LF reads as a line end in one parser and not in the next; RFC 3261 section 7 knows only CRLF.
  if (/\0|\r(?!\n)|(?<!\r)\n/.test(text)) return malformed(400, 'Header has a lone CR, LF or NUL');
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const { headers, fault } = parseFields(lines);
  const status = STATUS_LINE.exec(lines[0] ?? '');
  if (status !== null) {
    if (fault !== undefined) return malformed(400, fault);
    return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '', headers, body: NO_BODY };
  }
  return parseRequest(lines[0] ?? '', headers, fault);
}

function parseRequest(line: string, headers: Headers, fault: string | undefined): Parsed {
  const [, method = '', uri = '', version] = REQUEST_LINE.exec(line) ?? [];
  if (version === undefined) {
    const guess = /^([\w.!%*+`'~-]{1,64})\s.*SIP\/\d+\.\d+\s*$/i.exec(line)?.[1];
    if (guess === undefined) return malformed(400, 'Neither a request nor a status line');
    const request: SipRequest = { kind: 'request', method: guess, uri: '', headers, body: NO_BODY };
    return malformed(400, 'Malformed request line', request);
  }
  const request: SipRequest = { kind: 'request', method, uri, headers, body: NO_BODY };
  if (version !== '2.0') return malformed(505, 'Version Not Supported', request);
  if (fault !== undefined) return malformed(400, fault, request);
  if (!isAbsoluteUri(uri)) return malformed(400, 'Malformed Request-URI', request);
  return request;
}

function parseFields(lines: readonly string[]): { headers: Headers; fault: string | undefined } {
  const headers = new Headers();
  let fault: string | undefined;
  if (lines.length - 1 > MAX_HEADERS) return { headers, fault: 'Too many header fields' };
  for (let index = 1; index < lines.length; index++) {
    const match = FIELD.exec(lines[index] ?? '');
    if (match?.[1] === undefined || match[2] === undefined) fault = 'Malformed header field';
    else headers.append(match[1], match[2].trim());
  }
  return { headers, fault };
}

/** The one Content-Length of a message; undefined when absent, `bad` when malformed, doubled or too large. */
export function contentLength(headers: Headers): number | undefined | 'bad' {
  const values = headers.all('content-length');
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || !/^\d{1,9}$/.test(value)) return 'bad';
  const length = Number(value);
  return length > MAX_MESSAGE_BYTES ? 'bad' : length;
}

/** Parses a message that came as a whole: a datagram or a WebSocket message (RFC 3261 section 18.3). */
export function parseDatagram(bytes: Buffer): Parsed {
  const { parsed, rest } = parseWhole(bytes);
  if (parsed.kind === 'malformed') return parsed;
  const length = contentLength(parsed.headers) ?? rest.length;
  if (length === 'bad' || length > rest.length) {
    return malformed(400, 'Content-Length does not fit the message', parsed.kind === 'request' ? parsed : undefined);
  }
  return { ...parsed, body: rest.subarray(0, length) };
}

/** Parses what an app sent: the body is all that follows the empty line, since it counts characters for bytes. */
export function parseFromApp(bytes: Buffer): Parsed {
  const { parsed, rest } = parseWhole(bytes);
  return parsed.kind === 'malformed' ? parsed : { ...parsed, body: rest };
}

function parseWhole(bytes: Buffer): { parsed: Parsed; rest: Buffer } {
  if (bytes.length > MAX_MESSAGE_BYTES) return { parsed: malformed(513, 'Message Too Large'), rest: NO_BODY };
  let start = 0;
  while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2;
  const end = bytes.indexOf('\r\n\r\n', start);
  if (end < 0) return { parsed: malformed(400, 'No empty line after the header'), rest: NO_BODY };
  return { parsed: parseHead(bytes.subarray(start, end)), rest: bytes.subarray(end + 4) };
}
