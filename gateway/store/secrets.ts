import { randomBytes } from 'node:crypto';
import type { Database } from './database.js';

/** Secrets made once for a database and shared by every gateway on it. */
export type SecretName = 'softphone-credentials' | 'login-token' | 'peer';

const SECRET_BYTES = 48;

/** The secret of that name, made now if there was none; all who ask at once get the same. */
export async function findOrCreateSecret(database: Database, name: SecretName): Promise<Buffer> {
  const read = () =>
    database.read<{ value: string } | undefined>((queries) => queries('secrets').where({ name }).first('value'));
  let row = await read();
  if (row === undefined) {
    const value = randomBytes(SECRET_BYTES).toString('hex');
    await database.write(async (transaction) => {
      await transaction('secrets').insert({ name, value, created_at_ms: Date.now() }).onConflict('name').ignore();
    });
    row = await read();
  }
  if (row === undefined) throw new Error(`secret ${name} was written and is not there`);
  return Buffer.from(row.value, 'hex');
}
