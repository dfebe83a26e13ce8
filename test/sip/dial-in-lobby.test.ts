import assert from 'node:assert/strict';
import type { LobbyCaller, TrunkCall } from '../../gateway/sip/lobby.js';
import { SDP, setUp } from './dial-in-world.js';
import { FakeRequest } from './fake-calls.js';
import { gate, OFFER, ROOM, settle, user } from './fakes.js';

describe('a call to an access number', () => {
  const access = { uri: 'sip:1000@127.0.0.1' };
  const trunk: TrunkCall = {
    trunk: 'provider',
    caller: '+4930123456',
    dialled: '1000',
    accessNumber: false,
    language: 'de',
  };
  const guest = { guest: { id: 'guest-1', name: '+4930123456', room: ROOM.number, pinVersion: 2 } };
  const withPin = { hasPin: true, pinVersion: 2 };
  const nothingLeft = ({ media, roster, focuses }: ReturnType<typeof setUp>) => {
    assert.equal(media.openCount, 0);
    assert.equal(roster.participantCount, 0);
    assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
  };

  it('is answered apart from any room, and enters the one the lobby finds', async () => {
    const seen: LobbyCaller[] = [];
    const identity = { user: user('alice') };
    const { call, media, roster, focuses } = setUp({
      async lobby(answered, caller) {
        seen.push(caller);
        assert.equal(answered.ended.aborted, false);
        assert.equal(media.open1.room, null);
        assert.deepEqual(focuses.counts(), { legs: 1, rooms: 0 });
        return { room: ROOM, identity, role: 'speaker' };
      },
    });
    const invite = await call(access);
    assert.equal(invite.reply1.status, 200);
    assert.equal(media.open1.room, ROOM.number);
    const [participant] = roster.participants(ROOM.number);
    assert.deepEqual([participant?.user, participant?.device], ['alice', 'desk-phone']);
    const [caller] = seen;
    assert.deepEqual(caller?.identity, identity);
    assert.equal(caller?.outside, undefined);
    assert.equal(caller?.sourceAddress, '127.0.0.1');
    invite.listener?.ended('bye');
    assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
  });

  it('is hung up when the lobby sends the caller off', async () => {
    const world = setUp({ lobby: async () => undefined });
    const invite = await world.call(access);
    assert.equal(invite.dialog?.byes, 1);
    nothingLeft(world);
  });

  it('is over when the caller hangs up in the lobby, and nobody is in a room', async () => {
    const { closed, open } = gate();
    const identity = { user: user('alice') };
    const aborted: boolean[] = [];
    const world = setUp({
      async lobby(answered) {
        await closed;
        aborted.push(answered.ended.aborted);
        return { room: ROOM, identity, role: 'speaker' };
      },
    });
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER, ...access });
    const handled = world.dialIn(invite);
    await settle();
    invite.listener?.ended('bye');
    open();
    await handled;
    assert.deepEqual(aborted, [true]);
    nothingLeft(world);
  });

  it('is hung up when the lobby has no end', async () => {
    const world = setUp({
      lobbyMs: 1,
      lobby: ({ ended }) =>
        new Promise((resolve) => ended.addEventListener('abort', () => resolve(undefined), { once: true })),
    });
    const invite = await world.call(access);
    assert.equal(invite.dialog?.byes, 1);
    nothingLeft(world);
  });

  it('ends with the others when all calls are ended', async () => {
    const world = setUp({
      lobby: ({ ended }) =>
        new Promise((resolve) => ended.addEventListener('abort', () => resolve(undefined), { once: true })),
    });
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER, ...access });
    const handled = world.dialIn(invite);
    await settle();
    await world.focuses.endAll('shutdown');
    await handled;
    assert.equal(invite.dialog?.byes, 1);
    nothingLeft(world);
  });

  it('is hung up when something goes wrong in the lobby', async () => {
    const world = setUp({
      async lobby() {
        throw new Error('no prompt');
      },
    });
    const invite = await world.call(access);
    assert.equal(invite.dialog?.byes, 1);
    nothingLeft(world);
  });

  it('does not enter a room that is full, whatever the lobby found, and says so to the lobby', async () => {
    const barriers: (string | undefined)[] = [];
    const identity = { user: user('alice') };
    const world = setUp({
      maxParticipants: 1,
      async lobby(_answered, caller) {
        barriers.push(caller.barrier(ROOM, 'speaker'));
        return { room: ROOM, identity, role: 'speaker' };
      },
    });
    await world.call(access);
    const second = await world.call(access);
    assert.deepEqual(barriers, [undefined, 'full']);
    assert.equal(second.dialog?.byes, 1);
    assert.equal(world.roster.participantCount, 1);
    assert.equal(world.media.openCount, 1);
  });

  it('does not enter a room that its caller may not enter any more', async () => {
    const world = setUp({
      trunk,
      room: { ...withPin, pinVersion: 3 },
      lobby: async () => ({ room: { ...ROOM, ...withPin }, identity: guest, role: 'speaker' }),
    });
    const invite = await world.call(access);
    assert.equal(invite.dialog?.byes, 1);
    nothingLeft(world);
  });

  it('has the admission confirmed that access may have ended while its caller was in the lobby', async () => {
    const world = setUp({
      trunk,
      room: withPin,
      async lobby() {
        world.guard.epoch++;
        return { room: { ...ROOM, ...withPin }, identity: guest, role: 'speaker' };
      },
    });
    await world.call(access);
    assert.deepEqual(world.confirmed, [[ROOM.number, 3]]);
  });

  it('from a trunk is an outside line, known by its number', async () => {
    const seen: LobbyCaller[] = [];
    const world = setUp({
      trunk,
      room: withPin,
      async lobby(_answered, caller) {
        seen.push(caller);
        return { room: { ...ROOM, ...withPin }, identity: guest, role: 'speaker' };
      },
    });
    await world.call(access);
    const [participant] = world.roster.participants(ROOM.number);
    assert.deepEqual([participant?.name, participant?.device], ['+4930123456', 'outside-line']);
    const [caller] = seen;
    assert.equal(caller?.identity, undefined);
    assert.equal(caller?.outside?.caller, '+4930123456');
    assert.equal(caller?.language, 'de');
    assert.equal(caller?.room, undefined);
  });

  it('from a trunk to one of its own access numbers is in the lobby, too', async () => {
    let inLobby = 0;
    const world = setUp({
      trunk: { ...trunk, dialled: '4930999', accessNumber: true },
      async lobby() {
        inLobby++;
        return undefined;
      },
    });
    await world.call({ uri: 'sip:+4930999@127.0.0.1' });
    assert.equal(inLobby, 1);
  });

  it('from a trunk to a room with a PIN is asked for that alone', async () => {
    const seen: LobbyCaller[] = [];
    const world = setUp({
      trunk: { ...trunk, dialled: ROOM.number },
      room: withPin,
      async lobby(_answered, caller) {
        seen.push(caller);
        return undefined;
      },
    });
    await world.call();
    assert.equal(seen[0]?.room?.number, ROOM.number);
    nothingLeft(world);
  });

  for (const [dialled, what] of [
    [ROOM.number, 'a room without a PIN'],
    ['4999', 'a number of no room'],
    ['0123456789012345', 'a number that no room can have'],
  ] as const) {
    it(`from a trunk to ${what} is answered 404, and never authenticated`, async () => {
      const world = setUp({ trunk: { ...trunk, dialled }, challenge: { status: 407 } });
      assert.equal((await world.call()).reply1.status, 404);
      nothingLeft(world);
    });
  }

  it('from a trunk that has not shown who it is gets what the trunk says', async () => {
    const world = setUp({ trunk: { reply: { status: 401 } } });
    assert.equal((await world.call(access)).reply1.status, 401);
    nothingLeft(world);
  });
});
