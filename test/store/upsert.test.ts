import assert from 'node:assert/strict';
import type { Administration, HostDirectory } from '../../gateway/rooms/administration.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { mustFindUser } from './people.js';
import { toldAdministration } from './told-administration.js';

const ANN = { externalId: 'u-1', name: 'ann', displayName: 'Ann' };
const BEN = { externalId: 'u-2', name: 'ben', displayName: 'Ben' };
const CREW = { externalId: 'g-1', name: 'crew', title: 'Crew' };

forEachDatabase('a host application', (database) => {
  let store: Store;
  let administration: Administration;
  let told: unknown[][];

  beforeEach(async () => {
    store = await database.open();
    ({ administration, told } = toldAdministration(store));
  });

  const members = async (group = 'crew') =>
    (await administration.listMembers(group, { limit: 100 })).map(({ user, role }) => `${user} ${role}`);
  const everything: HostDirectory = {
    users: [ANN, BEN],
    groups: [
      {
        ...CREW,
        members: [
          { user: 'u-1', role: 'moderator' },
          { user: 'u-2', role: 'listener' },
        ],
      },
    ],
  };

  it('sends its users and groups, and the same again changes nothing', async () => {
    assert.deepEqual(await administration.upsert(everything), {
      users: { created: 2, updated: 0, disabled: 0 },
      groups: { created: 1, updated: 0, removed: 0 },
      members: { added: 2, changed: 0, removed: 0 },
    });
    assert.deepEqual(await members(), ['ann moderator', 'ben listener']);
    assert.equal((await store.users.findByExternalId('u-1'))?.name, 'ann');
    assert.deepEqual(await administration.upsert(everything), {
      users: { created: 0, updated: 0, disabled: 0 },
      groups: { created: 0, updated: 0, removed: 0 },
      members: { added: 0, changed: 0, removed: 0 },
    });
    assert.deepEqual(told, []);
  });

  it('takes members out by leaving them out, and changes roles, each told of', async () => {
    await administration.upsert(everything);
    await administration.bindNumber('crew', '2001');
    const [ann, ben] = [await mustFindUser(store, 'ann'), await mustFindUser(store, 'ben')];
    const outcome = await administration.upsert({
      users: [],
      groups: [{ ...CREW, title: 'The crew', members: [{ user: 'u-2', role: 'member' }] }],
    });
    assert.deepEqual(outcome.members, { added: 0, changed: 1, removed: 1 });
    assert.deepEqual(outcome.groups, { created: 0, updated: 1, removed: 0 });
    assert.deepEqual(await members(), ['ben member']);
    const groupId = (await administration.findGroup('crew'))?.id;
    assert.deepEqual(told, [
      ['member.removed', { groupId, userId: ann.id, user: 'ann', room: '2001' }],
      ['member.changed', { groupId, userId: ben.id, user: 'ben', role: 'member', room: '2001' }],
    ]);
  });

  it('leaves members as they are where it sends none, and takes all out where it sends an empty list', async () => {
    await administration.upsert(everything);
    await administration.upsert({ users: [], groups: [CREW] });
    assert.equal((await members()).length, 2);
    await administration.upsert({ users: [], groups: [{ ...CREW, members: [] }] });
    assert.deepEqual(await members(), []);
  });

  it('disables users and brings them back, memberships and all', async () => {
    await administration.upsert(everything);
    const { id } = await mustFindUser(store, 'ann');
    const outcome = await administration.upsert({ users: [{ ...ANN, disabled: true }], groups: [] });
    assert.deepEqual(outcome.users, { created: 0, updated: 0, disabled: 1 });
    assert.deepEqual(told, [['user.revoked', { userId: id, user: 'ann' }]]);
    assert.equal(await store.users.findByName('ann'), undefined);
    assert.deepEqual(await store.groups.memberNames((await administration.findGroup('crew'))?.id ?? ''), ['ben']);
    await administration.upsert({ users: [ANN], groups: [] });
    assert.equal((await mustFindUser(store, 'ann')).memberships.length, 1);
  });

  it('renames users and groups, also in a circle', async () => {
    await administration.upsert(everything);
    const { id } = await mustFindUser(store, 'ann');
    await administration.upsert({
      users: [
        { ...ANN, name: 'ben' },
        { ...BEN, name: 'ann' },
      ],
      groups: [
        { ...CREW, name: 'other' },
        { externalId: 'g-2', name: 'crew', title: 'New crew' },
      ],
    });
    assert.equal((await mustFindUser(store, 'ben')).id, id);
    assert.deepEqual(await members('other'), ['ann listener', 'ben moderator']);
    assert.deepEqual(await members('crew'), []);
    assert.deepEqual(
      told.map(([name]) => name),
      ['user.revoked', 'user.revoked'],
    );
  });

  it('removes groups with their numbers, and sends others of the name at once', async () => {
    await administration.upsert(everything);
    await administration.bindNumber('crew', '2001');
    const outcome = await administration.upsert({
      users: [],
      groups: [
        { ...CREW, removed: true },
        { externalId: 'g-2', name: 'crew', title: 'Crew' },
      ],
    });
    assert.deepEqual(outcome.groups, { created: 1, updated: 0, removed: 1 });
    assert.deepEqual(told, [['room.ended', { room: '2001', cause: 'released' }]]);
    assert.equal((await administration.findGroup('crew'))?.externalId, 'g-2');
    assert.deepEqual(await administration.upsert({ users: [], groups: [{ ...CREW, removed: true }] }), {
      users: { created: 0, updated: 0, disabled: 0 },
      groups: { created: 0, updated: 0, removed: 0 },
      members: { added: 0, changed: 0, removed: 0 },
    });
  });

  it('never takes over a user or group that is not its own, and is told whose name it is', async () => {
    await administration.createUser({ name: 'root', displayName: 'Root', admin: true });
    const mine = { users: [ANN, { externalId: 'u-9', name: 'root', displayName: 'Not root' }], groups: [CREW] };
    await assert.rejects(administration.upsert(mine), {
      kind: 'conflict',
      code: 'name-taken',
      message: 'there is another user root: rename it, or give it the external id u-9',
    });
    assert.equal(await store.users.findByName('ann'), undefined);
    assert.equal(await administration.findGroup('crew'), undefined);
    await administration.updateUser('root', { externalId: 'u-9' });
    await administration.upsert(mine);
    assert.equal((await mustFindUser(store, 'root')).displayName, 'Not root');
  });

  it('is refused whole for a member nobody knows, and for whatever is named twice', async () => {
    const groups = [{ ...CREW, members: [{ user: 'u-404', role: 'member' as const }] }];
    await assert.rejects(administration.upsert({ users: [ANN], groups }), {
      kind: 'invalid',
      code: 'unknown-member',
      details: { unknown: ['u-404'] },
    });
    for (const directory of [
      { users: [ANN, { ...BEN, externalId: 'u-1' }], groups: [] },
      { users: [ANN, { ...BEN, name: 'ann' }], groups: [] },
      { users: [], groups: [CREW, { ...CREW, name: 'other' }] },
      { users: [], groups: [CREW, { ...CREW, externalId: 'g-2' }] },
      {
        users: [ANN],
        groups: [
          { ...CREW, members: [...(everything.groups[0]?.members ?? []), { user: 'u-1', role: 'member' as const }] },
        ],
      },
    ]) {
      await assert.rejects(administration.upsert(directory), { kind: 'invalid', code: 'named-twice' });
    }
    assert.equal(await store.hasUsers(), false);
  });

  it('sends two thousand users, all members of one group, and takes half of them out again', async () => {
    const users = Array.from({ length: 2000 }, (_, index) => ({
      externalId: `host/${index}`,
      name: `user${String(index).padStart(4, '0')}`,
      displayName: `User ${index}`,
    }));
    const all = users.map(({ externalId }) => ({ user: externalId, role: 'member' as const }));
    const first = await administration.upsert({ users, groups: [{ ...CREW, members: all }] });
    assert.equal(first.members.added, 2000);
    const half = all.filter((_, index) => index % 2 === 0);
    const second = await administration.upsert({ users: [], groups: [{ ...CREW, members: half }] });
    assert.deepEqual(second.members, { added: 0, changed: 0, removed: 1000 });
    assert.equal(told.length, 1000);
    assert.equal((await store.groups.memberNames((await administration.findGroup('crew'))?.id ?? '')).length, 1000);
  });
});
