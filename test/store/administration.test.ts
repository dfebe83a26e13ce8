import assert from 'node:assert/strict';
import type { Administration } from '../../gateway/rooms/administration.js';
import { createDirectory } from '../../gateway/rooms/directory.js';
import { verifyPassword } from '../../gateway/rooms/passwords.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { mustFindUser } from './people.js';
import { ROOMS, toldAdministration } from './told-administration.js';

forEachDatabase('an administrator', (database) => {
  let store: Store;
  let administration: Administration;
  let told: unknown[][];

  beforeEach(async () => {
    store = await database.open();
    ({ administration, told } = toldAdministration(store));
  });

  const addUser = (name: string) => administration.createUser({ name, displayName: name.toUpperCase() });
  const addGroup = (name: string) => administration.createGroup({ name, title: name });
  const voiceServer = () =>
    createVoiceServer({
      store: store.voiceServer,
      ...ROOMS,
      limits: { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 60_000 },
    });

  describe('of users', () => {
    it('makes one who can log in, an administrator too, and changes them', async () => {
      const password = 'correct horse';
      const alice = await administration.createUser({ name: 'alice', displayName: 'Alice', admin: true, password });
      assert.deepEqual(alice, { id: alice.id, name: 'alice', displayName: 'Alice', admin: true, disabled: false });
      assert.equal(await verifyPassword(password, (await store.users.findPasswordHash('alice')) ?? ''), true);
      const changed = await administration.updateUser('alice', { displayName: 'A.', admin: false, externalId: 'x1' });
      assert.deepEqual(changed, { ...alice, displayName: 'A.', admin: false, externalId: 'x1' });
      assert.deepEqual(await administration.findUser('alice'), changed);
      assert.equal((await store.users.findByExternalId('x1'))?.id, alice.id);
      assert.equal((await store.users.findByExternalId('X1'))?.id, undefined);
      assert.deepEqual(told, []);
    });

    it('lists them by name, page by page', async () => {
      for (const name of ['carol', 'alice', 'bob']) await addUser(name);
      const first = await administration.listUsers({ limit: 2 });
      const rest = await administration.listUsers({ limit: 2, after: 'bob' });
      assert.deepEqual(
        [...first, ...rest].map(({ name }) => name),
        ['alice', 'bob', 'carol'],
      );
    });

    it('disables one, who is then found by nobody until enabled again, with what was issued before still refused', async () => {
      await administration.createUser({ name: 'alice', displayName: 'Alice', password: 'password', externalId: 'x' });
      const before = Date.now();
      const { id } = await administration.updateUser('alice', { disabled: true });
      assert.deepEqual(told, [['user.revoked', { userId: id, user: 'alice' }]]);
      assert.equal(await store.users.findByName('alice'), undefined);
      assert.equal(await store.users.findByExternalId('x'), undefined);
      assert.equal(await store.users.findPasswordHash('alice'), undefined);
      assert.equal((await store.voiceRequests.findUserIds(['alice'])).size, 0);
      await administration.updateUser('alice', { disabled: false });
      assert.ok((await mustFindUser(store, 'alice')).revokedBefore.getTime() >= before);
    });

    it('revokes what was issued to one, by hand or with another password', async () => {
      const { id } = await addUser('alice');
      await administration.revokeUser('alice');
      await administration.updateUser('alice', { password: 'another one' });
      const event = ['user.revoked', { userId: id, user: 'alice' }];
      assert.deepEqual(told, [event, event]);
    });

    it('removes one with all that is theirs, and lets their number rest', async () => {
      const { id } = await addUser('alice');
      const user = await mustFindUser(store, 'alice');
      const { number } = await voiceServer().exclusiveRoom(user);
      await addGroup('team');
      await administration.putMember('team', 'alice', 'moderator');
      await administration.removeUser('alice');
      assert.deepEqual(told, [
        ['user.revoked', { userId: id, user: 'alice' }],
        ['room.ended', { room: number, cause: 'released' }],
      ]);
      assert.equal(await administration.findUser('alice'), undefined);
      assert.equal(await store.rooms.find(number), undefined);
      assert.equal(await store.roomKeeping.countTaken(ROOMS.exclusiveNumbers), 1);
      assert.deepEqual(await administration.listMembers('team', { limit: 10 }), []);
    });

    it('is told of names and external ids in use, of bad ones, and of users who are not there', async () => {
      await administration.createUser({ name: 'alice', displayName: 'Alice', externalId: 'x' });
      await addUser('bob');
      await assert.rejects(addUser('alice'), { kind: 'conflict', code: 'user-exists' });
      await assert.rejects(administration.updateUser('bob', { externalId: 'x' }), { code: 'external-id-taken' });
      await assert.rejects(administration.createUser({ name: 'carol', displayName: 'Carol', externalId: 'x' }), {
        kind: 'conflict',
        code: 'external-id-taken',
      });
      for (const name of ['2000', 'Alice', 'a b', '', `a${'x'.repeat(64)}`, 'a\n']) {
        await assert.rejects(addUser(name), { kind: 'invalid', code: 'bad-user-name' });
      }
      const short = { name: 'dave', displayName: 'Dave', password: 'short' };
      await assert.rejects(administration.createUser(short), { kind: 'invalid', code: 'bad-password' });
      for (const work of ['revokeUser', 'removeUser'] as const) {
        await assert.rejects(administration[work]('nobody'), { kind: 'not-found', code: 'user-not-found' });
      }
      await assert.rejects(administration.updateUser('nobody', {}), { code: 'user-not-found' });
    });
  });

  describe('of groups', () => {
    it('makes, renames, lists and removes them; a removed one’s number rests', async () => {
      const group = await administration.createGroup({ name: 'sales', title: 'Sales', externalId: 's' });
      assert.deepEqual(group, { id: group.id, name: 'sales', title: 'Sales', externalId: 's', hasPin: false });
      await administration.bindNumber('sales', '2001');
      const renamed = await administration.updateGroup('sales', { name: 'Verkauf', title: 'Verkauf 💶' });
      assert.deepEqual(renamed, { ...group, name: 'Verkauf', title: 'Verkauf 💶', number: '2001' });
      assert.deepEqual(await administration.listGroups({ limit: 5 }), [renamed]);
      assert.deepEqual(await administration.findGroup('Verkauf'), renamed);
      assert.equal(await administration.findGroup('verkauf'), undefined);
      await administration.removeGroup('Verkauf');
      assert.deepEqual(told, [['room.ended', { room: '2001', cause: 'released' }]]);
      assert.equal(await store.rooms.find('2001'), undefined);
      assert.equal(await store.roomKeeping.countTaken(ROOMS.groupNumbers), 1);
    });

    it('is told of names in use and groups that are not there', async () => {
      await addGroup('a');
      await addGroup('b');
      await assert.rejects(addGroup('a'), { kind: 'conflict', code: 'group-exists' });
      await assert.rejects(administration.updateGroup('b', { name: 'a' }), { kind: 'conflict', code: 'group-exists' });
      await assert.rejects(addGroup(''), { kind: 'invalid' });
      await assert.rejects(addGroup('x'.repeat(65)), { kind: 'invalid' });
      await assert.rejects(administration.removeGroup('A'), { kind: 'not-found', code: 'group-not-found' });
      await assert.rejects(administration.bindNumber('c'), { kind: 'not-found', code: 'group-not-found' });
    });

    it('adds members, changes their roles and removes them, each told of with the room they were in', async () => {
      const alice = await addUser('alice');
      const group = await addGroup('team');
      await administration.bindNumber('team', '2001');
      const member = { userId: alice.id, user: 'alice', displayName: 'ALICE' };
      assert.deepEqual(await administration.putMember('team', 'alice', 'member'), { ...member, role: 'member' });
      assert.deepEqual(await administration.putMember('team', 'alice', 'listener'), { ...member, role: 'listener' });
      await administration.putMember('team', 'alice', 'listener');
      assert.equal((await mustFindUser(store, 'alice')).memberships[0]?.role, 'listener');
      await administration.removeMember('team', 'alice');
      assert.deepEqual(await administration.listMembers('team', { limit: 10 }), []);
      const where = { groupId: group.id, userId: alice.id, user: 'alice', room: '2001' };
      assert.deepEqual(told, [
        ['member.changed', { ...where, role: 'listener' }],
        ['member.removed', where],
      ]);
      await assert.rejects(administration.removeMember('team', 'alice'), { code: 'member-not-found' });
      await assert.rejects(administration.putMember('team', 'nobody', 'member'), { code: 'user-not-found' });
      await assert.rejects(administration.putMember('nothing', 'alice', 'member'), { code: 'group-not-found' });
    });

    it('leaves a removed member no way in by an older invitation', async () => {
      const [alice, bob] = [await addUser('alice'), await addUser('bob')];
      const group = await addGroup('team');
      await administration.bindNumber('team', '2001');
      const room = await store.rooms.find('2001');
      assert.ok(room);
      const invitees = [{ user: { id: bob.id, name: 'bob' } }];
      await store.voiceRequests.record({ asker: alice, room, invitees });
      assert.equal((await store.rooms.findFor('2001', bob.id))?.standing, 'invited');
      await administration.putMember('team', 'bob', 'member');
      await administration.removeMember('team', 'bob');
      assert.equal((await store.rooms.findFor('2001', bob.id))?.standing, undefined);
      assert.equal(room.groupId, group.id);
    });
  });

  describe('of numbers', () => {
    it('binds a free one of the range, the same that is answered ever after', async () => {
      const { id } = await addGroup('team');
      const { number = '' } = await administration.bindNumber('team');
      assert.match(number, /^20[01]\d$/);
      assert.equal(await createDirectory(store.directory, ROOMS.groupNumbers).numberOf(id), number);
      assert.equal((await administration.findGroupByNumber(number))?.name, 'team');
      assert.equal(await administration.findGroupByNumber('2999'), undefined);
    });

    it('binds a chosen one, and another later: the one before leads nowhere, and rests', async () => {
      await addGroup('team');
      await administration.bindNumber('team', '555');
      await store.pins.put('555', 'hash', new Date());
      await store.roomSettings.setAnnouncesJoins('555', true);
      const moved = await administration.bindNumber('team', '777');
      assert.deepEqual([moved.number, moved.hasPin], ['777', true]);
      assert.deepEqual(told, [['room.ended', { room: '555', cause: 'released' }]]);
      assert.equal(await store.rooms.find('555'), undefined);
      const room = await store.rooms.find('777');
      assert.deepEqual([room?.title, room?.announcesJoins], ['team', true]);
      assert.equal((await administration.bindNumber('team', '777')).number, '777');
      assert.equal(told.length, 1);
    });

    it('may choose a number that rests, though nobody is handed it', async () => {
      await addGroup('one');
      await addGroup('two');
      await administration.bindNumber('one', '2001');
      await administration.releaseNumber('one');
      assert.equal(await store.directory.bind((await addGroup('three')).id, '2001'), 'number-taken');
      assert.equal((await administration.bindNumber('two', '2001')).number, '2001');
      assert.equal(await store.roomKeeping.releaseQuarantined(new Date(Date.now() + 1e10)), 0);
      assert.equal((await store.rooms.find('2001'))?.title, 'two');
    });

    it('is told of numbers that are taken, of another kind, or none', async () => {
      await addGroup('one');
      await addGroup('two');
      await administration.bindNumber('one', '2001');
      await assert.rejects(administration.bindNumber('two', '2001'), { kind: 'conflict', code: 'number-taken' });
      await assert.rejects(administration.bindNumber('two', '150000'), { code: 'number-of-other-kind' });
      await assert.rejects(administration.bindNumber('two', '8000'), { code: 'number-of-other-kind' });
      for (const number of ['12', '1234567890123', '12a', '']) {
        await assert.rejects(administration.bindNumber('two', number), { kind: 'invalid', code: 'bad-number' });
      }
      assert.equal((await administration.findGroup('two'))?.number, undefined);
    });

    it('releases one, once', async () => {
      await addGroup('team');
      await administration.bindNumber('team', '2001');
      await administration.releaseNumber('team');
      await administration.releaseNumber('team');
      assert.deepEqual(told, [['room.ended', { room: '2001', cause: 'released' }]]);
      assert.equal((await administration.findGroup('team'))?.number, undefined);
    });

    it('says when they are used up', async () => {
      for (let index = 0; index < 20; index++) {
        await addGroup(`group ${index}`);
        await administration.bindNumber(`group ${index}`);
      }
      await addGroup('last');
      await assert.rejects(administration.bindNumber('last'), { kind: 'unavailable', code: 'numbers-exhausted' });
    });

    it('gives one number to a group that many bind and ask for at once', async () => {
      const { id } = await addGroup('team');
      const other = await database.open();
      const directory = createDirectory(other.directory, ROOMS.groupNumbers);
      const asked = Array.from({ length: 10 }, () => directory.numberOf(id));
      await Promise.all([administration.bindNumber('team', '2001'), ...asked]);
      const { number } = (await administration.findGroup('team')) ?? {};
      assert.equal(number, '2001');
    });
  });
});
