import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import Libsql from 'libsql';
import { RoomlineError } from '../errors.js';
import type { ConnectionPlan } from './connection.js';

const LONGEST_WAIT_SECONDS = 60;
const RETRY_MS = 50;

/**
 * Runs `work` while no other gateway does. Neither lock outlives its holder: MySQL's belongs to a connection,
 * SQLite's is the operating system's, on an empty file beside the database.
 */
export function withMigrationLock(plan: ConnectionPlan, queries: Knex, work: () => Promise<void>): Promise<void> {
  return plan.file === undefined ? withMysqlLock(plan, queries, work) : withFileLock(plan, `${plan.file}.lock`, work);
}

async function withFileLock(plan: ConnectionPlan, file: string, work: () => Promise<void>): Promise<void> {
  const lock = new Libsql(file);
  try {
    const deadline = Date.now() + LONGEST_WAIT_SECONDS * 1000;
    while (!tryLock(lock)) {
      if (Date.now() > deadline) throw stillLocked(plan);
      await delay(RETRY_MS);
    }
    await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: Libsql.Database): boolean {
  try {
    lock.exec('begin exclusive');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return false;
    throw error;
  }
}

async function withMysqlLock(plan: ConnectionPlan, queries: Knex, work: () => Promise<void>): Promise<void> {
  // The transaction only pins the connection the lock belongs to.
  await queries.transaction(async (pinned) => {
    const name = `concat('roomline-', md5(database()))`;
    const [rows]: { held: number }[][] = await pinned.raw(`select get_lock(${name}, ${LONGEST_WAIT_SECONDS}) as held`);
    if (rows?.[0]?.held !== 1) throw stillLocked(plan);
    try {
      await work();
    } finally {
      await pinned.raw(`select release_lock(${name})`);
    }
  });
}

function stillLocked(plan: ConnectionPlan): RoomlineError {
  return new RoomlineError(
    'unavailable',
    `another gateway has been migrating the ${plan.name} for ${LONGEST_WAIT_SECONDS} seconds: wait for it, then start again`,
    { code: 'migration-locked' },
  );
}
