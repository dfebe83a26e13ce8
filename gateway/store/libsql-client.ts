import { createRequire } from 'node:module';
import type { Knex } from 'knex';

const require = createRequire(import.meta.url);
const BetterSqlite3Client: typeof Knex.Client = require('knex/lib/dialects/better-sqlite3/index.js');

/** knex's better-sqlite3 client on libsql, which has the same API and comes with prebuilt binaries. */
export class LibsqlClient extends BetterSqlite3Client {
  _driver(): unknown {
    return require('libsql');
  }
}
