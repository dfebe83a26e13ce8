import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../gateway/store/store.js';
import { createMariadbDatabase, mariadbIsInstalled, stopMariadb } from './mariadb.js';
import { silentLog } from './silent-log.js';

export { mariadb } from './mariadb.js';

/** An empty database of its own for each test. */
export interface TestDatabase {
  readonly dialect: 'sqlite' | 'mysql';
  /** What `DATABASE_URL` would hold. */
  readonly url: string;
  /** Opens one more store on it; closed after the test, if the test has not. */
  open(options?: { maxConnections?: number }): Promise<Store>;
}

interface DatabaseKind {
  readonly name: string;
  readonly dialect: TestDatabase['dialect'];
  readonly missing: boolean;
  create(): Promise<{ url: string; drop(): Promise<void> }>;
}

const START_DEADLINE_MS = 60_000;

const KINDS: readonly DatabaseKind[] = [
  { name: 'SQLite', dialect: 'sqlite', missing: false, create: createSqliteDatabase },
  { name: 'MariaDB', dialect: 'mysql', missing: !mariadbIsInstalled, create: createMariadbDatabase },
];

/**
 * Runs the same tests against SQLite and a real MariaDB server, started once for a process. Where there is
 * no server the tests are skipped by name, except in CI, where it must be there.
 */
export function forEachDatabase(name: string, tests: (database: TestDatabase) => void): void {
  for (const kind of KINDS) {
    if (kind.missing && process.env.CI !== 'true') {
      describe.skip(`${name}, on ${kind.name} (skipped: mariadbd is not installed)`, () => {});
      continue;
    }
    describe(`${name}, on ${kind.name}`, function () {
      this.timeout(120_000);
      tests(databaseOfEachTest(kind));
    });
  }
}

/** For tests that need a store and not the choice of database. */
export function sqliteDatabase(): TestDatabase {
  return databaseOfEachTest(KINDS[0] as DatabaseKind);
}

function databaseOfEachTest(kind: DatabaseKind): TestDatabase {
  const stores: Store[] = [];
  let current: { url: string; drop(): Promise<void> } | undefined;

  beforeEach(async function () {
    this.timeout(START_DEADLINE_MS + 30_000);
    current = await kind.create();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await current?.drop();
    current = undefined;
  });

  const url = () => {
    if (current === undefined) throw new Error('a test database lives only while its test runs');
    return current.url;
  };
  return {
    dialect: kind.dialect,
    get url() {
      return url();
    },
    async open({ maxConnections = 8 } = {}) {
      const store = await openStore({ url: url(), dataDir: tmpdir(), maxConnections, log: silentLog });
      stores.push(store);
      return store;
    },
  };
}

async function createSqliteDatabase() {
  const folder = await mkdtemp(join(tmpdir(), 'roomline-sqlite-'));
  return {
    url: `sqlite:${join(folder, 'test.sqlite')}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

// Registered with mocha's root suite, since this module is loaded outside of any other.
after(async function () {
  this.timeout(60_000);
  await stopMariadb();
});
