import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { MuteNotices } from '../../gateway/ivr/mute-notices.js';
import { startRoomMenu } from '../../gateway/ivr/room-menu.js';
import { moderates } from '../../gateway/rooms/admission.js';
import { silentLog } from '../support/silent-log.js';
import { peopleInRoom, ROOM } from './people-in-room.js';

/** Alice moderates, Bob is a member: both on desk phones, in a room. */
async function setUp() {
  const people = peopleInRoom();
  const { roster } = people;
  const done: string[] = [];
  const liveRooms = {
    async setMuted(id: string, muted: boolean) {
      done.push(`muted ${id} ${muted}`);
      if (roster.find(id) === undefined) throw new RoomlineError('not-found', 'gone');
      roster.update(id, { muted });
    },
    async setHandRaised(id: string, handRaised: boolean) {
      done.push(`hand ${id} ${handRaised}`);
      const found = roster.find(id);
      if (found !== undefined) roster.update(id, { handRaised });
    },
    async muteAll(room: string) {
      done.push(`mute all ${room}`);
      const others = roster.participants(room).filter(({ muted, role }) => !muted && !moderates(role));
      for (const { id } of others) roster.update(id, { muted: true });
      return others.length;
    },
    async setLocked(room: string, locked: boolean) {
      done.push(`locked ${room} ${locked}`);
      roster.setLocked(room, locked);
    },
  };
  const muteNotices = new MuteNotices({ ...people, log: silentLog });
  const stopMenu = startRoomMenu({ ...people, liveRooms, muteNotices, log: silentLog });
  await people.join('alice', { role: 'moderator' });
  await people.join('bob');
  const stop = () => {
    stopMenu();
    muteNotices.stop();
  };
  return { ...people, done, liveRooms, stop };
}

describe('the keypad in a room', () => {
  it('says how many others are here at *1, to the caller alone', async () => {
    const { join, press, voice } = await setUp();
    await join('carol');
    await press('bob', '*1');
    assert.deepEqual(voice.played('bob'), ['en count-here(count=2)']);
    assert.deepEqual([voice.played('alice'), voice.told], [[], []]);
  });

  it('says at *1 that nobody else is here', async () => {
    const { leave, press, voice } = await setUp();
    await leave('alice');
    await press('bob', '*1');
    assert.deepEqual(voice.played('bob'), ['en count-alone']);
  });

  it('answers in the language of the one who asks', async () => {
    const { join, press, voice } = await setUp();
    await join('zhang');
    await press('zhang', '*1');
    assert.deepEqual(voice.played('zhang'), ['zh count-here(count=2)']);
  });

  it('mutes at *6 and lets be heard again at the next, saying each once', async () => {
    const { done, press, voice } = await setUp();
    await press('bob', '*6');
    await press('bob', '*6');
    assert.deepEqual(done, ['muted bob true', 'muted bob false']);
    assert.deepEqual(voice.played('bob'), ['en muted', 'en unmuted']);
  });

  it('does not let a listener be heard at *6', async () => {
    const { done, join, press, voice } = await setUp();
    await join('lena', { role: 'listener', muted: true });
    await press('lena', '*6');
    assert.deepEqual([done, voice.played('lena')], [[], ['en listener']]);
  });

  it('raises and lowers a hand at *5', async () => {
    const { done, press, voice } = await setUp();
    await press('bob', '*5');
    await press('bob', '*5');
    assert.deepEqual(done, ['hand bob true', 'hand bob false']);
    assert.deepEqual(voice.played('bob'), ['en hand-raised', 'en hand-lowered']);
  });

  it('says at *0 what there is, and more to those who moderate', async () => {
    const { join, press, voice } = await setUp();
    await join('olga', { role: 'owner' });
    for (const id of ['alice', 'bob', 'olga']) await press(id, '*0');
    assert.deepEqual(voice.played('bob'), ['en menu']);
    assert.deepEqual([...voice.played('alice'), ...voice.played('olga')], ['en menu-moderator', 'en menu-moderator']);
  });

  it('locks the room at a moderator’s *9, and unlocks it at the next', async () => {
    const { done, press, voice } = await setUp();
    await press('alice', '*9');
    await press('alice', '*9');
    assert.deepEqual(done, ['locked 2000 true', 'locked 2000 false']);
    assert.deepEqual(voice.played('alice'), ['en room-locked', 'en room-unlocked']);
  });

  it('unlocks at *9 a room that was locked from elsewhere, and locks a new one', async () => {
    const { done, join, leave, press, roster } = await setUp();
    roster.setLocked(ROOM, true);
    await press('alice', '*9');
    roster.setLocked(ROOM, true);
    for (const id of ['alice', 'bob']) await leave(id);
    await join('alice', { role: 'moderator' });
    await press('alice', '*9');
    assert.deepEqual(done, ['locked 2000 false', 'locked 2000 true']);
  });

  it('mutes all at a moderator’s *8, and tells those on telephones who did', async () => {
    const { done, join, press, voice } = await setUp();
    await join('sophie', { device: 'softphone' });
    await join('oscar', { device: 'outside-line' });
    await press('alice', '*8');
    assert.deepEqual(done, ['mute all 2000']);
    assert.deepEqual(voice.played('alice'), ['en all-muted']);
    assert.deepEqual(
      [...voice.played('bob'), ...voice.played('oscar')],
      ['en muted-by-moderator', 'en muted-by-moderator'],
    );
    assert.deepEqual(voice.played('sophie'), []);
  });

  for (const code of ['*8', '*9']) {
    it(`does nothing for others at ${code}, and says so`, async () => {
      const { done, press, voice } = await setUp();
      await press('bob', code);
      assert.deepEqual([done, voice.played('bob')], [[], ['en not-moderator']]);
    });
  }

  it('tells those on telephones that they were muted, or are heard again, from elsewhere', async () => {
    const { liveRooms, pass, roster, voice } = await setUp();
    await liveRooms.setMuted('bob', true);
    await pass(0);
    await liveRooms.setMuted('bob', false);
    await pass(0);
    roster.update('bob', { role: 'listener' });
    roster.update('bob', { muted: true });
    await pass(0);
    assert.deepEqual(voice.played('bob'), ['en muted', 'en unmuted', 'en listener']);
  });

  it('takes no digit without a star, and none too long after it', async () => {
    const { done, pass, press, voice } = await setUp();
    await press('bob', '6');
    await press('bob', '*');
    await pass(4001);
    await press('bob', '6');
    await press('bob', '*#6');
    await press('bob', '*7');
    assert.deepEqual([done, voice.played('bob')], [[], []]);
    await press('bob', '*');
    await pass(4000);
    await press('bob', '6');
    assert.deepEqual(done, ['muted bob true']);
  });

  it('keeps apart what several press', async () => {
    const { done, press } = await setUp();
    await press('bob', '*');
    await press('alice', '6');
    assert.deepEqual(done, []);
    await press('bob', '6');
    assert.deepEqual(done, ['muted bob true']);
  });

  it('stops speaking at the next star', async () => {
    const { press, voice } = await setUp();
    await press('bob', '*0');
    assert.equal(voice.playing('bob'), 'en menu');
    await press('bob', '*');
    assert.equal(voice.playing('bob'), undefined);
  });

  it('answers the last of several codes that come at once', async () => {
    const { press, voice } = await setUp();
    await press('bob', '*0*1');
    assert.deepEqual(voice.played('bob'), ['en count-here(count=1)']);
  });

  it('says nothing more to one who has left', async () => {
    const { join, leave, press, roster, voice } = await setUp();
    await press('bob', '*0');
    await leave('bob');
    assert.equal(voice.playing('bob'), undefined);
    await join('bob');
    for (const digit of '*1') roster.digit('bob', digit, 100);
    await leave('bob');
    assert.deepEqual(voice.played('bob'), ['en menu']);
  });

  it('forgets a star with the one who pressed it', async () => {
    const { done, join, leave, press } = await setUp();
    await press('bob', '*');
    await leave('bob');
    await join('bob');
    await press('bob', '6');
    assert.deepEqual(done, []);
  });

  it('listens no more once the gateway stops', async () => {
    const { done, press, stop, voice } = await setUp();
    stop();
    await press('bob', '*6');
    assert.deepEqual([done, voice.played('bob')], [[], []]);
  });
});
