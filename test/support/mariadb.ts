import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { freePort } from './free-port.js';

const run = promisify(execFile);

const START_DEADLINE_MS = 60_000;
const SERVER_PATHS = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/local/sbin/mariadbd'];
const serverPath = SERVER_PATHS.find((path) => existsSync(path));

export const mariadbIsInstalled = serverPath !== undefined;

/** A database of its own on the run's server. */
export async function createMariadbDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await mariadb();
  const name = `roomline_${randomBytes(6).toString('hex')}`;
  await server.query(`create database ${name}`);
  return {
    url: `mysql://root@127.0.0.1:${server.port}/${name}`,
    drop: () => server.query(`drop database ${name}`),
  };
}

interface MariadbServer {
  readonly port: number;
  query(sql: string): Promise<void>;
  stop(): Promise<void>;
}

let starting: Promise<MariadbServer> | undefined;

/** The run's one MariaDB server, started when first asked for. */
export function mariadb(): Promise<MariadbServer> {
  starting ??= startMariadb();
  return starting;
}

/** Ends the run's server, if there is one. */
export async function stopMariadb(): Promise<void> {
  const server = await starting?.catch(() => undefined);
  starting = undefined;
  await server?.stop();
}

async function startMariadb(): Promise<MariadbServer> {
  if (serverPath === undefined) throw new Error(`CI needs MariaDB; looked for ${SERVER_PATHS.join(', ')}`);
  // Another process may take the port between our look and the server's bind: then once more.
  for (let tries = 1; ; tries++) {
    const folder = await mkdtemp(join(tmpdir(), 'roomline-mariadb-'));
    const user = process.getuid?.() === 0 ? ['--user=root'] : [];
    const install = ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal'];
    await run('mariadb-install-db', [...install, '--skip-test-db', ...user]);
    const port = await freePort();
    const guard = spawnGuarded(folder, [...mariadbdOptions(folder, port), ...user]);
    let said = '';
    guard.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    const server = { port, ...controls(port, guard) };
    if (await answers(server, guard)) return server;
    await server.stop();
    if (tries === 3) throw new Error(`mariadbd does not start:\n${said}`);
  }
}

function mariadbdOptions(folder: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-log-bin',
    '--innodb-buffer-pool-size=32M',
    '--innodb-flush-log-at-trx-commit=0',
    // Unlike ours on purpose: what a server's default says must not matter.
    '--character-set-server=latin1',
  ];
}

/**
 * Runs the server under a shell that ends it as soon as our end of the pipe closes, and removes its folder: so it
 * goes when the tests go, whichever way that is.
 */
const GUARD = `
  trap "" INT TERM HUP
  folder=$1; shift
  exec 3<&0 4>&2 2>/dev/null
  "$@" <&- 2>&4 3<&- 4>&- & server=$!
  (read -r _ <&3; kill -9 $server) & watch=$!
  wait $server
  kill -9 $watch
  rm -rf "$folder"`;

function spawnGuarded(folder: string, options: readonly string[]): ChildProcess {
  const guard = spawn('sh', ['-c', GUARD, 'mariadb-guard', folder, serverPath ?? '', ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  guard.stdin?.on('error', () => {});
  return guard;
}

function controls(port: number, guard: ChildProcess): Omit<MariadbServer, 'port'> {
  return {
    async query(sql) {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
      try {
        await connection.query(sql);
      } finally {
        await connection.end();
      }
    },
    async stop() {
      const ended = new Promise<void>((resolve) => {
        if (guard.exitCode !== null) resolve();
        guard.once('exit', () => resolve());
      });
      guard.stdin?.end();
      await ended;
    },
  };
}

async function answers(server: MariadbServer, guard: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && guard.exitCode === null) {
    try {
      await server.query('select 1');
      return true;
    } catch {
      await delay(100);
    }
  }
  return false;
}
