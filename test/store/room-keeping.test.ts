import assert from 'node:assert/strict';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import { type RoomKeeper, startRoomKeeper } from '../../gateway/rooms/room-keeper.js';
import { type Participant, Roster } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import { createVoiceServer, type VoiceServer } from '../../gateway/rooms/voice-server.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { addUsers } from './people.js';

const LIMITS = { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 600_000 };
const NUMBERS = { temporaryNumbers: { from: 300, to: 309 }, exclusiveNumbers: { from: 800, to: 809 } };

forEachDatabase('the room keeper', (database) => {
  let store: Store;
  let alice: User;
  let now: Date;
  let roster: Roster;
  let keeper: RoomKeeper;
  let voiceServer: VoiceServer;
  let ended: string[];
  const errors: unknown[] = [];

  beforeEach(async () => {
    store = await database.open();
    [alice] = await addUsers(store, 'alice');
    now = new Date('2026-06-01T12:00:00Z');
    ended = [];
    errors.length = 0;
    voiceServer = createVoiceServer({ store: store.voiceServer, ...NUMBERS, limits: LIMITS, now: () => now });
    await start();
  });
  afterEach(async () => {
    await keeper.stop();
    assert.deepEqual(errors, []);
  });

  async function start(): Promise<void> {
    roster = new Roster();
    const events = createAccessEvents();
    events.on('room.ended', ({ room, cause }) => void ended.push(`${room} ${cause}`));
    keeper = await startRoomKeeper({
      store: store.roomKeeping,
      roster,
      events,
      limits: LIMITS,
      onError: (error) => errors.push(error),
      now: () => now,
    });
  }

  async function sweepAfter(ms: number): Promise<void> {
    now = new Date(now.getTime() + ms);
    await keeper.sweep();
  }

  const isThere = async (number: string) => (await store.rooms.find(number)) !== undefined;
  const participant = (id: string): Participant => ({
    id,
    name: id,
    device: 'softphone',
    muted: false,
    talking: false,
    held: false,
    role: 'speaker',
    handRaised: false,
    joinedAt: now,
  });

  it('ends a room that nobody entered once its time is over, and not before', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    await sweepAfter(LIMITS.emptyMs);
    assert.equal(await isThere(number), true);
    await sweepAfter(1);
    assert.equal(await isThere(number), false);
    assert.deepEqual(ended, [`${number} empty`]);
  });

  it('gives a room its time again when someone asks for it', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    await sweepAfter(LIMITS.emptyMs - 1);
    assert.equal((await voiceServer.temporaryRoom(alice, 'team')).number, number);
    await sweepAfter(LIMITS.emptyMs);
    assert.equal(await isThere(number), true);
  });

  it('keeps a room with someone in it, and counts from when the last one left', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    roster.join(number, participant('a'));
    for (let minute = 0; minute < 5; minute++) await sweepAfter(LIMITS.emptyMs + 1);
    assert.equal(await isThere(number), true);
    now = new Date(now.getTime() + LIMITS.emptyMs);
    roster.leave('a', 'left');
    await sweepAfter(LIMITS.emptyMs);
    assert.equal(await isThere(number), true);
    await sweepAfter(1);
    assert.equal(await isThere(number), false);
  });

  it('ends a room past its age, whoever is in it', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    roster.join(number, participant('a'));
    for (let minute = 0; minute < 59; minute++) await sweepAfter(60_000);
    assert.equal(await isThere(number), true);
    await sweepAfter(60_000);
    assert.equal(await isThere(number), false);
    assert.deepEqual(ended, [`${number} expired`]);
  });

  it('leaves the rooms of groups and people alone', async () => {
    const exclusive = await voiceServer.exclusiveRoom(alice);
    await sweepAfter(LIMITS.maxAgeMs * 10);
    assert.equal(await isThere(exclusive.number), true);
  });

  it('lets a number rest after its room, and frees it then', async () => {
    const numbers = new Set<string>();
    for (let index = 0; index < 10; index++) numbers.add((await voiceServer.temporaryRoom(alice, `${index}`)).number);
    await sweepAfter(LIMITS.emptyMs + 1);
    assert.equal(ended.length, 10);
    assert.equal(await store.roomKeeping.countTaken(NUMBERS.temporaryNumbers), 10);
    await assert.rejects(voiceServer.temporaryRoom(alice, '0'), { code: 'numbers-exhausted' });
    await sweepAfter(LIMITS.quarantineMs - 1);
    await assert.rejects(voiceServer.temporaryRoom(alice, '0'), { code: 'numbers-exhausted' });
    await sweepAfter(1);
    assert.equal(await store.roomKeeping.countTaken(NUMBERS.temporaryNumbers), 0);
    assert.ok(numbers.has((await voiceServer.temporaryRoom(alice, '0')).number));
  });

  it('forgets who may enter, who is invited and what was answered with the room', async () => {
    const room = await voiceServer.temporaryRoom(alice, 'team');
    const idempotency = { key: 'k', digest: 'd'.repeat(64) };
    const invitees = [{ tel: '+4930123456' }];
    const [invitation] = await store.voiceRequests.record({ asker: alice, room, invitees, idempotency });
    await store.pins.put(room.number, 'hash', now);
    await sweepAfter(LIMITS.emptyMs + 1);
    assert.equal(await store.invitations.find(invitation?.id ?? ''), undefined);
    assert.equal(await store.voiceRequests.findAnswered(alice.id, 'k'), undefined);
    assert.equal(await store.pins.find(room.number), undefined);
    assert.equal(await store.rooms.findFor(room.number, alice.id), undefined);
  });

  it('gives rooms of a gateway that died their time again at its start, then ends them', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    roster.join(number, participant('a'));
    await keeper.stop();
    now = new Date(now.getTime() + LIMITS.emptyMs * 5);
    await start();
    await sweepAfter(LIMITS.emptyMs);
    assert.equal(await isThere(number), true);
    await sweepAfter(1);
    assert.equal(await isThere(number), false);
    await sweepAfter(LIMITS.quarantineMs);
    assert.equal(await store.roomKeeping.countTaken(NUMBERS.temporaryNumbers), 0);
  });

  it('tells who is in a room whose number was taken away elsewhere', async () => {
    const { number } = await voiceServer.temporaryRoom(alice, 'team');
    roster.join(number, participant('a'));
    roster.join('2000', participant('b'));
    const far = new Date(now.getTime() + LIMITS.maxAgeMs);
    await store.roomKeeping.endOverdue(now, far, far);
    await keeper.sweep();
    assert.deepEqual(new Set(ended), new Set([`${number} released`, '2000 released']));
  });

  it('ends many rooms at once, each by one of two gateways', async () => {
    const wide = createVoiceServer({
      store: store.voiceServer,
      temporaryNumbers: { from: 100_000, to: 199_999 },
      exclusiveNumbers: NUMBERS.exclusiveNumbers,
      limits: LIMITS,
      now: () => now,
    });
    for (let index = 0; index < 450; index++) await wide.temporaryRoom(alice, `team ${index}`);
    const other = await database.open();
    const later = new Date(now.getTime() + LIMITS.emptyMs + 1);
    const [mine, theirs] = await Promise.all(
      [store, other].map(({ roomKeeping }) =>
        roomKeeping.endOverdue(new Date(later.getTime() - LIMITS.emptyMs), later, later),
      ),
    );
    const all = [...(mine ?? []), ...(theirs ?? [])].map(({ number }) => number);
    const left = await store.roomKeeping.endOverdue(later, later, later);
    assert.equal(new Set(all).size, all.length);
    assert.equal(all.length + left.length, 450);
    assert.equal(await store.roomKeeping.releaseQuarantined(later), 450);
  });
});
