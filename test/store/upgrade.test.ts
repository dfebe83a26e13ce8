import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import { planConnection } from '../../gateway/store/connection.js';
import { migrate } from '../../gateway/store/migrations.js';
import { forEachDatabase } from '../support/databases.js';
import { silentLog } from '../support/silent-log.js';
import { mustFindUser } from './people.js';

/** The newest migration of the version that knew groups alone. */
const GROUPS_ALONE = 8;
/** The newest of the version whose invitations let people in for a day. */
const ENTRANTS_WITH_A_TIME = 39;

forEachDatabase('a database of an earlier version', (database) => {
  let folder: string;
  let queries: Knex;
  const ids = { alice: randomUUID(), bob: randomUUID(), crew: randomUUID() };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roomline-old-'));
    const plan = planConnection(database.url, tmpdir());
    queries = knex(plan.settings({ maxConnections: 2, busyTimeoutMs: 1000 }));
  });
  afterEach(async () => {
    await queries.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const plan = () => planConnection(database.url, tmpdir());

  async function migrateTo(last: number): Promise<void> {
    for (const file of await readdir(join(PACKAGE_ROOT, 'sql'))) {
      if (Number(file.slice(0, 3)) <= last) await cp(join(PACKAGE_ROOT, 'sql', file), join(folder, file));
    }
    await migrate(plan(), silentLog, folder);
  }

  async function writeOldRows(): Promise<void> {
    const created_at_ms = Date.now();
    for (const name of ['alice', 'bob'] as const) {
      await queries('users').insert({
        id: ids[name],
        name,
        display_name: `${name} ä👍`,
        password_hash: `hash of ${name}`,
        created_at_ms,
      });
    }
    await queries('user_groups').insert({ id: ids.crew, name: 'crew', title: 'Crew', created_at_ms });
    await queries('memberships').insert([
      { user_id: ids.alice, group_id: ids.crew, role: 'moderator' },
      { user_id: ids.bob, group_id: ids.crew, role: 'member' },
    ]);
    await queries('rooms').insert({ number: '2345', kind: 'group', group_id: ids.crew, created_at_ms });
    await queries('sip_accounts').insert({ user_id: ids.alice, algorithm: 'MD5', ha1: 'a'.repeat(32) });
    await queries('secrets').insert({ name: 'login-token', value: 'ab'.repeat(48), created_at_ms });
  }

  it('comes up to date with all that is in it', async () => {
    await migrateTo(GROUPS_ALONE);
    await writeOldRows();
    const store = await database.open();
    const alice = await mustFindUser(store, 'alice');
    assert.deepEqual(alice, {
      id: ids.alice,
      name: 'alice',
      displayName: 'alice ä👍',
      admin: false,
      revokedBefore: new Date(0),
      memberships: [
        { groupId: ids.crew, group: 'crew', title: 'Crew', role: 'moderator', hasPin: false, number: '2345' },
      ],
    });
    assert.equal((await mustFindUser(store, 'bob')).memberships[0]?.role, 'member');
    assert.equal(await store.users.findPasswordHash('bob'), 'hash of bob');
    assert.equal((await store.sipAccounts.findByUserName('alice'))?.ha1, 'a'.repeat(32));
    assert.equal((await store.secret('login-token')).toString('hex'), 'ab'.repeat(48));
    assert.deepEqual(await store.rooms.find('2345'), {
      number: '2345',
      kind: 'group',
      title: 'Crew',
      groupId: ids.crew,
      hasPin: false,
    });
    assert.equal(await queries.schema.hasTable('memberships'), false);
  });

  it('does from every migration on, one after the other, and works then as one made anew', async () => {
    await migrateTo(GROUPS_ALONE);
    await writeOldRows();
    const newest = (await readdir(join(PACKAGE_ROOT, 'sql'))).length;
    for (let version = GROUPS_ALONE + 1; version <= newest; version++) await migrateTo(version);
    const store = await database.open();
    await store.administration.putMember('crew', 'bob', 'listener');
    assert.equal((await mustFindUser(store, 'bob')).memberships[0]?.role, 'listener');
    const voiceServer = createVoiceServer({
      store: store.voiceServer,
      temporaryNumbers: { from: 2345, to: 2354 },
      exclusiveNumbers: { from: 800, to: 899 },
      limits: { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 60_000 },
    });
    const alice = await mustFindUser(store, 'alice');
    for (let team = 0; team < 9; team++) {
      assert.notEqual((await voiceServer.temporaryRoom(alice, `${team}`)).number, '2345');
    }
    await assert.rejects(voiceServer.temporaryRoom(alice, 'one more'), { code: 'numbers-exhausted' });
  });

  it('lets those in who were invited, for good, where the invitation can still be cancelled', async () => {
    await migrateTo(ENTRANTS_WITH_A_TIME);
    const created_at_ms = Date.now();
    const carol = randomUUID();
    for (const [name, id] of [
      ['alice', ids.alice],
      ['bob', ids.bob],
      ['carol', carol],
    ] as const) {
      await queries('users').insert({ id, name, display_name: name, created_at_ms });
    }
    await queries('rooms').insert({ number: '800', kind: 'exclusive', created_at_ms });
    await queries('exclusive_rooms').insert({ number: '800', owner_id: ids.alice });
    await queries('rooms').insert({ number: '100', kind: 'temporary', created_at_ms });
    for (const [number, user_id, standing, until_ms] of [
      ['800', ids.bob, 'invited', 1],
      ['800', carol, 'invited', 1],
      ['100', carol, 'asked', null],
    ] as const) {
      await queries('room_entrants').insert({ number, user_id, standing, until_ms });
    }
    await queries('invitations').insert({
      id: randomUUID(),
      request_id: randomUUID(),
      position: 0,
      number: '800',
      inviter_id: ids.alice,
      user_id: ids.bob,
      state: 'busy',
      tries: 1,
      created_at_ms,
      updated_at_ms: created_at_ms,
    });
    const store = await database.open();
    const standing = async (number: string, id: string) => (await store.rooms.findFor(number, id))?.standing;
    assert.equal(await standing('800', ids.bob), 'invited');
    assert.equal(await standing('800', carol), undefined);
    assert.equal(await standing('100', carol), 'asked');
    assert.equal(await queries.schema.hasTable('room_entrants'), false);
  });

  // SQLite rolls statement and note back together, so there it cannot happen.
  const onMysql = database.dialect === 'mysql' ? it : () => undefined;
  onMysql('goes on wherever a gateway died between a statement and the note that it ran', async () => {
    await migrateTo(GROUPS_ALONE);
    await writeOldRows();
    const files = (await readdir(join(PACKAGE_ROOT, 'sql'))).sort();
    for (const [index, file] of files.entries()) {
      if (index < GROUPS_ALONE) continue;
      await migrateTo(index + 1);
      await queries('migrations').where('name', file).delete();
      await queries('migrations_lock').update({ is_locked: 1 });
    }
    const store = await database.open();
    assert.equal((await mustFindUser(store, 'alice')).memberships[0]?.number, '2345');
    assert.equal((await mustFindUser(store, 'bob')).memberships.length, 1);
  });
});
