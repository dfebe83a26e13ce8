import { createHmac } from 'node:crypto';
import type { User } from './user.js';

/** The digest algorithm an account is challenged with (RFC 8760). */
export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** A desk phone's SIP account. The HA1 is H(user:realm:secret) in hex; the secret itself is not kept. */
export interface SipAccount {
  readonly userName: string;
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
}

export interface SipAccountStore {
  findByUserName(userName: string): Promise<SipAccount | undefined>;
}

/** What a softphone registers and calls with: never the user's password. */
export interface SoftphoneCredentials {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: Date;
}

/**
 * Short-lived SIP credentials that nothing needs to store: the digest user name carries user and expiry, the
 * password is an HMAC-SHA256 over it (as in draft-uberti-behave-turn-rest section 2.2, with SHA-256).
 */
export interface SoftphoneCredentialIssuer {
  issue(user: Pick<User, 'name'>): SoftphoneCredentials;
  /** Whose credentials a digest user name is, and its password; undefined when it is none of ours or expired. */
  resolve(username: string): { userName: string; password: string } | undefined;
}

const SEPARATOR = '~';

export function createSoftphoneCredentialIssuer(options: {
  /** At least 32 random bytes, kept in the database so that every gateway agrees. */
  secret: Buffer;
  lifetimeMs: number;
  now?: () => number;
}): SoftphoneCredentialIssuer {
  const now = options.now ?? Date.now;
  const passwordOf = (username: string) => createHmac('sha256', options.secret).update(username).digest('base64url');

  return {
    issue(user) {
      const expiresSeconds = Math.ceil((now() + options.lifetimeMs) / 1000);
      const username = `${user.name}${SEPARATOR}${expiresSeconds.toString(36)}`;
      return { username, password: passwordOf(username), expiresAt: new Date(expiresSeconds * 1000) };
    },
    resolve(username) {
      const [userName, expiry, ...rest] = username.split(SEPARATOR);
      if (userName === undefined || expiry === undefined || rest.length > 0) return undefined;
      const expiresSeconds = Number.parseInt(expiry, 36);
      if (!Number.isSafeInteger(expiresSeconds) || expiresSeconds.toString(36) !== expiry) return undefined;
      return expiresSeconds * 1000 > now() ? { userName, password: passwordOf(username) } : undefined;
    },
  };
}
