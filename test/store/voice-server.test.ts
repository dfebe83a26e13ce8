import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { admit } from '../../gateway/rooms/admission.js';
import type { User } from '../../gateway/rooms/user.js';
import { createVoiceServer, type TemporaryRoomLimits, type VoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { addUsers } from './people.js';

const LIMITS: TemporaryRoomLimits = { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 600_000 };
const RANGES = {
  temporaryNumbers: { from: 100_000, to: 109_999 },
  exclusiveNumbers: { from: 80_000, to: 89_999 },
};

function voiceServerOn(store: Store, options: Partial<Parameters<typeof createVoiceServer>[0]> = {}): VoiceServer {
  return createVoiceServer({ store: store.voiceServer, ...RANGES, limits: LIMITS, ...options });
}

/** Asks for as many rooms as there are teams, so many at a time, each time of the next gateway. */
async function askForAll(
  gateways: readonly VoiceServer[],
  askers: readonly User[],
  teams: readonly (string | undefined)[],
  atOnce: number,
) {
  const rooms: Awaited<ReturnType<VoiceServer['temporaryRoom']>>[] = [];
  let next = 0;
  async function ask(): Promise<void> {
    while (next < teams.length) {
      const turn = next++;
      const gateway = gateways[turn % gateways.length] as VoiceServer;
      rooms[turn] = await gateway.temporaryRoom(askers[turn % askers.length] as User, teams[turn]);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, ask));
  return rooms;
}

forEachDatabase('temporary rooms', (database) => {
  let store: Store;
  let alice: User;
  let bob: User;

  beforeEach(async () => {
    store = await database.open();
    [alice, bob] = await addUsers(store, 'alice', 'bob');
  });

  it('asked for a thousand times by fifty at once, on two gateways, are a thousand rooms with a number each', async () => {
    const gateways = [store, await database.open()].map((each) => voiceServerOn(each));
    const teams = Array.from({ length: 1000 }, (_, index) => `team ${index}`);
    const rooms = await askForAll(gateways, [alice, bob], teams, 50);
    assert.equal(new Set(rooms.map(({ number }) => number)).size, 1000);
    assert.deepEqual(
      rooms.map(({ team }) => team),
      teams,
    );
    assert.equal(await store.roomKeeping.countTaken(RANGES.temporaryNumbers), 1000);
    for (const { number, team } of rooms.slice(0, 20)) assert.equal((await store.rooms.find(number))?.team, team);
  });

  it('shared by forty teams, asked for a thousand times by fifty at once, are forty', async () => {
    const gateways = [store, await database.open()].map((each) => voiceServerOn(each));
    const teams = Array.from({ length: 1000 }, (_, index) => `team ${index % 40}`);
    const rooms = await askForAll(gateways, [alice, bob], teams, 50);
    const numbers = new Map(rooms.map(({ team, number }) => [team, number]));
    assert.equal(numbers.size, 40);
    assert.equal(new Set(numbers.values()).size, 40);
    assert.ok(rooms.every(({ team, number }) => numbers.get(team) === number));
    assert.equal(await store.roomKeeping.countTaken(RANGES.temporaryNumbers), 40);
  });

  it('are one for fifty who ask at once for one team, all of whom may enter', async () => {
    const askers = await addUsers(store, ...Array.from({ length: 50 }, (_, index) => `user${index}`));
    const gateways = [store, await database.open()].map((each) => voiceServerOn(each));
    const rooms = await askForAll(
      gateways,
      askers,
      askers.map(() => 'one'),
      50,
    );
    const [number] = rooms.map((room) => room.number);
    assert.equal(new Set(rooms.map((room) => room.number)).size, 1);
    for (const asker of askers) {
      const found = await store.rooms.findFor(number ?? '', asker.id);
      assert.equal(found?.standing, 'asked');
    }
    const stranger = await store.rooms.findFor(number ?? '', alice.id);
    assert.equal(stranger?.standing, undefined);
    assert.equal(stranger && admit(stranger.room, alice, stranger.standing).admitted, false);
  });

  it('have teams that compare exactly: case, accents, blanks and what letters are made of count', async () => {
    const voiceServer = voiceServerOn(store);
    const teams = ['Team', 'team', 'tèam', 'tèam ', 'te\u0301am', 'te\u0300am', '👍', '👎', 'İ', 'ß', 'ss', '%', '_'];
    const numbers = new Map<string, string>();
    for (const team of teams) numbers.set(team, (await voiceServer.temporaryRoom(alice, team)).number);
    assert.equal(new Set(numbers.values()).size, teams.length);
    for (const team of teams) {
      const again = await voiceServer.temporaryRoom(bob, team);
      assert.deepEqual([again.number, again.team], [numbers.get(team), team]);
    }
  });

  it('take SQL for a team, and one of 128 characters beyond the first plane', async () => {
    const voiceServer = voiceServerOn(store);
    for (const team of [`x'; drop table rooms; --`, '😀'.repeat(128)]) {
      const { number } = await voiceServer.temporaryRoom(alice, team);
      assert.equal((await store.rooms.find(number))?.team, team);
    }
  });

  for (const [what, team] of [
    ['none', ''],
    ['129 characters', 'x'.repeat(129)],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['a NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['half a character', 'a\ud83d'],
  ] as const) {
    it(`refuse a team of ${what}, and write nothing`, async () => {
      await assert.rejects(voiceServerOn(store).temporaryRoom(alice, team), { kind: 'invalid', code: 'bad-team' });
      assert.equal(await store.roomKeeping.countTaken(RANGES.temporaryNumbers), 0);
    });
  }

  it('get a team of their own when none is given', async () => {
    const voiceServer = voiceServerOn(store);
    const [one, other] = [await voiceServer.temporaryRoom(alice), await voiceServer.temporaryRoom(alice)];
    assert.notEqual(one.number, other.number);
    assert.notEqual(one.team, other.team);
    assert.ok((one.team ?? '').length >= 32);
  });

  it('say when numbers are used up, and hand out every one before', async () => {
    const voiceServer = voiceServerOn(store, { temporaryNumbers: { from: 300, to: 349 } });
    const numbers = new Set<string>();
    for (let index = 0; index < 50; index++) numbers.add((await voiceServer.temporaryRoom(alice, `${index}`)).number);
    assert.equal(numbers.size, 50);
    await assert.rejects(voiceServer.temporaryRoom(alice, 'one more'), {
      kind: 'unavailable',
      code: 'numbers-exhausted',
      message: 'no free temporary room number found between 300 and 349',
      retryAfterSeconds: 60,
    });
    assert.ok(numbers.has((await voiceServer.temporaryRoom(bob, '7')).number));
  });

  it('of a user who is gone are refused, and take no number', async () => {
    const ghost = { ...alice, id: randomUUID() };
    await assert.rejects(voiceServerOn(store).temporaryRoom(ghost, 'x'), { kind: 'not-found', code: 'user-not-found' });
    await voiceServerOn(store).temporaryRoom(alice, 'x');
    await assert.rejects(voiceServerOn(store).temporaryRoom(ghost, 'x'), { kind: 'not-found' });
    assert.equal(await store.roomKeeping.countTaken(RANGES.temporaryNumbers), 1);
  });

  it('past their age give way to a new one of the team, with another number', async () => {
    let now = new Date();
    const voiceServer = voiceServerOn(store, { now: () => now });
    const first = await voiceServer.temporaryRoom(alice, 'team');
    assert.deepEqual(first.expiresAt, new Date(now.getTime() + LIMITS.maxAgeMs));
    now = new Date(now.getTime() + LIMITS.maxAgeMs - 1);
    assert.equal((await voiceServer.temporaryRoom(bob, 'team')).number, first.number);
    now = new Date(now.getTime() + 1);
    const second = await voiceServer.temporaryRoom(bob, 'team');
    assert.notEqual(second.number, first.number);
    assert.equal(await store.rooms.find(first.number), undefined);
    assert.equal((await store.rooms.findFor(second.number, alice.id))?.standing, undefined);
  });
});

forEachDatabase('exclusive rooms', (database) => {
  it('are one for an owner, kept for good, however many ask at once on two gateways', async () => {
    const store = await database.open();
    const [alice, bob] = await addUsers(store, 'alice', 'bob');
    const gateways = [store, await database.open()].map((each) => voiceServerOn(each));
    const asked = Array.from({ length: 50 }, (_, index) => gateways[index % 2]?.exclusiveRoom(alice));
    const numbers = new Set((await Promise.all(asked)).map((room) => room?.number));
    assert.equal(numbers.size, 1);
    const [number = ''] = numbers;
    assert.deepEqual(await store.rooms.find(number), {
      number,
      kind: 'exclusive',
      title: 'ALICE',
      ownerId: alice.id,
      hasPin: false,
    });
    assert.notEqual((await voiceServerOn(store).exclusiveRoom(bob)).number, number);
    assert.equal((await voiceServerOn(store).exclusiveRoom(alice)).number, number);
    assert.equal(await store.roomKeeping.countTaken(RANGES.exclusiveNumbers), 2);
  });

  it('of forty owners are forty out of forty, all asking at once', async () => {
    const store = await database.open();
    const owners = await addUsers(store, ...Array.from({ length: 40 }, (_, index) => `user${index}`));
    const gateways = [store, await database.open()].map((each) =>
      voiceServerOn(each, { exclusiveNumbers: { from: 300, to: 339 } }),
    );
    const rooms = await Promise.all(owners.map((owner, index) => gateways[index % 2]?.exclusiveRoom(owner)));
    assert.equal(new Set(rooms.map((room) => room?.number)).size, 40);
  });

  it('let the owner in, and nobody else uninvited', async () => {
    const store = await database.open();
    const [alice, bob] = await addUsers(store, 'alice', 'bob');
    const { number } = await voiceServerOn(store).exclusiveRoom(alice);
    const [forAlice, forBob] = [await store.rooms.findFor(number, alice.id), await store.rooms.findFor(number, bob.id)];
    assert.deepEqual(forAlice && admit(forAlice.room, alice, forAlice.standing), { admitted: true, role: 'owner' });
    assert.deepEqual(forBob && admit(forBob.room, bob, forBob.standing), { admitted: false, why: 'not-invited' });
  });
});
