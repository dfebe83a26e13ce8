import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { PACKAGE_ROOT } from '../config.js';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { ConnectionPlan } from './connection.js';
import { codeOf } from './database.js';
import { knexLog } from './knex-log.js';
import { withMigrationLock } from './migration-lock.js';

const SQL_FOLDER = join(PACKAGE_ROOT, 'sql');
const FILE_NAME = /^\d{3}-[a-z0-9-]+\.sql$/;
const TABLE_OPTIONS = '/* table options */';
const TABLE = 'migrations';
/** Nothing else goes on yet, so that waiting on the calling thread harms nobody. */
const BUSY_TIMEOUT_MS = 10_000;

/** The statement's effect is there already. */
const ALREADY_THERE = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_KEYNAME', 'ER_DUP_FIELDNAME']);

/**
 * Brings the database up to the newest of `sql/NNN-name.sql`, one statement each: MySQL and MariaDB commit every
 * DDL statement at once, so that a file of two could stop halfway. Gateways that start together take turns.
 * @throws RoomlineError saying which migration failed and what to do.
 */
export async function migrate(plan: ConnectionPlan, log: Log, folder = SQL_FOLDER): Promise<void> {
  // Connections of its own: one holds MySQL's lock while the others work.
  const queries = knex({ ...plan.settings({ maxConnections: 3, busyTimeoutMs: BUSY_TIMEOUT_MS }), log: knexLog(log) });
  try {
    await withMigrationLock(plan, queries, async () => {
      const interrupted = await wasInterrupted(queries);
      const migrator = queries.migrate;
      const config: Knex.MigratorConfig = {
        tableName: TABLE,
        // One transaction for each migration, asked for by the migrations themselves, not one around all.
        disableTransactions: true,
        migrationSource: migrationSource(folder, await tableOptions(plan, queries), interrupted),
      };
      // Nobody else holds knex's lock while we hold ours: what is left of one is a dead gateway's.
      if (interrupted) await migrator.forceFreeMigrationsLock(config);
      const [, names]: [number, string[]] = await migrator.latest(config);
      if (names.length > 0) log.info({ database: plan.name, migrations: names.length }, 'database migrated');
    });
  } catch (error) {
    throw error instanceof RoomlineError ? error : explain(plan, error);
  } finally {
    await queries.destroy();
  }
}

class MigrationFailure extends Error {}

function migrationSource(folder: string, options: string, interrupted: boolean): Knex.MigrationSource<string> {
  return {
    getMigrations: async () =>
      readdirSync(folder)
        .filter((name) => FILE_NAME.test(name))
        .sort(),
    getMigrationName: (file) => file,
    getMigration: async (file) => ({
      config: { transaction: true },
      up: async (queries) => {
        const statement = readFileSync(join(folder, file), 'utf8').replace(TABLE_OPTIONS, options);
        try {
          await queries.raw(statement);
        } catch (error) {
          if (interrupted && ALREADY_THERE.has(codeOf(error))) return;
          throw new MigrationFailure(`migration sql/${file} failed: ${(error as Error).message}`, { cause: error });
        }
      },
      down: async () => {
        throw new Error('migrations only go forward: restore a backup to go back');
      },
    }),
  };
}

/** A gateway died between a statement and the note that it ran: MySQL and MariaDB keep the first alone. */
async function wasInterrupted(queries: Knex): Promise<boolean> {
  const lockTable = `${TABLE}_lock`;
  if (!(await queries.schema.hasTable(lockTable))) return false;
  const row = await queries(lockTable).where('is_locked', 1).first<{ is_locked: number } | undefined>('is_locked');
  return row !== undefined;
}

/** Identifiers compare byte by byte, blanks at the end included; SQLite does so without being told. */
async function tableOptions(plan: ConnectionPlan, queries: Knex): Promise<string> {
  if (plan.dialect === 'sqlite') return '';
  const [rows]: { version: string }[][] = await queries.raw('select version() as version');
  const collation = /mariadb/i.test(rows?.[0]?.version ?? '') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  return `engine = InnoDB default character set utf8mb4 collate ${collation}`;
}

function explain(plan: ConnectionPlan, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('The migration directory is corrupt')) {
    return new RoomlineError(
      'unavailable',
      `the ${plan.name} was made by a newer Roomline: start that version, or restore a backup from before it (${message})`,
      { code: 'database-newer', cause: error },
    );
  }
  if (!(error instanceof MigrationFailure)) return error instanceof Error ? error : new Error(message);
  return new RoomlineError(
    'unavailable',
    `${message}. The ${plan.name} is as the migration before it left it: mend the cause, then start again; what ran is not run twice.`,
    { code: 'migration-failed', cause: error },
  );
}
