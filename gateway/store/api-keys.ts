import type { ApiKey, ApiKeyScope, ApiKeyStore } from '../rooms/api-keys.js';
import type { Database } from './database.js';

interface ApiKeyRow {
  id: string;
  name: string;
  scopes: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
}

const COLUMNS =
  'id, name, scopes, created_at_ms as "createdAtMs", expires_at_ms as "expiresAtMs", revoked_at_ms as "revokedAtMs"';

export function createApiKeyStore(database: Database): ApiKeyStore {
  return {
    insert(key, hash) {
      return database.write(async (transaction) => {
        await transaction('api_keys').insert({
          id: key.id,
          name: key.name,
          key_hash: hash,
          scopes: key.scopes.join(' '),
          created_at_ms: key.createdAt.getTime(),
          expires_at_ms: key.expiresAt?.getTime() ?? null,
          revoked_at_ms: key.revokedAt?.getTime() ?? null,
        });
      });
    },

    async findByHash(hash) {
      const [row] = await database.select<ApiKeyRow>(`select ${COLUMNS} from api_keys where key_hash = ?`, [hash]);
      return row === undefined ? undefined : toApiKey(row);
    },

    async list() {
      const rows = await database.select<ApiKeyRow>(`select ${COLUMNS} from api_keys order by created_at_ms, id`, []);
      return rows.map(toApiKey);
    },

    async revoke(id, at) {
      const revoked = await database.write<number>((transaction) =>
        transaction('api_keys').where({ id }).whereNull('revoked_at_ms').update({ revoked_at_ms: at.getTime() }),
      );
      return revoked > 0;
    },
  };
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.split(' ') as ApiKeyScope[],
    createdAt: new Date(row.createdAtMs),
    ...(row.expiresAtMs === null ? {} : { expiresAt: new Date(row.expiresAtMs) }),
    ...(row.revokedAtMs === null ? {} : { revokedAt: new Date(row.revokedAtMs) }),
  };
}
