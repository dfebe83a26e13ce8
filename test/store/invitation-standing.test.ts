import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { createDirectory } from '../../gateway/rooms/directory.js';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import type { User } from '../../gateway/rooms/user.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { addGroup, addUsers } from './people.js';

const RANGES = {
  groupNumbers: { from: 2000, to: 2999 },
  temporaryNumbers: { from: 100_000, to: 109_999 },
  exclusiveNumbers: { from: 80_000, to: 89_999 },
};
const DAY_MS = 24 * 3600_000;
const LIMITS = { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 600_000 };

forEachDatabase('invitations', (database) => {
  let store: Store;
  let alice: User;
  let bob: User;

  beforeEach(async () => {
    store = await database.open();
    [alice, bob] = await addUsers(store, 'alice', 'bob');
  });

  async function invite(): Promise<Invitation> {
    const voiceServer = createVoiceServer({ store: store.voiceServer, ...RANGES, limits: LIMITS });
    const room = await voiceServer.exclusiveRoom(alice);
    const invitees = [{ user: { id: bob.id, name: bob.name } }];
    const [invitation] = await store.voiceRequests.record({ asker: alice, room, invitees });
    assert.ok(invitation);
    return invitation;
  }

  it('move on from state to state, but not out of those where they have ended', async () => {
    const { id } = await invite();
    assert.equal(await store.invitations.update(id, { state: 'ringing', tries: 1 }, ['cancelled']), true);
    assert.equal(await store.invitations.update(id, { state: 'busy', cause: 'x'.repeat(1000) }, ['cancelled']), true);
    const found = await store.invitations.find(id);
    assert.deepEqual([found?.state, found?.tries, found?.cause], ['busy', 1, 'x'.repeat(255)]);
    await store.invitations.update(id, { state: 'cancelled' }, []);
    assert.equal(await store.invitations.update(id, { state: 'joined' }, ['cancelled']), false);
    assert.equal(await store.invitations.update('nothing', { state: 'joined' }, []), false);
    assert.equal(await store.invitations.find('nothing'), undefined);
  });

  it('of two who move one on at once, let one win', async () => {
    const { id } = await invite();
    const other = await database.open();
    const claims = [store, other].map(({ invitations }) => invitations.update(id, { state: 'joined' }, ['joined']));
    assert.deepEqual((await Promise.all(claims)).sort(), [false, true]);
  });

  it('let someone in for good, and stay as long, so that they can be cancelled', async () => {
    const { id, room } = await invite();
    await store.invitations.update(id, { state: 'busy' }, []);
    const inYears = new Date(Date.now() + 3 * 365 * DAY_MS);
    await store.roomKeeping.purge(inYears);
    assert.equal((await store.rooms.findFor(room, bob.id))?.standing, 'invited');
    assert.equal((await store.invitations.find(id))?.state, 'busy');
    await store.invitations.update(id, { state: 'cancelled' }, []);
    assert.equal((await store.rooms.findFor(room, bob.id))?.standing, undefined);
    await store.roomKeeping.purge(inYears);
    assert.equal(await store.invitations.find(id), undefined);
  });

  it('into a group’s room let someone in until its number is released', async () => {
    const groupId = await addGroup(store, 'crew', alice);
    const directory = createDirectory(store.directory, RANGES.groupNumbers);
    const number = await directory.numberOf(groupId);
    const room = { number, kind: 'group', title: 'Crew', groupId, hasPin: false } as const;
    await store.voiceRequests.record({ asker: alice, room, invitees: [{ user: bob }] });
    await store.roomKeeping.purge(new Date(Date.now() + 2 * DAY_MS));
    assert.equal((await store.rooms.findFor(number, bob.id))?.standing, 'invited');
    await store.administration.releaseNumber('crew', new Date());
    await store.administration.bindNumber('crew', number, new Date());
    const again = await store.rooms.findFor(number, bob.id);
    assert.deepEqual([again?.room.groupId, again?.standing], [groupId, undefined]);
  });

  it('of a member who is removed are cancelled where they are under way, and let them in no more', async () => {
    const groupId = await addGroup(store, 'crew', alice, bob);
    const number = await createDirectory(store.directory, RANGES.groupNumbers).numberOf(groupId);
    const room = { number, kind: 'group', title: 'Crew', groupId, hasPin: false } as const;
    const own = await invite();
    const record = () =>
      store.voiceRequests.record({ asker: alice, room, invitees: [{ user: bob }, { tel: '+4930' }] });
    const [declined] = await record();
    await store.invitations.update(declined?.id ?? '', { state: 'declined' }, []);
    const [ringing, outside] = await record();
    await store.invitations.update(ringing?.id ?? '', { state: 'ringing' }, []);
    await store.administration.removeMember('crew', 'bob');
    const stateOf = async (invitation: Invitation | undefined) => {
      const found = await store.invitations.find(invitation?.id ?? '');
      return [found?.state, found?.cause];
    };
    assert.deepEqual(await stateOf(declined), ['declined', undefined]);
    assert.deepEqual(await stateOf(ringing), ['cancelled', 'member-removed']);
    assert.deepEqual(await stateOf(outside), ['queued', undefined]);
    assert.deepEqual(await stateOf(own), ['queued', undefined]);
    assert.equal((await store.rooms.findFor(number, bob.id))?.standing, undefined);
  });

  it('of long ago make room for a new one, and those of today do not', async () => {
    const decline = ({ id }: Invitation) => store.invitations.update(id, { state: 'declined' }, []);
    const old = await invite();
    await decline(old);
    const ofToday = await invite();
    await decline(ofToday);
    const clock = mock.method(Date, 'now', () => Date.parse('2020-01-01T00:00:00Z'));
    await decline(old).finally(() => clock.mock.restore());
    const latest = await invite();
    const left = (await store.invitations.listByRoom(latest.room)).map(({ id }) => id);
    assert.deepEqual(left.sort(), [ofToday.id, latest.id].sort());
    assert.equal((await store.rooms.findFor(latest.room, bob.id))?.standing, 'invited');
  });

  it('are forgotten in time once they let nobody in, those that go on are not', async () => {
    const over = await invite();
    await store.invitations.update(over.id, { state: 'declined' }, []);
    await store.invitations.update(over.id, { state: 'cancelled' }, []);
    const open = await invite();
    const soon = new Date(Date.now() + 1000);
    await store.invitations.advance(open, { state: 'busy', nextTryAt: soon });
    await store.roomKeeping.purge(soon);
    assert.deepEqual(
      (await store.invitations.listByRoom(open.room)).map(({ id }) => id),
      [open.id],
    );
    await store.invitations.update(open.id, { state: 'cancelled' }, []);
    await store.roomKeeping.purge(new Date(Date.now() + 1000));
    assert.deepEqual(await store.invitations.listByRoom(open.room), []);
  });

  it('go with the user they are for', async () => {
    const { id, room } = await invite();
    await store.administration.removeUser('bob', new Date());
    assert.equal(await store.invitations.find(id), undefined);
    assert.deepEqual(await store.invitations.listByRoom(room), []);
  });
});
