import { createHash, timingSafeEqual } from 'node:crypto';
import type { DigestAlgorithm } from '../rooms/sip-account.js';

/** What an Authorization or Proxy-Authorization header says (RFC 7616 section 3.4). */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  /** Eight hex digits, as sent. */
  readonly nc: string;
}

/** More than any phone sends; also bounds the time it takes to read. */
const MAX_LENGTH = 2048;
const TOKENS = /(digest)(?=\s)|([^\s,="]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/gi;
const HASHES: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256' };

/**
 * Reads the credentials for a realm out of a header, which may hold those for others too: several headers of a name
 * come joined by commas. Undefined when none are for us or something needed is missing: `qop=auth` is required.
 */
export function parseCredentials(header: string, realm: string): DigestCredentials | undefined {
  const params = readDigests(header).find((candidate) => candidate.get('realm') === realm);
  return params === undefined ? undefined : toCredentials(params, realm);
}

/** The parameters of each `Digest ...` in a header; none for a header too long to be looked at. */
export function readDigests(header: string): Map<string, string>[] {
  const found: Map<string, string>[] = [];
  if (header.length > MAX_LENGTH) return found;
  for (const [, scheme, name, quoted, token] of header.matchAll(TOKENS)) {
    if (scheme !== undefined) found.push(new Map());
    const params = found.at(-1);
    if (name === undefined || params === undefined) continue;
    const key = name.toLowerCase();
    // A name said twice could be read one way here and another elsewhere: neither counts.
    params.set(key, params.has(key) ? '' : (quoted?.replace(/\\(.)/g, '$1') ?? token ?? ''));
  }
  return found;
}

function toCredentials(params: ReadonlyMap<string, string>, realm: string): DigestCredentials | undefined {
  const get = (name: string) => params.get(name) ?? '';
  const algorithm = (params.get('algorithm') ?? 'MD5').toUpperCase();
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined;
  if (get('qop').toLowerCase() !== 'auth' || get('cnonce') === '' || get('username') === '') return undefined;
  if (!/^[0-9a-f]{8}$/i.test(get('nc')) || !/^[0-9a-f]{32,64}$/i.test(get('response'))) return undefined;
  return {
    username: get('username'),
    realm,
    nonce: get('nonce'),
    uri: get('uri'),
    response: get('response').toLowerCase(),
    algorithm,
    cnonce: get('cnonce'),
    nc: get('nc'),
  };
}

export function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(HASHES[algorithm]).update(text).digest('hex');
}

/** H(username:realm:password), in hex. */
export function hashSecret(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hash(algorithm, `${username}:${realm}:${password}`);
}

/** The response RFC 7616 section 3.4.1 expects for `qop=auth`. */
export function expectedResponse(ha1: string, method: string, credentials: DigestCredentials): string {
  const { algorithm, nonce, nc, cnonce, uri } = credentials;
  const ha2 = hash(algorithm, `${method}:${uri}`);
  return hash(algorithm, `${ha1.toLowerCase()}:${nonce}:${nc}:${cnonce}:auth:${ha2}`);
}

/** Compares two texts in a time that does not tell where they differ. */
export function equalInConstantTime(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
