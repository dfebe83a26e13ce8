import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Config } from '../config.js';
import { RoomlineError } from '../errors.js';
import type { User, UserStore } from '../rooms/user.js';
import { LONGEST_TOKEN_CHARACTERS, refused } from './token.js';

/** How tokens of the host application are told to be its. Off while there is neither a secret nor public keys. */
export type HostTokenOptions = Config['auth']['jwt'];

export interface HostTokenSubject {
  /** Undefined for one who is not in the directory. */
  readonly user: User | undefined;
  /** 0 for a token that does not say. */
  readonly issuedAtMs: number;
}

/** Tokens the host application signs for its users. */
export interface HostTokens {
  /** Whether a token says it is the host application's; its signature is not checked here. */
  claims(token: string): boolean;
  /** @throws RoomlineError `unauthenticated`; `unavailable` when the public keys cannot be had. */
  verify(token: string): Promise<HostTokenSubject>;
}

/** Clocks of two servers differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 5;
const KEYS_TIMEOUT_MS = 3_000;

/**
 * Undefined where no host application is configured.
 * @throws RoomlineError `invalid` for a key file that cannot be read or is no JSON Web Key Set.
 */
export async function createHostTokens(
  options: HostTokenOptions,
  users: UserStore,
  now: () => number = Date.now,
): Promise<HostTokens | undefined> {
  const { issuer, audience, algorithms, userClaim, userIs, maxAgeSeconds } = options;
  const key = await keyOf(options);
  if (key === undefined || issuer === null || audience === null) return undefined;

  async function check(token: string, by: Uint8Array | JWTVerifyGetKey, iss: string, aud: string) {
    const { payload } = await jwtVerify(token, by, {
      algorithms: [...algorithms],
      issuer: iss,
      audience: aud,
      requiredClaims: ['exp', userClaim],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });
    const { iat = 0, exp = 0, [userClaim]: userKey } = payload;
    if (typeof userKey !== 'string' || userKey === '') throw refused(new Error(`claim ${userClaim} is no text`));
    const nowSeconds = now() / 1000;
    if (exp - nowSeconds > maxAgeSeconds) throw refused(new Error(`it is good for more than ${maxAgeSeconds} s`));
    // It would count as issued after a revocation that is yet to come.
    if (iat > nowSeconds + CLOCK_TOLERANCE_SECONDS) throw refused(new Error('it is issued in the future'));
    return { userKey, issuedAtMs: iat * 1000 };
  }

  return {
    claims(token) {
      if (token.length > LONGEST_TOKEN_CHARACTERS) return false;
      try {
        return decodeJwt(token).iss === issuer;
      } catch {
        return false;
      }
    },

    async verify(token) {
      const { userKey, issuedAtMs } = await check(token, key, issuer, audience).catch((error: unknown) => {
        throw explain(error);
      });
      const user = await (userIs === 'name' ? users.findByName(userKey) : users.findByExternalId(userKey));
      return { user, issuedAtMs };
    },
  };
}

async function keyOf({ secret, jwks }: HostTokenOptions): Promise<Uint8Array | JWTVerifyGetKey | undefined> {
  if (secret !== null) return new TextEncoder().encode(secret);
  if (jwks === null) return undefined;
  if (!jwks.startsWith('/')) return createRemoteJWKSet(new URL(jwks), { timeoutDuration: KEYS_TIMEOUT_MS });
  try {
    return createLocalJWKSet(JSON.parse(await readFile(jwks, 'utf8')) as JSONWebKeySet);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RoomlineError(
      'invalid',
      `auth.jwt.jwks (ROOMLINE_JWT_JWKS): ${jwks} cannot be read as a JSON Web Key Set: ${why}`,
      { code: 'bad-host-keys', cause: error },
    );
  }
}

/** Whatever is wrong with the token is its bearer's to mend; keys that cannot be fetched are not. */
function explain(error: unknown): RoomlineError {
  if (error instanceof RoomlineError) return error;
  const aboutToken = error instanceof errors.JOSEError && !isAboutKeys(error);
  if (aboutToken) return refused(error);
  return new RoomlineError('unavailable', 'the public keys of the host application cannot be had', {
    code: 'host-keys-unavailable',
    cause: error,
  });
}

/** jose throws its plain base class for an answer of the key server that is no 200. */
function isAboutKeys(error: errors.JOSEError): boolean {
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === errors.JOSEError.code
  );
}
