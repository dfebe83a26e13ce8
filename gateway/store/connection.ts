import { closeSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Knex } from 'knex';
import { RoomlineError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { LibsqlClient } from './libsql-client.js';
import { mysqlClient } from './mysql-client.js';

export type Dialect = 'sqlite' | 'mysql';

export interface PoolSettings {
  /** For MySQL and MariaDB; SQLite has one. */
  readonly maxConnections: number;
  /** How long SQLite waits for a lock, on the calling thread. */
  readonly busyTimeoutMs: number;
  /** How long MySQL or MariaDB may take to answer a statement; without it, as long as it likes. */
  readonly answerTimeoutMs?: number;
}

/** Where the database is, and how knex reaches it. */
export interface ConnectionPlan {
  readonly dialect: Dialect;
  /** What messages call the database: never holds a password. */
  readonly name: string;
  /** The SQLite file; absent for MySQL and MariaDB. */
  readonly file?: string;
  settings(pool: PoolSettings): Knex.Config;
}

const CONNECT_TIMEOUT_MS = 5_000;
const MYSQL_LOCK_WAIT_SECONDS = 5;

/** Reads `mysql://...` or `sqlite:PATH`; null is `roomline.sqlite` in the data folder, made when missing. */
export function planConnection(url: string | null, dataDir: string): ConnectionPlan {
  if (url?.startsWith('mysql://') === true) return planMysql(url);
  if (url !== null && !url.startsWith('sqlite:')) {
    throw new RoomlineError(
      'invalid',
      'the database URL is neither mysql://USER:PASSWORD@HOST:PORT/NAME nor sqlite:PATH',
    );
  }
  return planSqlite(resolve(url === null ? join(dataDir, 'roomline.sqlite') : url.slice('sqlite:'.length)));
}

function planSqlite(file: string): ConnectionPlan {
  makeFile(file);
  return {
    dialect: 'sqlite',
    name: `SQLite file ${file}`,
    file,
    settings: ({ busyTimeoutMs }) => ({
      client: LibsqlClient,
      connection: { filename: file },
      useNullAsDefault: true,
      acquireConnectionTimeout: 30_000,
      pool: {
        min: 1,
        max: 1,
        afterCreate: (
          connection: { exec(sql: string): void },
          done: (error: Error | null, created: unknown) => void,
        ) => {
          try {
            connection.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
            connection.exec('pragma journal_mode = wal');
            connection.exec('pragma synchronous = normal');
            connection.exec('pragma foreign_keys = on');
            done(null, connection);
          } catch (error) {
            done(error as Error, connection);
          }
        },
      },
    }),
  };
}

/** It holds hashes and secrets: the file, and a folder made here, are their owner's alone. */
function makeFile(file: string): void {
  try {
    makeFolder(dirname(file));
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    const { message } = error as Error;
    throw new RoomlineError(
      'unavailable',
      `cannot use the SQLite file ${file}: ${message}; mend ROOMLINE_DATA or DATABASE_URL`,
      { cause: error },
    );
  }
}

function planMysql(text: string): ConnectionPlan {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = decodeURIComponent(url?.pathname.slice(1) ?? '');
  if (url === undefined || url.hostname === '' || database === '' || database.includes('/')) {
    throw new RoomlineError('invalid', 'the database URL is not of the form mysql://USER:PASSWORD@HOST:PORT/NAME');
  }
  const unknown = [...url.searchParams.keys()].filter((key) => key !== 'tls');
  if (unknown.length > 0) {
    throw new RoomlineError('invalid', `the database URL has an unknown option ${unknown[0]}; there is only tls=true`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 3306 : Number(url.port);
  const connection = {
    host,
    port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(url.searchParams.get('tls') === 'true' ? { ssl: { rejectUnauthorized: true } } : {}),
  };
  return {
    dialect: 'mysql',
    name: `database ${database} at ${url.hostname}:${port}`,
    settings: ({ maxConnections, answerTimeoutMs }) => ({
      client: answerTimeoutMs === undefined ? 'mysql2' : mysqlClient(answerTimeoutMs),
      connection,
      acquireConnectionTimeout: 10_000,
      pool: { min: 0, max: maxConnections, afterCreate: setUpMysqlSession },
    }),
  };
}

interface MysqlConnection {
  query(sql: string, done: (error: Error | null) => void): void;
}

/** READ COMMITTED takes no gap locks: fewer deadlocks between inserts that have nothing to do with each other. */
function setUpMysqlSession(
  connection: MysqlConnection,
  done: (error: Error | null, created: MysqlConnection) => void,
): void {
  const settings = [
    `time_zone = '+00:00'`,
    `sql_mode = 'TRADITIONAL'`,
    `innodb_lock_wait_timeout = ${MYSQL_LOCK_WAIT_SECONDS}`,
  ];
  connection.query(`set session ${settings.join(', ')}`, (error) => {
    if (error !== null) return done(error, connection);
    connection.query('set session transaction isolation level read committed', (failure) => done(failure, connection));
  });
}
