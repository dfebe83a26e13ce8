import assert from 'node:assert/strict';
import pino from 'pino';
import { RoomlineError } from '../../gateway/errors.js';
import { createLobby, type LobbyCaller, type LobbyIdentity } from '../../gateway/ivr/lobby.js';
import type { Log } from '../../gateway/log.js';
import { type Admission, admit, admitGuest } from '../../gateway/rooms/admission.js';
import type { Room } from '../../gateway/rooms/room.js';
import type { User } from '../../gateway/rooms/user.js';
import { FakeClock } from '../engine/fake-clock.js';
import { silentLog } from '../support/silent-log.js';
import { FakeCall, FakeSpeaker, settled } from './fakes.js';

const OPEN: Room = { number: '2000', kind: 'group', title: 'Open', groupId: 'open', hasPin: true, pinVersion: 7 };
const CLOSED: Room = { number: '3000', kind: 'group', title: 'Closed', groupId: 'closed', hasPin: false };

const WELCOME = 'en lobby-welcome';
const ENTER_ROOM = 'en lobby-enter-room';
const ENTER_PIN = 'en lobby-enter-pin';

function member(...groupIds: string[]): User {
  return {
    id: 'id-bob',
    name: 'bob',
    displayName: 'Bob B.',
    admin: false,
    revokedBefore: new Date(0),
    memberships: groupIds.map((groupId) => ({
      groupId,
      group: groupId,
      title: groupId,
      role: 'member',
      hasPin: false,
    })),
  };
}

/** Somebody is in the lobby; the PIN of the open room is 1234. */
async function setUp(
  caller: Partial<LobbyCaller> = { outside: { trunk: 'provider', caller: '+4930123' } },
  log: Log = silentLog,
) {
  const speaker = new FakeSpeaker();
  const call = new FakeCall(speaker);
  const clock = new FakeClock();
  const world = {
    speaker,
    call,
    clock,
    rooms: [OPEN, CLOSED] as Room[],
    /** What was asked of the rooms, and of the PINs. */
    asked: [] as string[],
    refused: [] as string[],
    wrongPin: () => new RoomlineError('forbidden', 'wrong'),
    entry: undefined as Awaited<ReturnType<ReturnType<typeof createLobby>>>,
    over: false,
    /** Hears what is said, one after the other, until nothing more is. */
    async hearOut() {
      while (call.playing !== undefined && call.playing !== 'entered') await call.hearOut();
    },
  };
  const find = async (number: string) => {
    world.asked.push(`find ${number}`);
    return world.rooms.find((room) => room.number === number);
  };
  const lobby = createLobby({
    speaker,
    clock,
    rooms: {
      find,
      async look(number, identity) {
        const room = await find(number);
        return room && { room, admission: admission(room, identity) };
      },
    },
    async checkPin(number, pin, source) {
      world.asked.push(`pin ${number} ${source}`);
      if (number !== OPEN.number || pin !== '1234') throw world.wrongPin();
      return 7;
    },
    tries: 3,
    digitMs: 8000,
    numberLengths: new Set([4]),
    log,
    onRefused: (why) => world.refused.push(why),
  });
  void lobby(call, { sourceAddress: '192.0.2.1', barrier: () => undefined, ...caller }).then((entry) => {
    world.entry = entry;
    world.over = true;
  });
  await settled();
  return world;
}

function admission(room: Room, identity: LobbyIdentity): Admission {
  return 'user' in identity ? admit(room, identity.user) : admitGuest(room, identity.guest);
}

describe('the lobby', () => {
  describe('for a caller from outside', () => {
    it('welcomes them, asks for the room, then for its PIN, and lets them in as a guest', async () => {
      const world = await setUp();
      const { call } = world;
      assert.equal(call.playing, WELCOME);
      await call.hearOut();
      assert.equal(call.playing, ENTER_ROOM);
      await call.press('2000#');
      assert.equal(call.playing, ENTER_PIN);
      await call.press('1234#');
      assert.deepEqual(call.played, [WELCOME, ENTER_ROOM, ENTER_PIN, 'entered']);
      assert.ok(world.entry !== undefined && 'guest' in world.entry.identity);
      const { room, role, identity } = world.entry;
      assert.deepEqual([room, role], [OPEN, 'speaker']);
      assert.match(identity.guest.id, /^[0-9a-f]{32}$/);
      assert.deepEqual({ ...identity.guest, id: '' }, { id: '', name: '+4930123', room: '2000', pinVersion: 7 });
      assert.deepEqual(world.refused, []);
    });

    it('takes room and PIN pressed at once, and asks for nothing', async () => {
      const world = await setUp();
      await world.call.press('2000#1234#');
      assert.equal(world.entry?.room.number, '2000');
      assert.deepEqual(world.call.played, [WELCOME, 'entered']);
    });

    it('takes a number of full length without the number sign, a moment later', async () => {
      const world = await setUp();
      await world.hearOut();
      await world.call.press('2000');
      world.clock.advance(3000);
      await settled();
      assert.equal(world.call.playing, ENTER_PIN);
    });

    for (const [what, number] of [
      ['a number no room has', '9999'],
      ['a room that lets no guests in', '3000'],
    ] as const) {
      it(`says of ${what} that there is no such room, and asks again`, async () => {
        const world = await setUp();
        await world.call.press(`${number}#1234#`);
        assert.deepEqual(world.asked, [`find ${number}`]);
        await world.hearOut();
        assert.deepEqual(world.call.played, [WELCOME, 'en lobby-unknown-room', ENTER_ROOM]);
        assert.deepEqual(world.refused, ['unknown-room']);
      });
    }

    it('asks for no such room as nobody’s number is', async () => {
      const world = await setUp();
      await world.call.press('20#');
      assert.deepEqual(world.refused, ['unknown-room']);
      assert.deepEqual(world.asked, []);
    });

    it('says goodbye after three numbers of no room', async () => {
      const world = await setUp();
      for (const number of ['9997#', '9998#', '9999#']) {
        await world.call.press(number);
        await world.hearOut();
      }
      assert.deepEqual(world.refused, ['unknown-room', 'unknown-room', 'unknown-room']);
      assert.equal(world.call.played.at(-1), 'en goodbye');
      assert.deepEqual([world.over, world.entry], [true, undefined]);
    });

    it('says goodbye after three wrong PINs', async () => {
      const world = await setUp();
      await world.call.press('2000#');
      for (const pin of ['1111#', '2222#', '3333#']) {
        await world.call.press(pin);
        assert.equal(world.call.playing, 'en lobby-wrong-pin');
        await world.hearOut();
      }
      assert.deepEqual(world.refused, ['wrong-pin', 'wrong-pin', 'wrong-pin']);
      assert.equal(world.call.played.at(-1), 'en goodbye');
      assert.deepEqual([world.over, world.entry], [true, undefined]);
    });

    it('lets them in with the right PIN after a wrong one', async () => {
      const world = await setUp();
      await world.call.press('2000#1111#');
      await world.call.press('1234#');
      assert.equal(world.entry?.room.number, '2000');
    });

    it('writes no number of a caller in full to the log', async () => {
      const lines: string[] = [];
      const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
      const world = await setUp({ outside: { trunk: 'provider', caller: '+4930123456' } }, log);
      await world.call.press('9999#');
      assert.match(lines.join(), /"trunk":"provider","caller":"\+493012\*{4}"/);
      assert.doesNotMatch(lines.join(), /123456/);
    });

    it('counts wrong PINs by caller, since all of a trunk come from one address', async () => {
      const world = await setUp();
      await world.call.press('2000#1111#');
      assert.deepEqual(world.asked, ['find 2000', 'pin 2000 trunk provider +4930123']);
    });

    it('looks at no more PINs once there were too many wrong ones', async () => {
      const world = await setUp();
      world.wrongPin = () => new RoomlineError('too-many', 'wait');
      await world.call.press('2000#1111#1234#');
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, 'en lobby-not-allowed', 'en goodbye']);
      assert.deepEqual(world.refused, ['too-many-tries']);
      assert.equal(world.over, true);
    });

    it('says that it cannot connect anyone while too many PINs wait to be looked at', async () => {
      const world = await setUp();
      world.wrongPin = () => new RoomlineError('unavailable', 'too many wait');
      await world.call.press('2000#1111#');
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, 'en lobby-unavailable', 'en goodbye']);
      assert.deepEqual(world.refused, ['unavailable']);
    });

    it('asks for nothing but the PIN of the room that was dialled', async () => {
      const world = await setUp({ outside: { trunk: 'provider', caller: '' }, room: OPEN });
      await world.call.hearOut();
      assert.equal(world.call.playing, ENTER_PIN);
      await world.call.press('1234#');
      assert.ok(world.entry !== undefined && 'guest' in world.entry.identity);
      assert.equal(world.entry.identity.guest.name, 'anonymous');
    });

    it('lets nobody into a dialled room that has no PIN', async () => {
      const world = await setUp({ outside: { trunk: 'provider', caller: '' }, room: CLOSED });
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, 'en lobby-unknown-room', 'en goodbye']);
      assert.equal(world.entry, undefined);
    });
  });

  describe('for a user', () => {
    it('lets them into a room they may enter without a PIN, as who they are', async () => {
      const user = member('closed');
      const world = await setUp({ identity: { user } });
      await world.call.press('3000#');
      assert.deepEqual(world.entry, { room: CLOSED, identity: { user }, role: 'speaker' });
    });

    it('asks for the PIN of a room they are not of', async () => {
      const world = await setUp({ identity: { user: member('closed') } });
      await world.call.press('2000#1234#');
      assert.ok(world.entry !== undefined && 'guest' in world.entry.identity);
      assert.equal(world.entry.identity.guest.name, 'Bob B.');
      assert.deepEqual(world.asked.at(-2), 'pin 2000 192.0.2.1');
    });

    it('tells them that they may not enter a room without a PIN', async () => {
      const world = await setUp({ identity: { user: member('open') } });
      await world.call.press('3000#');
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, 'en lobby-not-allowed', ENTER_ROOM]);
      assert.deepEqual(world.refused, ['not-allowed']);
    });

    it('speaks their language', async () => {
      const world = await setUp({ identity: { user: { ...member(), language: 'zh' } }, language: 'en' });
      assert.equal(world.call.playing, 'zh lobby-welcome');
    });
  });

  for (const why of ['locked', 'full'] as const) {
    it(`says that a room is ${why}, and goodbye`, async () => {
      const world = await setUp({ identity: { user: member('closed') }, barrier: () => why });
      await world.call.press('3000#');
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, `en lobby-${why}`, 'en goodbye']);
      assert.deepEqual([world.refused, world.over, world.entry], [[why], true, undefined]);
    });
  }

  it('says that it cannot connect anyone while the rooms cannot be found', async () => {
    for (const error of [new RoomlineError('unavailable', 'no database'), new Error('a fault')]) {
      const world = await setUp();
      world.rooms = new Proxy<Room[]>([], {
        get() {
          throw error;
        },
      });
      await world.call.press('2000#');
      await world.hearOut();
      assert.deepEqual(world.call.played, [WELCOME, 'en lobby-unavailable', 'en goodbye']);
      assert.deepEqual(world.refused, ['unavailable']);
    }
  });

  it('asks one who says nothing three times, and says goodbye', async () => {
    const world = await setUp();
    for (let times = 0; times < 3; times++) {
      await world.hearOut();
      world.clock.advance(8000);
      await settled();
    }
    await world.hearOut();
    assert.deepEqual(world.call.played, [WELCOME, ENTER_ROOM, ENTER_ROOM, ENTER_ROOM, 'en goodbye']);
    assert.deepEqual([world.over, world.refused], [true, []]);
  });

  for (const [when, reach] of [
    ['during the welcome', []],
    ['while a number is pressed', ['20']],
    ['while the PIN is asked for', ['2000#']],
    ['while the PIN is pressed', ['2000#', '12']],
    ['while a refusal is said', ['9999#']],
  ] as const) {
    it(`is over when they hang up ${when}, and leaves nothing behind`, async () => {
      const world = await setUp();
      for (const keys of reach) await world.call.press(keys);
      await world.call.hangUp();
      assert.deepEqual([world.over, world.entry], [true, undefined]);
      assert.deepEqual([world.call.listeners, world.clock.pending], [0, 0]);
      assert.equal(world.call.playing, undefined);
    });
  }
});
