/**
 * What may come in and go out as a header. A control character in a name or value is how one header is made to
 * look like two, so it is refused at the edge; horizontal tab is white space (RFC 3261 section 25.1).
 */

const MAX_IDENTITY_LENGTH = 1024;
const MAX_HEADER_LENGTH = 8192;
/** Headers that are parsed and copied into replies. */
const IDENTITY_HEADERS = new Set(['from', 'to', 'call-id', 'cseq']);
const REQUIRED_HEADERS = ['from', 'to', 'call-id', 'cseq'] as const;
const FOLD = /\r\n[ \t]+/g;

/** True for C0 controls but tab, DEL, C1 controls and the Unicode line ends. */
export function hasControlCharacters(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 ? code !== 0x09 : (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}

/** Joins folded lines (RFC 3261 section 7.3.1). */
export function unfold(value: string): string {
  return value.replace(FOLD, ' ');
}

/** Replaces what may not stand in a header by spaces, for headers copied into a refusal. */
export function scrub(value: string): string {
  return hasControlCharacters(value)
    ? [...value].map((char) => (hasControlCharacters(char) ? ' ' : char)).join('')
    : value;
}

/** Says what is wrong with a request's line and headers; undefined when nothing is. */
export function findHeaderFault(request: {
  method: string;
  uri: string;
  headers: Record<string, string>;
}): string | undefined {
  if (hasControlCharacters(request.method) || hasControlCharacters(request.uri))
    return 'Control Character In Request Line';
  if (request.uri.length > MAX_IDENTITY_LENGTH) return 'Request-URI Too Long';
  for (const [name, raw] of Object.entries(request.headers)) {
    const value = unfold(String(raw));
    if (hasControlCharacters(name) || hasControlCharacters(value)) return 'Control Character In Header';
    if (value.length > (IDENTITY_HEADERS.has(name) ? MAX_IDENTITY_LENGTH : MAX_HEADER_LENGTH)) return 'Header Too Long';
  }
  for (const name of REQUIRED_HEADERS) {
    if ((request.headers[name] ?? '') === '') return `Missing ${name}`;
  }
  return undefined;
}

/**
 * A name as a quoted string (RFC 3261 section 25.1), empty for an empty name.
 * @throws RangeError for a name with control characters.
 */
export function quoteDisplayName(name: string): string {
  if (hasControlCharacters(name)) throw new RangeError('a display name may not hold control characters');
  return name === '' ? '' : `"${name.replace(/[\\"]/g, '\\$&')}"`;
}
