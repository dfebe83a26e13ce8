import { createHash, randomBytes } from 'node:crypto';
import { RoomlineError } from '../errors.js';

export const API_KEY_SCOPES = ['requests', 'rooms', 'directory', 'admin'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** What is known of an API key; the key itself is shown once and not kept. */
export interface ApiKey {
  readonly id: string;
  /** What people call it, such as `billing server`. */
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

export interface ApiKeyStore {
  insert(key: ApiKey, hash: string): Promise<void>;
  /** Also one that is revoked or has expired: whoever asks tells why it is refused. */
  findByHash(hash: string): Promise<ApiKey | undefined>;
  list(): Promise<ApiKey[]>;
  /** Says whether there is such a key that was not revoked before. */
  revoke(id: string, at: Date): Promise<boolean>;
}

/** Keys of servers that act for users; kept as SHA-256, which 256 random bits need no more than. */
export interface ApiKeys {
  /** @returns the key itself, for the one time it is shown. @throws RoomlineError `invalid`. */
  create(key: {
    name: string;
    scopes: readonly ApiKeyScope[];
    expiresAt?: Date;
  }): Promise<{ key: string; apiKey: ApiKey }>;
  /** @throws RoomlineError `unauthenticated` for a key that is unknown, revoked or has expired. */
  verify(key: string): Promise<ApiKey>;
  list(): Promise<ApiKey[]>;
  /** @throws RoomlineError `not-found`. */
  revoke(id: string): Promise<void>;
}

export const API_KEY_PATTERN = /^rl_[A-Za-z0-9_-]{43}$/;

const KEY_BYTES = 32;
const LONGEST_NAME = 128;

export function createApiKeys(store: ApiKeyStore, now: () => Date = () => new Date()): ApiKeys {
  return {
    async create({ name, scopes, expiresAt }) {
      const createdAt = now();
      if (name.trim() === '' || [...name].length > LONGEST_NAME)
        throw badKey(`has no name of 1 to ${LONGEST_NAME} characters`);
      if (scopes.length === 0) throw badKey(`needs at least one scope of ${API_KEY_SCOPES.join(', ')}`);
      const unknown = scopes.find((scope) => !API_KEY_SCOPES.includes(scope));
      if (unknown !== undefined) throw badKey(`knows no scope ${unknown}; there are ${API_KEY_SCOPES.join(', ')}`);
      if (expiresAt !== undefined && expiresAt <= createdAt) throw badKey('would have expired before it is made');
      const key = `rl_${randomBytes(KEY_BYTES).toString('base64url')}`;
      const apiKey: ApiKey = {
        id: randomBytes(8).toString('hex'),
        name,
        scopes: API_KEY_SCOPES.filter((scope) => scopes.includes(scope)),
        createdAt,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      await store.insert(apiKey, hashOf(key));
      return { key, apiKey };
    },

    async verify(key) {
      const apiKey = API_KEY_PATTERN.test(key) ? await store.findByHash(hashOf(key)) : undefined;
      if (apiKey === undefined) throw refused('is not known');
      if (apiKey.revokedAt !== undefined) throw refused('was revoked');
      if (apiKey.expiresAt !== undefined && apiKey.expiresAt <= now()) throw refused('has expired');
      return apiKey;
    },

    list: () => store.list(),

    async revoke(id) {
      if (await store.revoke(id, now())) return;
      throw new RoomlineError('not-found', `there is no API key ${id.slice(0, 64)} to revoke`, {
        code: 'api-key-not-found',
      });
    },
  };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function badKey(why: string): RoomlineError {
  return new RoomlineError('invalid', `the API key ${why}`, { code: 'bad-api-key' });
}

function refused(why: string): RoomlineError {
  return new RoomlineError('unauthenticated', `the API key ${why}: have an administrator make another`, {
    code: 'bad-api-key',
  });
}
