import { jwtVerify, SignJWT } from 'jose';
import { RoomlineError } from '../errors.js';
import type { User } from '../rooms/user.js';

const ALGORITHM = 'HS256';
const ISSUER = 'roomline';
const AUDIENCE = 'roomline-api';
export const LONGEST_TOKEN_CHARACTERS = 4096;
const MOST_REMEMBERED = 10_000;

/** Whom a token names, and until when. */
export interface TokenSubject {
  readonly userName: string;
  /** Keeps a token of a deleted user from opening the account of another who got the name. */
  readonly userId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Login tokens: JWTs that any gateway on the database can check. */
export interface Tokens {
  issue(user: Pick<User, 'id' | 'name'>): Promise<string>;
  /** @throws RoomlineError `unauthenticated` for a token that is not ours, or no longer good. */
  verify(token: string): Promise<TokenSubject>;
}

export function createTokens(options: { secret: Uint8Array; lifetimeSeconds: number; now?: () => number }): Tokens {
  const { secret, lifetimeSeconds, now = Date.now } = options;
  // Every request of a client brings the same token: its signature is checked once, its expiry each time.
  const remembered = new Map<string, TokenSubject>();

  async function check(token: string): Promise<TokenSubject> {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'iat', 'exp'],
      currentDate: new Date(now()),
    });
    const { sub, uid, iat, exp } = payload;
    if (typeof sub !== 'string' || typeof uid !== 'string' || typeof iat !== 'number' || exp === undefined) {
      throw new Error('claims are missing');
    }
    return { userName: sub, userId: uid, issuedAtMs: Math.round(iat * 1000), expiresAtMs: exp * 1000 };
  }

  return {
    issue(user) {
      // With its milliseconds (RFC 7519 section 2, NumericDate): who is revoked may log in again in that same second.
      const issuedSeconds = now() / 1000;
      return new SignJWT({ uid: user.id })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(user.name)
        .setIssuedAt(issuedSeconds)
        .setExpirationTime(Math.floor(issuedSeconds) + lifetimeSeconds)
        .sign(secret);
    },

    async verify(token) {
      let subject = remembered.get(token);
      if (subject === undefined) {
        if (token.length > LONGEST_TOKEN_CHARACTERS) throw refused();
        try {
          subject = await check(token);
        } catch (error) {
          throw refused(error);
        }
        const [oldest] = remembered.keys();
        if (remembered.size >= MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
        remembered.set(token, subject);
      }
      if (subject.expiresAtMs > now()) return subject;
      remembered.delete(token);
      throw refused();
    },
  };
}

/** The answer to a token of whatever kind that is not good, without why: that is for the log. */
export function refused(cause?: unknown): RoomlineError {
  return new RoomlineError('unauthenticated', 'the token is not valid or has expired: log in again', {
    code: 'bad-token',
    cause,
  });
}
