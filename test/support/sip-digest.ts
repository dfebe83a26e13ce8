import { createHash, randomBytes } from 'node:crypto';
import type { SipMessage } from './sip-message.js';

/** A digest challenge as a phone keeps it to answer with (RFC 3261 section 22, RFC 7616). */
export interface DigestChallenge {
  readonly header: 'Authorization' | 'Proxy-Authorization';
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: string;
  readonly qop: string | undefined;
  readonly opaque: string | undefined;
  readonly stale: boolean;
}

export interface DigestCredentials {
  readonly username: string;
  readonly password: string;
}

/** @throws Error when the response carries no digest challenge. */
export function readChallenge(response: SipMessage): DigestChallenge {
  const proxy = response.header('Proxy-Authenticate');
  const text = proxy === '' ? response.header('WWW-Authenticate') : proxy;
  if (!/^Digest\s/i.test(text)) throw new Error(`no digest challenge in ${response.startLine}`);
  const value = (name: string) =>
    new RegExp(`[\\s,]${name}\\s*=\\s*(?:"([^"]*)"|([^,\\s]+))`, 'i').exec(text)?.slice(1).find(Boolean);
  return {
    header: proxy === '' ? 'Authorization' : 'Proxy-Authorization',
    realm: value('realm') ?? '',
    nonce: value('nonce') ?? '',
    algorithm: value('algorithm') ?? 'MD5',
    qop: value('qop'),
    opaque: value('opaque'),
    stale: value('stale')?.toLowerCase() === 'true',
  };
}

/** The header line's value that answers a challenge. `nc` is how often this nonce has been used, from 1. */
export function answerChallenge(
  challenge: DigestChallenge,
  credentials: DigestCredentials,
  request: { method: string; uri: string },
  nc = 1,
): string {
  const hash = (text: string) =>
    createHash(challenge.algorithm.toUpperCase() === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const ha1 = hash(`${credentials.username}:${challenge.realm}:${credentials.password}`);
  const ha2 = hash(`${request.method}:${request.uri}`);
  const parts = [
    `username="${credentials.username}"`,
    `realm="${challenge.realm}"`,
    `nonce="${challenge.nonce}"`,
    `uri="${request.uri}"`,
    `algorithm=${challenge.algorithm}`,
  ];
  if (challenge.opaque !== undefined) parts.push(`opaque="${challenge.opaque}"`);
  if (challenge.qop === undefined)
    return `Digest ${parts.join(', ')}, response="${hash(`${ha1}:${challenge.nonce}:${ha2}`)}"`;
  const count = nc.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const response = hash(`${ha1}:${challenge.nonce}:${count}:${cnonce}:auth:${ha2}`);
  return `Digest ${parts.join(', ')}, qop=auth, nc=${count}, cnonce="${cnonce}", response="${response}"`;
}
