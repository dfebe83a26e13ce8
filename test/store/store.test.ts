import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createDirectory } from '../../gateway/rooms/directory.js';
import { verifyPassword } from '../../gateway/rooms/passwords.js';
import { demoPassword, seedDemo } from '../../gateway/store/demo.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';

const RANGE = { from: 2000, to: 2999 };

async function addGroup(store: Store, name: string): Promise<string> {
  return store.transaction((unit) => unit.createGroup({ name, title: name }));
}

async function addUser(store: Store, name: string): Promise<string> {
  return store.transaction((unit) => unit.createUser({ name, displayName: name, passwordHash: null }));
}

forEachDatabase('the directory store', (database) => {
  it('gives one number to fifty who ask at once for one group, on two gateways', async () => {
    const stores = [await database.open(), await database.open()];
    const groupId = await addGroup(stores[0] as Store, 'engineering');
    const directories = stores.map((store) => createDirectory(store.directory, RANGE));
    const asked = Array.from({ length: 50 }, (_, index) => directories[index % 2]?.numberOf(groupId));
    const numbers = new Set(await Promise.all(asked));
    assert.equal(numbers.size, 1);
    assert.match([...numbers][0] ?? '', /^2\d{3}$/);
    assert.equal(await stores[1]?.directory.findNumber(groupId), [...numbers][0]);
  });

  it('gives each of forty groups a number of its own out of forty, all asking at once on two gateways', async () => {
    const stores = [await database.open(), await database.open()];
    const ids: string[] = [];
    for (let index = 0; index < 40; index++) ids.push(await addGroup(stores[0] as Store, `group-${index}`));
    const directories = stores.map((store) => createDirectory(store.directory, { from: 300, to: 339 }));
    const numbers = await Promise.all(ids.map((id, index) => directories[index % 2]?.numberOf(id)));
    assert.equal(new Set(numbers).size, 40);
  });

  it('refuses a number that another group has', async () => {
    const store = await database.open();
    const first = await addGroup(store, 'first');
    const second = await addGroup(store, 'second');
    assert.equal(await store.directory.bind(first, '2000'), 'bound');
    assert.equal(await store.directory.bind(second, '2000'), 'number-taken');
    assert.equal(await store.directory.bind(first, '2001'), 'group-bound');
    assert.equal(await store.directory.findNumber(second), undefined);
  });

  it('says that numbers are exhausted when every one is taken', async () => {
    const store = await database.open();
    const directory = createDirectory(store.directory, { from: 200, to: 201 });
    for (const name of ['a', 'b']) await directory.numberOf(await addGroup(store, name));
    const third = await addGroup(store, 'c');
    await assert.rejects(directory.numberOf(third), { kind: 'unavailable', code: 'numbers-exhausted' });
  });

  it('finds the room of a number, with its group and title', async () => {
    const store = await database.open();
    const groupId = await store.transaction((unit) => unit.createGroup({ name: 'sales', title: 'Sales 💬' }));
    await store.directory.bind(groupId, '2468');
    assert.deepEqual(await store.rooms.find('2468'), {
      number: '2468',
      kind: 'group',
      title: 'Sales 💬',
      groupId,
      hasPin: false,
    });
    assert.equal(await store.rooms.find('2469'), undefined);
  });

  it('refuses to bind a group that is gone', async () => {
    const store = await database.open();
    await assert.rejects(store.directory.bind(randomUUID(), '2000'), { kind: 'not-found' });
  });
});

forEachDatabase('users and groups', (database) => {
  it('compares names exactly: case, accents and blanks at the end count', async () => {
    const store = await database.open();
    for (const name of ['Team', 'team', 'tèam', 'team ', 'te\u0301am', '👍', '👎']) await addGroup(store, name);
    assert.equal(await store.groups.exists('team'), true);
    assert.equal(await store.groups.exists('tèam '), false);
    assert.equal(await store.groups.exists('TEAM'), false);
    await addUser(store, 'alice');
    assert.equal(await store.users.findByName('Alice'), undefined);
    assert.equal(await store.users.findByName('alice '), undefined);
    assert.equal((await store.users.findByName('alice'))?.name, 'alice');
  });

  it('takes SQL in a name for a name', async () => {
    const store = await database.open();
    await addUser(store, 'alice');
    assert.equal(await store.users.findByName(`alice' or '1'='1`), undefined);
    assert.equal(await store.groups.exists(`x'; drop table users; --`), false);
    assert.equal((await store.users.findByName('alice'))?.name, 'alice');
  });

  it('finds a user with all memberships, and the numbers of those groups that have one', async () => {
    const store = await database.open();
    const userId = await addUser(store, 'dave');
    const [sales, engineering] = [await addGroup(store, 'sales'), await addGroup(store, 'engineering')];
    await store.transaction(async (unit) => {
      await unit.addMember({ groupId: sales, userId, role: 'moderator' });
      await unit.addMember({ groupId: engineering, userId, role: 'member' });
    });
    await store.directory.bind(sales, '2222');
    assert.deepEqual(await store.users.findByName('dave'), {
      id: userId,
      name: 'dave',
      displayName: 'dave',
      admin: false,
      revokedBefore: new Date(0),
      memberships: [
        { groupId: engineering, group: 'engineering', title: 'engineering', role: 'member', hasPin: false },
        { groupId: sales, group: 'sales', title: 'sales', role: 'moderator', hasPin: false, number: '2222' },
      ],
    });
  });

  it('finds a user of no group', async () => {
    const store = await database.open();
    await addUser(store, 'erin');
    assert.deepEqual((await store.users.findByName('erin'))?.memberships, []);
  });

  it('refuses a second user or group of the same name, a second membership, and names that are numbers', async () => {
    const store = await database.open();
    const userId = await addUser(store, 'alice');
    const groupId = await addGroup(store, 'team');
    const join = () => store.transaction((unit) => unit.addMember({ groupId, userId, role: 'member' }));
    await join();
    await assert.rejects(addUser(store, 'alice'), { kind: 'conflict', code: 'user-exists' });
    await assert.rejects(addGroup(store, 'team'), { kind: 'conflict', code: 'group-exists' });
    await assert.rejects(join(), { kind: 'conflict', code: 'member-exists' });
    await assert.rejects(addUser(store, '2000'), { kind: 'invalid', code: 'bad-user-name' });
  });

  it('writes all of a transaction or nothing of it', async () => {
    const store = await database.open();
    const failing = store.transaction(async (unit) => {
      await unit.createUser({ name: 'alice', displayName: 'Alice', passwordHash: null });
      await unit.addMember({ groupId: randomUUID(), userId: randomUUID(), role: 'member' });
    });
    await assert.rejects(failing, { kind: 'not-found' });
    assert.equal(await store.users.findByName('alice'), undefined);
    assert.equal(await store.hasUsers(), false);
  });

  it('keeps only the HA1 of a SIP secret, and replaces it', async () => {
    const store = await database.open();
    const userId = await addUser(store, 'alice');
    const account = { userId, userName: 'alice', realm: 'roomline', algorithm: 'MD5' } as const;
    await store.transaction((unit) => unit.putSipAccount({ ...account, secret: 'first' }));
    await store.transaction((unit) => unit.putSipAccount({ ...account, secret: 'alice-demo' }));
    assert.deepEqual(
      { ...(await store.sipAccounts.findByUserName('alice')) },
      // printf 'alice:roomline:alice-demo' | md5sum
      { userName: 'alice', algorithm: 'MD5', ha1: 'e34fb4b326bfc2f4f37131172adf907a' },
    );
    assert.equal(await store.sipAccounts.findByUserName('bob'), undefined);
  });
});

forEachDatabase('shared secrets', (database) => {
  it('are made once, even when two gateways ask at the same time', async () => {
    const stores = [await database.open(), await database.open()];
    const asked = Array.from({ length: 20 }, (_, index) => stores[index % 2]?.secret('login-token'));
    const secrets = new Set((await Promise.all(asked)).map((secret) => secret?.toString('hex')));
    assert.equal(secrets.size, 1);
    assert.ok([...secrets].every((secret) => (secret?.length ?? 0) >= 64));
  });

  it('differ by name', async () => {
    const store = await database.open();
    assert.notDeepEqual(await store.secret('login-token'), await store.secret('softphone-credentials'));
  });
});

forEachDatabase('the demo', (database) => {
  it('is there once, with its users, groups and passwords, however many gateways seed it at once', async () => {
    const stores = [await database.open(), await database.open()];
    const seeded = await Promise.all(stores.map((store) => seedDemo(store, { realm: 'roomline' })));
    assert.equal(seeded.filter(Boolean).length, 1);
    const [store] = stores as [Store, Store];
    assert.equal(await seedDemo(store, { realm: 'roomline' }), false);

    const roles: Record<string, string[]> = {};
    for (const name of ['alice', 'bob', 'carol', 'dave', 'erin']) {
      const user = await store.users.findByName(name);
      roles[name] = (user?.memberships ?? []).map(({ title, role }) => `${title} ${role}`);
      const hash = (await store.users.findPasswordHash(name)) ?? '';
      assert.equal(await verifyPassword(demoPassword(name), hash), true, name);
      assert.match((await store.sipAccounts.findByUserName(name))?.ha1 ?? '', /^[0-9a-f]{32}$/);
    }
    assert.deepEqual(roles, {
      alice: ['Engineering moderator'],
      bob: ['Engineering member'],
      carol: ['Engineering member'],
      dave: ['Engineering member', 'Sales moderator'],
      erin: ['Sales member'],
    });
  });

  it('leaves a database that has users as it is', async () => {
    const store = await database.open();
    await addUser(store, 'zoe');
    assert.equal(await seedDemo(store, { realm: 'roomline' }), false);
    assert.equal(await store.users.findByName('alice'), undefined);
  });
});
