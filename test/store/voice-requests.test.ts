import assert from 'node:assert/strict';
import { admit } from '../../gateway/rooms/admission.js';
import { createDirectory } from '../../gateway/rooms/directory.js';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import type { User } from '../../gateway/rooms/user.js';
import { createVoiceRequests, type VoiceRequests } from '../../gateway/rooms/voice-requests.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { PHONES } from '../support/phones.js';
import { addGroup, addUsers, mustFindUser } from './people.js';

const RANGES = {
  groupNumbers: { from: 2000, to: 2999 },
  temporaryNumbers: { from: 100_000, to: 109_999 },
  exclusiveNumbers: { from: 80_000, to: 89_999 },
};
const LIMITS = { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 600_000 };

forEachDatabase('a voice request', (database) => {
  let store: Store;
  let requests: VoiceRequests;
  let alice: User;
  let bob: User;
  let carol: User;
  let invited: Invitation[];

  beforeEach(async () => {
    store = await database.open();
    const [first, second] = await addUsers(store, 'alice', 'bob', 'carol');
    await addGroup(store, 'crew', first, second);
    [alice, bob, carol] = [
      await mustFindUser(store, 'alice'),
      await mustFindUser(store, 'bob'),
      await mustFindUser(store, 'carol'),
    ];
    invited = [];
    requests = requestsOn(store);
  });

  /** A gateway of its own on the database. */
  function requestsOn(own: Store): VoiceRequests {
    return createVoiceRequests({
      directory: createDirectory(own.directory, RANGES.groupNumbers),
      groups: own.groups,
      voiceServer: createVoiceServer({ store: own.voiceServer, ...RANGES, limits: LIMITS }),
      voiceServersReady: () => [{ id: 'one', wsUrl: null, sipHost: 'localhost', sipPort: 5060 }],
      store: own.voiceRequests,
      inviter: { invite: (_inviter, invitations) => void invited.push(...invitations), cancel: () => {} },
      ...PHONES,
    });
  }

  async function admission(number: string, user: User) {
    const found = await store.rooms.findFor(number, user.id);
    if (found === undefined) return 'no room';
    const answer = admit(found.room, user, found.standing);
    return answer.admitted ? answer.role : answer.why;
  }

  const takenNumbers = async () =>
    Promise.all(Object.values(RANGES).map((range) => store.roomKeeping.countTaken(range)));

  it('of a group gets its number, which lets its members in and nobody else', async () => {
    const { room } = await requests.request(alice, { kind: 'voice-communication' });
    assert.equal(room.groupId, alice.memberships[0]?.groupId);
    assert.equal(await admission(room.number, bob), 'speaker');
    assert.equal(await admission(room.number, carol), 'not-a-member');
    assert.equal((await requests.request(bob, { kind: 'voice-communication' })).room.number, room.number);
  });

  it('that invites writes the invitations down, lets the invited in, and has them called', async () => {
    const { room, invitations } = await requests.request(alice, {
      kind: 'voice-communication-invitation',
      invite: ['carol', 'bob', 'alice', 'tel:+4930123456', 'carol'],
    });
    const shown = (all: readonly Invitation[]) => all.map(({ to, state, tries }) => ({ to, state, tries }));
    const expected = [
      { to: { user: { id: carol.id, name: 'carol' } }, state: 'queued', tries: 0 },
      { to: { user: { id: bob.id, name: 'bob' } }, state: 'queued', tries: 0 },
      { to: { tel: '+4930123456' }, state: 'queued', tries: 0 },
    ];
    assert.deepEqual(shown(invitations), expected);
    assert.deepEqual(invited, invitations);
    assert.deepEqual(await store.invitations.listByRoom(room.number), invitations);
    assert.equal(await admission(room.number, carol), 'speaker');
    // Bob is a member: his membership lets him in, and nothing else shall once he is one no more.
    assert.equal((await store.rooms.findFor(room.number, bob.id))?.standing, undefined);
  });

  it('that invites all invites the group but the asker', async () => {
    const { invitations } = await requests.request(alice, { kind: 'voice-communication-invitation', invite: 'all' });
    assert.deepEqual(
      invitations.map(({ to }) => 'user' in to && to.user.name),
      ['bob'],
    );
  });

  for (const kind of [
    'temporary-voice-communication-invitation',
    'exclusive-voice-communication-invitation',
  ] as const) {
    it(`of kind ${kind} lets the invited in, until the invitation is cancelled`, async () => {
      const { room, invitations } = await requests.request(alice, { kind, invite: ['bob'] });
      assert.equal(await admission(room.number, bob), 'speaker');
      assert.equal(await admission(room.number, carol), 'not-invited');
      const [invitation] = invitations;
      const cancel = () => store.invitations.update(invitation?.id ?? '', { state: 'cancelled' }, ['cancelled']);
      assert.equal(await cancel(), true);
      assert.equal(await cancel(), false);
      assert.equal(await admission(room.number, bob), 'not-invited');
    });
  }

  it('that invites again keeps the door open when one of the two invitations is cancelled', async () => {
    const ask = () => requests.request(alice, { kind: 'exclusive-voice-communication-invitation', invite: ['bob'] });
    const first = await ask();
    await store.invitations.update(first.invitations[0]?.id ?? '', { state: 'declined' }, []);
    const second = await ask();
    const cancel = (id = '') => store.invitations.update(id, { state: 'cancelled' }, []);
    await cancel(first.invitations[0]?.id);
    assert.equal(await admission(first.room.number, bob), 'speaker');
    await cancel(second.invitations[0]?.id);
    assert.equal(await admission(first.room.number, bob), 'not-invited');
  });

  it('of a team keeps who asked in, even when an invitation of theirs is cancelled', async () => {
    const { room } = await requests.request(bob, { kind: 'temporary-voice-communication', team: 'x' });
    const { invitations } = await requests.request(alice, {
      kind: 'temporary-voice-communication-invitation',
      team: 'x',
      invite: ['bob', 'carol'],
    });
    for (const { id } of invitations) await store.invitations.update(id, { state: 'cancelled' }, []);
    assert.equal(await admission(room.number, bob), 'speaker');
    assert.equal(await admission(room.number, carol), 'not-invited');
  });

  it('that names nobody of that name, or no kind of its own, writes nothing', async () => {
    const bad = [
      { kind: 'temporary-voice-communication-invitation', invite: ['bob', `x'; drop table users; --`] },
      { kind: 'exclusive-voice-communication-invitation', invite: ['Bob'] },
      { kind: 'exclusive-voice-communication-invitation', invite: [] },
      { kind: 'exclusive-voice-communication-invitation', invite: 'all' },
      { kind: 'exclusive-voice-communication', team: 'x' },
      { kind: 'temporary-voice-communication', group: 'crew' },
      { kind: 'temporary-voice-communication', invite: ['bob'] },
      { kind: 'voice-communication', group: 'CREW' },
      { kind: 'temporary-voice-communication', team: 'x'.repeat(10_000) },
      { kind: 'temporary-voice-communication', idempotencyKey: 'x'.repeat(129) },
    ] as const;
    for (const request of bad) {
      await assert.rejects(requests.request(alice, request), (error: { kind?: string }) =>
        ['invalid', 'not-found'].includes(error.kind ?? ''),
      );
    }
    assert.deepEqual(await takenNumbers(), [0, 0, 0]);
    assert.deepEqual(invited, []);
  });

  it('is refused while no voice server is ready, and writes nothing', async () => {
    const alone = createVoiceRequests({
      directory: createDirectory(store.directory, RANGES.groupNumbers),
      groups: store.groups,
      voiceServer: createVoiceServer({ store: store.voiceServer, ...RANGES, limits: LIMITS }),
      voiceServersReady: () => [],
      store: store.voiceRequests,
      inviter: { invite: () => {}, cancel: () => {} },
      ...PHONES,
    });
    for (const kind of [
      'voice-communication',
      'temporary-voice-communication',
      'exclusive-voice-communication',
    ] as const) {
      await assert.rejects(alone.request(alice, { kind }), { kind: 'unavailable', retryAfterSeconds: 5 });
    }
    assert.deepEqual(await takenNumbers(), [0, 0, 0]);
  });

  it('asked again with its Idempotency-Key is answered the same, and calls nobody again', async () => {
    const request = {
      kind: 'temporary-voice-communication-invitation',
      invite: ['bob', 'tel:+4930123456'],
      idempotencyKey: 'k-1',
    } as const;
    const first = await requests.request(alice, request);
    await store.invitations.update(first.invitations[0]?.id ?? '', { state: 'ringing', tries: 1 }, []);
    const again = await requestsOn(await database.open()).request(alice, request);
    assert.equal(again.room.number, first.room.number);
    assert.deepEqual(
      again.invitations.map(({ id, state }) => `${id} ${state}`),
      first.invitations.map(({ id }, index) => `${id} ${index === 0 ? 'ringing' : 'queued'}`),
    );
    assert.equal(invited.length, 2);
    assert.deepEqual(await takenNumbers(), [0, 1, 0]);
  });

  it('with the Idempotency-Key of another request is refused; with another user’s it is another', async () => {
    const kind = 'temporary-voice-communication';
    const first = await requests.request(alice, { kind, idempotencyKey: 'k' });
    await assert.rejects(requests.request(alice, { kind, team: 'other', idempotencyKey: 'k' }), {
      kind: 'conflict',
      code: 'idempotency-key-reused',
    });
    const bobs = await requests.request(bob, { kind, idempotencyKey: 'k' });
    const upper = await requests.request(alice, { kind, idempotencyKey: 'K' });
    assert.equal(new Set([first, bobs, upper].map(({ room }) => room.number)).size, 3);
  });

  it('with a key opens one room and calls once, for fifty who ask at once', async () => {
    const request = {
      kind: 'temporary-voice-communication-invitation',
      invite: ['bob'],
      idempotencyKey: 'once',
    } as const;
    const answers = await Promise.all(Array.from({ length: 50 }, () => requests.request(alice, request)));
    assert.equal(new Set(answers.map(({ room }) => room.number)).size, 1);
    assert.equal(new Set(answers.map(({ invitations }) => invitations[0]?.id)).size, 1);
    assert.equal(invited.length, 1);
    assert.deepEqual(await takenNumbers(), [0, 1, 0]);
  });

  it('with a key is answered the same on three gateways at once', async () => {
    const gateways = [requests, requestsOn(await database.open()), requestsOn(await database.open())];
    const request = { kind: 'temporary-voice-communication-invitation', team: 'x', invite: ['bob'] } as const;
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        gateways[index % 3]?.request(alice, { ...request, idempotencyKey: 'k' }),
      ),
    );
    assert.equal(new Set(answers.map((answer) => answer?.room.number)).size, 1);
    assert.equal(new Set(answers.map((answer) => answer?.invitations[0]?.id)).size, 1);
    assert.equal(invited.length, 1);
  });

  it('that failed may be asked again with its key', async () => {
    const request = { kind: 'temporary-voice-communication-invitation', idempotencyKey: 'k' } as const;
    await assert.rejects(requests.request(alice, { ...request, invite: ['dora'] }), { code: 'invitee-not-found' });
    await addUsers(store, 'dora');
    assert.equal((await requests.request(alice, { ...request, invite: ['dora'] })).invitations.length, 1);
  });

  it('keeps its key for a day, and its room’s life', async () => {
    const request = { kind: 'exclusive-voice-communication', idempotencyKey: 'k' } as const;
    await requests.request(alice, request);
    const now = Date.now();
    await store.roomKeeping.purge(new Date(now - 1000));
    assert.notEqual(await store.voiceRequests.findAnswered(alice.id, 'k'), undefined);
    await store.roomKeeping.purge(new Date(now + 1000));
    assert.equal(await store.voiceRequests.findAnswered(alice.id, 'k'), undefined);
  });
});
