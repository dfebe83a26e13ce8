/** SIP URIs and the name-addr headers that carry them: From, To, Contact (RFC 3261 sections 19.1 and 20.10). */
import { hasControlCharacters } from './header-guard.js';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Escapes resolved, without password; empty for a URI of a host alone. */
  readonly user: string;
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: ReadonlyMap<string, string>;
}

export interface NameAddr {
  /** The URI as written. */
  readonly uri: string;
  readonly params: ReadonlyMap<string, string>;
}

const URI = /^(sips?):(?:([^@\s"<>]*)@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,255})(?::(\d{1,5}))?(;[^?]*)?(?:\?.*)?$/i;

/** Reads a SIP URI; undefined for what is none, or hides a control character in an escape. */
export function parseUri(text: string): SipUri | undefined {
  const match = URI.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', userInfo = '', host = '', port, params = ''] = match;
  const user = decodeUser(userInfo.split(':', 1)[0] ?? '');
  if (user === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user,
    host: host.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params: parseParams(params),
  };
}

function decodeUser(text: string): string | undefined {
  try {
    const user = decodeURIComponent(text);
    return hasControlCharacters(user) ? undefined : user;
  } catch {
    return undefined;
  }
}

/**
 * Whether two URIs point at the same place: scheme, user, host and port. Parameters say how to get there, so they
 * do not count.
 */
export function sameTarget(left: string, right: string): boolean {
  if (left === right) return true;
  const a = parseUri(left);
  const b = parseUri(right);
  if (a === undefined || b === undefined) return false;
  return a.scheme === b.scheme && a.user === b.user && a.host === b.host && portOf(a) === portOf(b);
}

/**
 * Whether a digest's `uri` is meant for a request: the Request-URI (RFC 7616 section 3.4.6), or its host alone, as
 * sipp and phones with an outbound proxy send it. A host without a port stands for whatever port was reached.
 */
export function isDigestTarget(digestUri: string, requestUri: string): boolean {
  if (sameTarget(digestUri, requestUri)) return true;
  const sent = parseUri(digestUri);
  const asked = parseUri(requestUri);
  if (sent === undefined || asked === undefined || sent.user !== '') return false;
  if (sent.scheme !== asked.scheme || sent.host !== asked.host) return false;
  return sent.port === undefined || asked.port === undefined || sent.port === asked.port;
}

function portOf(uri: SipUri): number {
  return uri.port ?? (uri.scheme === 'sips' ? 5061 : 5060);
}

/** Reads one name-addr or addr-spec with its parameters; undefined when it is not exactly one. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = text.trim();
  const open = findUnquoted(trimmed, '<');
  if (open === -1) {
    // Without brackets, what follows a semicolon belongs to the header (RFC 3261 section 20.10).
    const [uri = '', ...params] = trimmed.split(';');
    return isBareUri(uri.trim()) ? { uri: uri.trim(), params: parseParams(`;${params.join(';')}`) } : undefined;
  }
  const close = trimmed.indexOf('>', open);
  if (close === -1 || !isDisplayName(trimmed.slice(0, open).trim())) return undefined;
  const uri = trimmed.slice(open + 1, close).trim();
  const rest = trimmed.slice(close + 1).trim();
  if (uri === '' || /[\s<>"]/.test(uri) || (rest !== '' && !rest.startsWith(';'))) return undefined;
  if (findUnquoted(rest, ',') !== -1) return undefined;
  return { uri, params: parseParams(rest) };
}

function isBareUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[^\s<>",?;]+$/i.test(text);
}

function isDisplayName(text: string): boolean {
  if (text === '') return true;
  if (text.startsWith('"')) return /^"(?:[^"\\]|\\.)*"$/.test(text);
  return /^[\w\s.!%*+`'~\-\u0080-\uffff]+$/.test(text);
}

/** Splits a header of several values at the commas outside of quotes and brackets. */
export function splitList(text: string): string[] {
  const items: string[] = [];
  for (let rest = text; ; ) {
    const comma = findUnquoted(rest, ',', true);
    const item = (comma === -1 ? rest : rest.slice(0, comma)).trim();
    if (item !== '') items.push(item);
    if (comma === -1) return items;
    rest = rest.slice(comma + 1);
  }
}

function findUnquoted(text: string, wanted: string, skipBrackets = false): number {
  let quoted = false;
  let bracketed = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (quoted && char === '\\') index++;
    else if (char === '"' && !bracketed) quoted = !quoted;
    else if (quoted) continue;
    else if (char === wanted && !bracketed) return index;
    else if (skipBrackets && char === '<') bracketed = true;
    else if (char === '>') bracketed = false;
  }
  return -1;
}

/** Reads `;name=value;name`; names become lower case, quotes around values go. */
export function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const match of text.matchAll(/;\s*([^\s;=]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;]*))?/g)) {
    const value = match[2] ?? '';
    const plain = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    params.set((match[1] ?? '').toLowerCase(), plain);
  }
  return params;
}

/** The user of a From or To header; undefined for what cannot be read. */
export function userOf(header: string | undefined): string | undefined {
  const nameAddr = header === undefined ? undefined : parseNameAddr(header);
  return nameAddr === undefined ? undefined : parseUri(nameAddr.uri)?.user;
}

/** The `tag` of a From or To header. */
export function tagOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : parseNameAddr(header)?.params.get('tag');
}
