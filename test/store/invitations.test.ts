import assert from 'node:assert/strict';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import type { Room } from '../../gateway/rooms/room.js';
import type { User } from '../../gateway/rooms/user.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { addUsers } from './people.js';

const RANGES = {
  temporaryNumbers: { from: 100_000, to: 109_999 },
  exclusiveNumbers: { from: 80_000, to: 89_999 },
};
const LIMITS = { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 600_000 };
const TEL = { tel: '+4930123456' } as const;

forEachDatabase('unfinished invitations', (database) => {
  let store: Store;
  let alice: User;
  let bob: User;
  let room: Room;

  beforeEach(async () => {
    store = await database.open();
    [alice, bob] = await addUsers(store, 'alice', 'bob', 'carol', 'dave');
    room = await roomOf(alice);
  });

  const roomOf = (owner: User) =>
    createVoiceServer({ store: store.voiceServer, ...RANGES, limits: LIMITS }).exclusiveRoom(owner);
  const toUser = ({ id, name }: User) => ({ user: { id, name } });

  async function invite(
    invitees: readonly Invitation['to'][],
    options: { asker?: User; room?: Room; key?: string; on?: Store } = {},
  ): Promise<Invitation[]> {
    const { asker = alice, key, on = store } = options;
    const idempotency = key === undefined ? {} : { idempotency: { key, digest: 'digest' } };
    return on.voiceRequests.record({ asker, room: options.room ?? room, invitees, ...idempotency });
  }
  const idsOf = (invitations: readonly Invitation[]) => invitations.map(({ id }) => id);
  const only = ([one, ...others]: readonly Invitation[]) =>
    one !== undefined && others.length === 0 ? one : assert.fail('not one');

  it('are joined by a later request for the same people, and not doubled', async () => {
    const [toBob] = await invite([toUser(bob)]);
    assert.ok(toBob);
    await store.invitations.advance(toBob, { state: 'ringing', tries: 1 });
    const both = await invite([TEL, toUser(bob)], { asker: bob });
    assert.equal(both.length, 2);
    assert.equal(both[1]?.id, toBob.id);
    assert.deepEqual([both[1]?.state, both[1]?.tries, both[1]?.inviter.id], ['ringing', 1, alice.id]);
    assert.deepEqual(idsOf(await invite([TEL])), [both[0]?.id]);
    assert.equal((await store.invitations.listByRoom(room.number)).length, 2);
  });

  it('are new ones for another room, and once the earlier is finished', async () => {
    const first = only(await invite([toUser(bob)]));
    const elsewhere = only(await invite([toUser(bob)], { room: await roomOf(bob) }));
    assert.notEqual(elsewhere.id, first.id);
    await store.invitations.advance(first, { state: 'busy', nextTryAt: new Date(Date.now() + 60_000) });
    assert.equal(only(await invite([toUser(bob)])).id, first.id);
    await store.invitations.advance(first, { state: 'busy' });
    const again = only(await invite([toUser(bob)]));
    assert.notEqual(again.id, first.id);
    assert.equal(again.state, 'queued');
  });

  it('are the same for all who ask at the same time, at two gateways', async () => {
    const other = await database.open();
    const [, , carol, dave] = await addUsersAgain();
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const invitees = [bob, carol, dave].map(toUser);
        return invite(index % 3 === 0 ? invitees.reverse() : invitees, { on: index % 2 === 0 ? store : other });
      }),
    );
    assert.equal(new Set(asked.flatMap(idsOf)).size, 3);
    for (const invitations of asked) assert.equal(new Set(idsOf(invitations)).size, 3);
    assert.equal((await store.invitations.listUnfinished()).length, 3);
  });

  async function addUsersAgain(): Promise<[User, User, User, User]> {
    const found = await Promise.all(['alice', 'bob', 'carol', 'dave'].map((name) => store.users.findByName(name)));
    const [first, second, third, fourth] = found;
    assert.ok(first && second && third && fourth);
    return [first, second, third, fourth];
  }

  it('that a request with a key has joined are in its answer when it is asked again', async () => {
    const toBob = only(await invite([toUser(bob)]));
    const answered = await invite([TEL, toUser(bob)], { key: 'k' });
    await store.invitations.advance(toBob, { state: 'declined' });
    const again = await store.voiceRequests.findAnswered(alice.id, 'k');
    assert.deepEqual(idsOf(again?.answer.invitations ?? []), idsOf(answered));
    assert.deepEqual(
      again?.answer.invitations.map(({ state }) => state),
      ['queued', 'declined'],
    );
  });

  it('are listed with who invited, the oldest first, until they are finished', async () => {
    const [toTel, toBob] = await invite([TEL, toUser(bob)]);
    assert.ok(toTel && toBob);
    const nextTryAt = new Date(Date.now() + 60_000);
    const answeredAt = new Date(Date.now() - 1000);
    await store.invitations.advance(toBob, { state: 'ringing', tries: 1 });
    await store.invitations.advance({ ...toBob, tries: 1 }, { state: 'answered', answeredAt });
    await store.invitations.advance(
      { ...toBob, tries: 1 },
      { state: 'snoozed', snoozes: 1, interruptions: 2, nextTryAt },
    );
    const [first, second] = await store.invitations.listUnfinished();
    assert.deepEqual([first?.id, first?.inviter.name], [toTel.id, 'alice']);
    assert.ok(second);
    const { updatedAt: _updatedAt, ...shown } = second;
    assert.deepEqual(shown, {
      id: toBob.id,
      room: room.number,
      inviter: { id: alice.id, name: 'alice' },
      to: toBob.to,
      state: 'snoozed',
      tries: 1,
      snoozes: 1,
      interruptions: 2,
      nextTryAt,
      answeredAt,
      createdAt: toBob.createdAt,
    });
    for (const { id, tries } of [toTel, second]) await store.invitations.advance({ id, tries }, { state: 'no-answer' });
    assert.deepEqual(await store.invitations.listUnfinished(), []);
  });

  it('lose cause and next try with the next change', async () => {
    const one = only(await invite([TEL]));
    await store.invitations.advance(one, { state: 'busy', cause: '486', nextTryAt: new Date() });
    await store.invitations.advance(one, { state: 'ringing', tries: 1 });
    const found = await store.invitations.find(one.id);
    assert.deepEqual([found?.state, found?.cause, found?.nextTryAt], ['ringing', undefined, undefined]);
  });

  it('are tried once by one of two voice servers', async () => {
    const one = only(await invite([TEL]));
    const other = await database.open();
    const claims = [store, other, store, other].map(({ invitations }) =>
      invitations.advance(one, { state: 'ringing', tries: 1 }),
    );
    assert.equal((await Promise.all(claims)).filter((claimed) => claimed).length, 1);
  });

  it('are advanced by nobody once they are finished, cancelled or gone', async () => {
    const one = only(await invite([TEL]));
    assert.equal(await store.invitations.update(one.id, { state: 'cancelled' }, ['cancelled']), true);
    assert.equal(await store.invitations.advance(one, { state: 'ringing', tries: 1 }), false);
    assert.equal(await store.invitations.advance({ id: 'nothing', tries: 0 }, { state: 'joined' }), false);
    assert.equal((await store.invitations.find(one.id))?.state, 'cancelled');
    assert.notEqual(only(await invite([TEL])).id, one.id);
  });
});
