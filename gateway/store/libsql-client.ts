import { createRequire } from 'node:module';
import type { Knex } from 'knex';

interface Connection {
  exec(sql: string): void;
}

/** What is used here of knex's own class. */
type TransactionClass = new (...args: unknown[]) => { begin(connection: Connection): Promise<void> };

const require = createRequire(import.meta.url);
const BetterSqlite3Client: typeof Knex.Client = require('knex/lib/dialects/better-sqlite3/index.js');
const SqliteTransaction: TransactionClass = require('knex/lib/dialects/sqlite3/execution/sqlite-transaction.js');

/**
 * Takes the write lock at the start. Taken by the first write instead, a refusal would come in the middle, and
 * would leave libsql's statement unfinished until it is collected: COMMIT fails until then, and what was written
 * outside of transactions is not committed at all.
 */
class ImmediateTransaction extends SqliteTransaction {
  override async begin(connection: Connection): Promise<void> {
    connection.exec('begin immediate');
  }
}

/** knex's better-sqlite3 client on libsql, which has the same API and comes with prebuilt binaries. */
export class LibsqlClient extends BetterSqlite3Client {
  _driver(): unknown {
    return require('libsql');
  }

  override transaction(...args: unknown[]): Knex.Transaction {
    return new ImmediateTransaction(this, ...args) as unknown as Knex.Transaction;
  }
}
