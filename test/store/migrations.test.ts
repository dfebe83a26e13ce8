import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import knex, { type Knex } from 'knex';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { planConnection } from '../../gateway/store/connection.js';
import { migrate } from '../../gateway/store/migrations.js';
import { openStore } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { silentLog } from '../support/silent-log.js';

const ONE_POOL = { maxConnections: 2, busyTimeoutMs: 1000 };

forEachDatabase('migrations', (database) => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roomline-sql-'));
    await cp(join(PACKAGE_ROOT, 'sql'), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const plan = () => planConnection(database.url, tmpdir());

  async function withQueries<T>(work: (queries: Knex) => Promise<T>): Promise<T> {
    const queries = knex(plan().settings(ONE_POOL));
    try {
      return await work(queries);
    } finally {
      await queries.destroy();
    }
  }

  it('run once, however many gateways start at the same time, and leave what is there', async () => {
    const stores = await Promise.all([database.open(), database.open(), database.open()]);
    await stores[0]?.transaction((unit) => unit.createGroup({ name: 'team', title: 'Team' }));
    const next = await database.open();
    assert.equal(await next.groups.exists('team'), true);
    const names = await withQueries((queries) => queries('migrations').orderBy('id').pluck('name'));
    assert.deepEqual(names, [...new Set(names)].sort());
    assert.equal(names[0], '001-users.sql');
  });

  it('that fail stop the start, say which and what to do, and run once mended', async () => {
    const broken = join(folder, '900-broken.sql');
    await writeFile(broken, 'create table broken (id integer primary key, oops oops oops) strange');
    await writeFile(join(folder, '901-after.sql'), 'create table after_it (id integer primary key)');
    await assert.rejects(migrate(plan(), silentLog, folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'migration-failed');
      assert.match(error.message, /sql\/900-broken\.sql failed.*mend the cause, then start again/);
      return true;
    });
    assert.equal(await withQueries((queries) => queries.schema.hasTable('after_it')), false);
    await writeFile(broken, 'create table broken (id integer primary key)');
    await migrate(plan(), silentLog, folder);
    assert.equal(await withQueries((queries) => queries.schema.hasTable('after_it')), true);
  });

  it('of a newer version keep an older one from starting, and say so', async () => {
    await writeFile(join(folder, '900-newer.sql'), 'create table newer (id integer primary key)');
    await migrate(plan(), silentLog, folder);
    await assert.rejects(database.open(), { code: 'database-newer', message: /made by a newer Roomline.*900-newer/ });
  });

  // SQLite rolls statement and note back together, so there it cannot happen.
  const onMysql = database.dialect === 'mysql' ? it : () => undefined;
  onMysql('go on after a gateway died between a statement and the note that it ran', async () => {
    await migrate(plan(), silentLog, folder);
    await withQueries(async (queries) => {
      await queries('migrations').whereIn('name', ['007-contact-bindings-expiry.sql', '008-secrets.sql']).delete();
      await queries('migrations_lock').update({ is_locked: 1 });
    });
    await migrate(plan(), silentLog, folder);
    assert.equal((await (await database.open()).secret('login-token')).length > 0, true);
  });

  it('take no table of another program for their own', async () => {
    await withQueries((queries) => queries.raw('create table users (login varchar(10) primary key)'));
    await assert.rejects(database.open(), { code: 'migration-failed', message: /001-users\.sql/ });
  });
});

forEachDatabase('every query of the gateway', (database) => {
  it('finds its rows by an index', async () => {
    const store = await database.open();
    await store.close();
    const queries = knex(planConnection(database.url, tmpdir()).settings(ONE_POOL));
    try {
      for (const [table, column] of [
        ['users', 'name'],
        ['user_groups', 'name'],
        ['users', 'external_id'],
        ['user_groups', 'external_id'],
        ['group_members', 'user_id'],
        ['group_members', 'group_id'],
        ['rooms', 'number'],
        ['rooms', 'group_id'],
        ['rooms', 'free_at_ms'],
        ['temporary_rooms', 'number'],
        ['temporary_rooms', 'team'],
        ['temporary_rooms', 'seen_at_ms'],
        ['temporary_rooms', 'expires_at_ms'],
        ['exclusive_rooms', 'number'],
        ['exclusive_rooms', 'owner_id'],
        ['room_standings', 'number'],
        ['room_standings', 'user_id'],
        ['invitations', 'id'],
        ['invitations', 'number'],
        ['invitations', 'inviter_id'],
        ['invitations', 'user_id'],
        ['invitations', 'state'],
        ['invitations', 'unfinished_for'],
        ['merged_invitations', 'request_id'],
        ['merged_invitations', 'invitation_id'],
        ['idempotency_keys', 'asker_id'],
        ['idempotency_keys', 'number'],
        ['idempotency_keys', 'created_at_ms'],
        ['api_keys', 'key_hash'],
        ['voice_servers', 'id'],
        ['sip_accounts', 'user_id'],
        ['contact_bindings', 'user_id'],
        ['contact_bindings', 'expires_at_ms'],
        ['secrets', 'name'],
        ['outside_calls', 'user_id'],
        ['outside_calls', 'placed_at_ms'],
      ]) {
        assert.ok(await isIndexed(queries, table ?? '', column ?? ''), `${table}.${column}`);
      }
    } finally {
      await queries.destroy();
    }
  });

  async function isIndexed(queries: Knex, table: string, column: string): Promise<boolean> {
    if (database.dialect === 'sqlite') {
      const plan = (await queries.raw(`explain query plan select 1 from ${table} where ${column} > 'x'`)) as {
        detail: string;
      }[];
      return plan.every(({ detail }) => detail.startsWith('SEARCH'));
    }
    const [rows] = (await queries.raw(`show index from ${table}`)) as [{ Column_name: string; Seq_in_index: number }[]];
    return rows.some((row) => row.Column_name === column && row.Seq_in_index === 1);
  }
});

describe('opening a store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roomline-open-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (url: string | null) =>
    openStore({ url, dataDir: join(folder, 'deep', 'data'), maxConnections: 2, log: silentLog });

  it('makes the data folder and the file in it', async () => {
    const store = await open(null);
    await store.ping();
    await store.close();
    const again = await open(`sqlite:${join(folder, 'deep', 'data', 'roomline.sqlite')}`);
    assert.equal(await again.hasUsers(), false);
    await again.close();
  });

  it('makes a file that nobody else may read, in whatever folder', async () => {
    const file = join(folder, 'hashes.sqlite');
    const store = await open(`sqlite:${file}`);
    await store.close();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('says which folder it cannot make', async () => {
    await writeFile(join(folder, 'text'), '');
    const message = /cannot use the SQLite file .*text\/data\/x: .*ROOMLINE_DATA/;
    await assert.rejects(open(`sqlite:${join(folder, 'text', 'data', 'x')}`), { kind: 'unavailable', message });
  });

  it('says so where the place takes no folder', async () => {
    const message = /cannot use the SQLite file \/proc\/x\/y\/roomline\.sqlite: ENOENT.*ROOMLINE_DATA/;
    const options = { url: null, dataDir: '/proc/x/y', maxConnections: 2, log: silentLog };
    await assert.rejects(openStore(options), { kind: 'unavailable', message });
  });

  it('says which file it cannot use', async () => {
    await writeFile(join(folder, 'text'), 'this is no database, and long enough to be seen as none'.repeat(50));
    await assert.rejects(open(`sqlite:${join(folder, 'text')}`), { kind: 'unavailable', message: /cannot use.*text/ });
    await assert.rejects(open(`sqlite:${folder}`), { kind: 'unavailable', message: /cannot use/ });
  });

  it('writes nothing to the console when it cannot connect', async () => {
    const write = mock.method(console, 'log');
    try {
      await assert.rejects(open('mysql://root:hush@127.0.0.1:1/roomline'));
      assert.equal(write.mock.callCount(), 0);
    } finally {
      write.mock.restore();
    }
  });

  it('says where no server answers, and never the password', async () => {
    await assert.rejects(open('mysql://root:hush@127.0.0.1:1/roomline'), (error: Error) => {
      assert.match(error.message, /database roomline at 127\.0\.0\.1:1: nothing answers there.*DATABASE_URL/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  });

  for (const url of ['postgres://localhost/x', 'mysql://localhost', 'mysql://root@localhost/x?ssl=1']) {
    it(`refuses ${url}`, async () => {
      await assert.rejects(open(url), { kind: 'invalid' });
    });
  }
});

forEachDatabase('a store', (database) => {
  // A SQLite file that is not there is made.
  const onMysql = database.dialect === 'mysql' ? it : () => undefined;
  onMysql('says so when its database is not there', async () => {
    const url = `${database.url}_missing`;
    await assert.rejects(openStore({ url, dataDir: tmpdir(), maxConnections: 2, log: silentLog }), {
      kind: 'unavailable',
      message: /no such database; make it with CREATE DATABASE/,
    });
  });

  it('answers pings until it is closed', async () => {
    const store = await database.open();
    await store.ping();
    await store.close();
    await assert.rejects(store.ping());
  });
});
