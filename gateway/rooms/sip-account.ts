import { createHmac, randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Guest } from './admission.js';
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
  /** The user part of the address of record: the user's name, or `guest~` and the guest's id. */
  readonly aorUser: string;
  readonly username: string;
  readonly password: string;
  readonly expiresAt: Date;
}

/** Whose credentials a digest user name is, since when, and the password that goes with it. */
export interface ResolvedCredentials {
  readonly owner: { readonly userName: string } | { readonly guest: Guest };
  /** Whoever was revoked after this, or whose room has another PIN since, is refused. */
  readonly issuedAt: Date;
  readonly password: string;
}

/**
 * Short-lived SIP credentials that nothing needs to store: the digest user name carries owner, issue and expiry, the
 * password is an HMAC-SHA256 over it (as in draft-uberti-behave-turn-rest section 2.2, with SHA-256).
 */
export interface SoftphoneCredentialIssuer {
  issue(user: Pick<User, 'name'>): SoftphoneCredentials;
  /** For a guest of one room, who is nobody before and after. @throws RoomlineError `invalid` for a name that cannot be shown. */
  issueGuest(guest: Omit<Guest, 'id'>): SoftphoneCredentials;
  /** Undefined when the name is none of ours or expired. */
  resolve(username: string): ResolvedCredentials | undefined;
}

/** Stands in no user's name, and needs no escape in a SIP URI (RFC 3261 section 25.1, `mark`). */
const SEPARATOR = '~';
const GUEST = 'guest';
const MAX_GUEST_NAME_LENGTH = 64;
const GUEST_ID_PATTERN = /^[0-9a-f]{32}$/;

/** The user part of a guest's address of record. */
export function guestAorUser(guest: Pick<Guest, 'id'>): string {
  return `${GUEST}${SEPARATOR}${guest.id}`;
}

export function createSoftphoneCredentialIssuer(options: {
  /** At least 32 random bytes, kept in the database so that every gateway agrees. */
  secret: Buffer;
  lifetimeMs: number;
  now?: () => number;
}): SoftphoneCredentialIssuer {
  const now = options.now ?? Date.now;
  const passwordOf = (username: string) => createHmac('sha256', options.secret).update(username).digest('base64url');

  function issueTo(aorUser: string, ...particulars: string[]): SoftphoneCredentials {
    const issuedMs = now();
    const expiresMs = issuedMs + options.lifetimeMs;
    const username = [aorUser, ...particulars, writeNumber(issuedMs), writeNumber(expiresMs)].join(SEPARATOR);
    return { aorUser, username, password: passwordOf(username), expiresAt: new Date(expiresMs) };
  }

  return {
    issue: (user) => issueTo(user.name),
    issueGuest({ room, pinVersion, name }) {
      const id = randomUUID().replaceAll('-', '');
      const encodedName = Buffer.from(checkGuestName(name)).toString('base64url');
      return issueTo(guestAorUser({ id }), room, writeNumber(pinVersion), encodedName);
    },
    resolve(username) {
      const parts = username.split(SEPARATOR);
      const expiresMs = readNumber(parts.pop());
      const issuedMs = readNumber(parts.pop());
      const owner = readOwner(parts);
      if (owner === undefined || issuedMs === undefined || expiresMs === undefined || expiresMs <= now()) {
        return undefined;
      }
      return { owner, issuedAt: new Date(issuedMs), password: passwordOf(username) };
    },
  };
}

function readOwner(parts: readonly string[]): ResolvedCredentials['owner'] | undefined {
  const [first, id, room, version, name, ...rest] = parts;
  if (first === undefined || first === '' || rest.length > 0) return undefined;
  if (id === undefined) return { userName: first };
  const pinVersion = readNumber(version);
  if (first !== GUEST || !GUEST_ID_PATTERN.test(id) || room === undefined) return undefined;
  if (pinVersion === undefined || name === undefined) return undefined;
  return { guest: { id, room, pinVersion, name: Buffer.from(name, 'base64url').toString() } };
}

/** A guest's name is shown to others and stands in no header, but what cannot be seen may not be in it. */
function checkGuestName(name: string): string {
  const trimmed = name.trim();
  const length = [...trimmed].length;
  if (length >= 1 && length <= MAX_GUEST_NAME_LENGTH && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(trimmed)) return trimmed;
  throw new RoomlineError(
    'invalid',
    `a guest's name has 1 to ${MAX_GUEST_NAME_LENGTH} characters, none of them a control character`,
    { code: 'bad-guest-name' },
  );
}

function writeNumber(number: number): string {
  return number.toString(36);
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number.parseInt(text, 36);
  return Number.isSafeInteger(number) && writeNumber(number) === text ? number : undefined;
}
