import { setTimeout as delay } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { ConnectionPlan } from './connection.js';
import { knexLog } from './knex-log.js';
import { NO_ANSWER } from './mysql-client.js';
import { SqliteReader } from './sqlite-reader.js';

/** Everything that runs SQL: the connection pool or one transaction. */
export type Queries = Knex;
export type Transaction = Knex.Transaction;

/** SQLite waits on the calling thread: for a short time only, the rest of the wait is by trying again later. */
const BUSY_TIMEOUT_MS = 25;
/** Longer than MySQL waits for a lock. */
const ANSWER_TIMEOUT_MS = 10_000;
const MOST_TRIES = 20;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 500;

/** Two transactions got into each other's way; done again, it works. */
const CONTENTION = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CHECKREAD',
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
]);
const UNIQUE_VIOLATIONS = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);
const FOREIGN_KEY_VIOLATIONS = new Set([
  'ER_NO_REFERENCED_ROW',
  'ER_NO_REFERENCED_ROW_2',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
]);
const UNREACHABLE = new Set([
  NO_ANSWER,
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'PROTOCOL_CONNECTION_LOST',
  'SQLITE_FULL',
  'SQLITE_IOERR',
]);

/**
 * The pool of connections. Work that met a deadlock or a lock's time-out is done again, whole: so it must do
 * nothing but SQL.
 */
export class Database {
  readonly #knex: Knex;
  /** The SQLite file; undefined for MySQL and MariaDB. */
  readonly #file: string | undefined;
  #reader: SqliteReader | undefined;

  constructor(plan: ConnectionPlan, maxConnections: number, log: Log, answerTimeoutMs = ANSWER_TIMEOUT_MS) {
    const settings = plan.settings({ maxConnections, busyTimeoutMs: BUSY_TIMEOUT_MS, answerTimeoutMs });
    this.#knex = knex({ ...settings, log: knexLog(log) });
    this.#file = plan.file;
  }

  /** Runs selects. @throws RoomlineError `unavailable` without a database. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return retryContention(() => work(this.#knex));
  }

  /** Runs one select of those every request needs, written out in SQL that both dialects take. */
  select<Row>(sql: string, bindings: readonly (string | number)[]): Promise<Row[]> {
    return retryContention(async () => {
      if (this.#file !== undefined) {
        this.#reader ??= new SqliteReader(this.#file, BUSY_TIMEOUT_MS);
        return this.#reader.select(sql, bindings) as Row[];
      }
      const [rows]: Row[][] = await this.#knex.raw(sql, bindings);
      return rows ?? [];
    });
  }

  /** Runs writes, that count together or not at all; every write is in one of these. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return retryContention(() => this.#knex.transaction(work));
  }

  async close(): Promise<void> {
    this.#reader?.close();
    this.#reader = undefined;
    // Whoever copies the file of a gateway that is not running then has all of it.
    if (this.#file !== undefined) await this.#knex.raw('pragma wal_checkpoint(truncate)').catch(() => undefined);
    await this.#knex.destroy();
  }
}

async function retryContention<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!CONTENTION.has(codeOf(error))) throw explain(error);
      if (tries === MOST_TRIES) {
        throw new RoomlineError('unavailable', 'the database is too busy', { cause: error, retryAfterSeconds: 1 });
      }
      await delay(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + Math.random()));
    }
  }
}

function explain(error: unknown): unknown {
  const lost = UNREACHABLE.has(codeOf(error)) || (error instanceof Error && error.name === 'KnexTimeoutError');
  if (!lost) return error;
  return new RoomlineError('unavailable', 'the database does not answer', {
    code: 'database-unavailable',
    cause: error,
    retryAfterSeconds: 5,
  });
}

/** The driver's own code for what went wrong; an empty text when there is none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True when a row with the same unique key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE_VIOLATIONS.has(codeOf(error));
}

/** True when the row points at one that is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return FOREIGN_KEY_VIOLATIONS.has(codeOf(error));
}
