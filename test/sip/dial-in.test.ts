import assert from 'node:assert/strict';
import { silentLog } from '../../gateway/log.js';
import type { Room, Standing } from '../../gateway/rooms/room.js';
import { Roster } from '../../gateway/rooms/roster.js';
import { createDialIn } from '../../gateway/sip/dial-in.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import { Focuses } from '../../gateway/sip/focuses.js';
import type { PhoneIdentity } from '../../gateway/sip/identity.js';
import type { Leg } from '../../gateway/sip/leg.js';
import type { Lobby, LobbyCaller, TrunkCall } from '../../gateway/sip/lobby.js';
import { createReception } from '../../gateway/sip/reception.js';
import type { Reply } from '../../gateway/sip/sip-server.js';
import {
  FakeMedia,
  FakeRequest,
  type FakeRequestOptions,
  finder,
  gate,
  MemoryInvitations,
  OFFER,
  ROOM,
  settle,
  user,
} from './fakes.js';

const SDP = { 'content-type': 'application/sdp' };

function setUp(
  options: {
    caller?: PhoneIdentity;
    room?: Partial<Room>;
    standing?: Standing;
    challenge?: Reply;
    maxParticipants?: number;
    trunk?: TrunkCall | { reply: Reply };
    /** What the lobby does with those who come. */
    lobby?: Lobby;
    lobbyMs?: number;
  } = {},
) {
  const media = new FakeMedia();
  const roster = new Roster();
  const lookups: string[] = [];
  const focuses = new Focuses({
    media,
    roster,
    log: silentLog,
    minSessionSeconds: 90,
    optionsIntervalMs: 15_000,
    optionsTimeoutMs: 8000,
    maxParticipants: options.maxParticipants ?? 10,
  });
  const world = { draining: false, lookup: Promise.resolve() };
  const guard = { epoch: 3, confirm: (leg: Leg, since: number) => void confirmed.push([leg.room, since]) };
  const confirmed: [string, number][] = [];
  const rooms = finder([{ ...ROOM, ...options.room }], {
    standing: options.standing,
    async onLook(number) {
      lookups.push(number);
      await world.lookup;
    },
  });
  const doorkeeper = createDoorkeeper(rooms, new MemoryInvitations());
  const { lobby = async () => assert.fail('nobody shall be in the lobby'), lobbyMs = 60_000 } = options;
  const dialIn = createDialIn({
    identifyTrunk: async () => options.trunk,
    reception: createReception({ lobby, focuses, doorkeeper, guard, log: silentLog, lobbyMs }),
    accessNumbers: ['1000'],
    rooms,
    authenticate: async () =>
      options.challenge === undefined
        ? { authenticated: true, identity: options.caller ?? { user: user('alice') }, device: 'desk-phone' }
        : { authenticated: false, reply: options.challenge },
    guard,
    doorkeeper,
    focuses,
    minSessionSeconds: 90,
    draining: () => world.draining,
  });
  async function call(request: Partial<FakeRequestOptions> = {}): Promise<FakeRequest> {
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER, ...request });
    await dialIn(invite);
    return invite;
  }
  return { media, roster, lookups, focuses, world, guard, confirmed, dialIn, call };
}

async function statusOf(answered: Promise<FakeRequest>): Promise<number> {
  const invite = await answered;
  assert.equal(invite.replies.length, 1);
  return invite.reply1.status;
}

describe('a call to a number', () => {
  it('lets a member of the group into its room', async () => {
    const { roster, call } = setUp();
    assert.equal(await statusOf(call()), 200);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name, role }) => [name, role]),
      [['alice', 'speaker']],
    );
  });

  it('has the admission confirmed that access may have ended since', async () => {
    const { call, confirmed, guard, world } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const answered = call();
    await settle();
    guard.epoch++;
    open();
    assert.equal(await statusOf(answered), 200);
    assert.deepEqual(confirmed, [['2000', 3]]);
  });

  it('makes a moderator of the group one in the room', async () => {
    const alice = user('alice');
    const memberships = alice.memberships.map((membership) => ({ ...membership, role: 'moderator' as const }));
    const { roster, call } = setUp({ caller: { user: { ...alice, memberships } } });
    await call();
    assert.equal(roster.participants('2000')[0]?.role, 'moderator');
  });

  it('is 404 for a number without a room, of any length, and for what is no number', async () => {
    const { call, media } = setUp();
    for (const target of ['2001', '1', '999999999999999999', 'alice', '20%300', '2000;evil', '', '+492000', '٢٠٠٠']) {
      const status = target === '20%300' || target === '2000;evil' ? 200 : 404;
      assert.equal(await statusOf(call({ uri: `sip:${target}@127.0.0.1` })), status, target);
    }
    assert.equal(await statusOf(call({ uri: 'sip:127.0.0.1' })), 404);
    assert.equal(await statusOf(call({ uri: 'tel:2000' })), 404);
    assert.equal(media.legs.length, 2);
  });

  it('is 403 for one who may not enter, and no media is opened', async () => {
    const { call, media } = setUp({ caller: { user: user('erin', ['sales']) } });
    assert.equal(await statusOf(call()), 403);
    assert.equal(media.legs.length, 0);
  });

  it('lets in those who asked for a temporary room, or are invited, and nobody else', async () => {
    const erin = { user: user('erin', ['sales']) };
    const temporary = { kind: 'temporary' as const, team: 'T' };
    assert.equal(await statusOf(setUp({ caller: erin, room: temporary }).call()), 403);
    for (const standing of ['asked', 'invited'] as const) {
      const { roster, call } = setUp({ caller: erin, room: temporary, standing });
      assert.equal(await statusOf(call()), 200);
      assert.equal(roster.participants('2000')[0]?.role, 'speaker');
    }
    assert.equal(await statusOf(setUp({ caller: erin, standing: 'invited' }).call()), 200);
  });

  it('lets the owner of an exclusive room in as such, and those who are invited', async () => {
    const exclusive = { kind: 'exclusive' as const, ownerId: 'id-alice' };
    const own = setUp({ room: exclusive });
    assert.equal(await statusOf(own.call()), 200);
    assert.equal(own.roster.participants('2000')[0]?.role, 'owner');
    const bob = { user: user('bob') };
    assert.equal(await statusOf(setUp({ caller: bob, room: exclusive }).call()), 403);
    assert.equal(await statusOf(setUp({ caller: bob, room: exclusive, standing: 'invited' }).call()), 200);
  });

  it('lets a guest into the room of their PIN alone, while it has that PIN', async () => {
    const guest = { id: 'g1', name: 'Zoe', room: '2000', pinVersion: 3 };
    const withPin = { hasPin: true, pinVersion: 3 };
    const { roster, call } = setUp({ caller: { guest }, room: withPin });
    assert.equal(await statusOf(call()), 200);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name, name: shown, role }) => [name, shown, role]),
      [[undefined, 'Zoe', 'speaker']],
    );
    for (const [what, room, of] of [
      ['another room', withPin, { ...guest, room: '2001' }],
      ['an older PIN', { hasPin: true, pinVersion: 4 }, guest],
      ['no PIN any more', { hasPin: false }, guest],
    ] as const) {
      assert.equal(await statusOf(setUp({ caller: { guest: of }, room }).call()), 403, what);
    }
  });

  it('is challenged before anything is looked up or opened', async () => {
    const { call, lookups, focuses, media } = setUp({ challenge: { status: 407 } });
    for (let count = 0; count < 100; count++) assert.equal(await statusOf(call()), 407);
    assert.deepEqual([lookups.length, media.legs.length, focuses.counts().legs], [0, 0, 0]);
  });

  it('is 486 when the room is full', async () => {
    const { call } = setUp({ maxParticipants: 1 });
    assert.equal(await statusOf(call()), 200);
    assert.equal(await statusOf(call()), 486);
  });

  it('is 503 with Retry-After while draining, also when that begins on the way', async () => {
    const { call, world, media } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const onTheWay = call();
    await settle();
    world.draining = true;
    open();
    for (const invite of [await onTheWay, await call()]) {
      assert.equal(invite.reply1.status, 503);
      assert.ok(Number(invite.reply1.headers?.['Retry-After']) > 0);
    }
    assert.equal(media.legs.length, 0);
  });

  it('is 420 for an extension we lack, 415 for another body, 481 within a dialog that is no more', async () => {
    const { call } = setUp();
    assert.equal(await statusOf(call({ headers: { ...SDP, require: '100rel' } })), 420);
    assert.equal(await statusOf(call({ headers: { 'content-type': 'multipart/mixed' } })), 415);
    assert.equal(await statusOf(call({ headers: { ...SDP, to: '<sip:2000@h>;tag=x' } })), 481);
  });

  it('gets a session timer where the phone asks for one', async () => {
    const { call } = setUp();
    const asked = { ...SDP, supported: 'replaces, timer' };
    const expires = async (headers: Record<string, string>) => {
      const { headers: sent } = (await call({ headers })).reply1;
      return [sent?.['Session-Expires'], sent?.Require];
    };
    assert.deepEqual(await expires({ ...asked, 'session-expires': '1800' }), ['1800;refresher=uac', 'timer']);
    assert.deepEqual(await expires({ ...asked, 'session-expires': '1800;refresher=uas' }), [
      '1800;refresher=uas',
      undefined,
    ]);
    assert.deepEqual(await expires({ ...asked, x: '200;refresher=uac', 'min-se': '180' }), [
      '200;refresher=uac',
      'timer',
    ]);
    assert.deepEqual(await expires({ ...SDP, 'session-expires': '60' }), ['90;refresher=uas', undefined]);
    assert.deepEqual(await expires({ ...asked, 'session-expires': '9999999999' }), ['86400;refresher=uac', 'timer']);
    assert.deepEqual(await expires(asked), [undefined, undefined]);
    const short = (await call({ headers: { ...asked, 'session-expires': '60' } })).reply1;
    assert.equal(short.status, 422);
    assert.equal(short.headers?.['Min-SE'], '90');
  });

  it('leaves nothing behind when the caller cancels while the room is looked up', async () => {
    const { dialIn, world, focuses, media, roster } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER });
    const answered = dialIn(invite);
    await settle();
    invite.cancel();
    open();
    await answered;
    assert.deepEqual(
      invite.replies.map((reply) => reply.status),
      [487],
    );
    assert.equal(media.openCount, 0);
    assert.equal(roster.participantCount, 0);
    assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
  });
});

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
