import assert from 'node:assert/strict';
import { startAnnouncements } from '../../gateway/ivr/announcements.js';
import { silentLog } from '../support/silent-log.js';
import { settled } from './fakes.js';
import { peopleInRoom } from './people-in-room.js';

/** Each name lasts a second, and half a second of silence follows. */
const NAME_MS = 1500;

function setUp({ wanted = true }: { wanted?: boolean | Promise<boolean> } = {}) {
  const people = peopleInRoom();
  const stop = startAnnouncements({ ...people, wants: async () => wanted, log: silentLog });
  return { ...people, stop };
}

describe('telling a room who joined', () => {
  it('tells all but the one who did', async () => {
    const { join, voice } = setUp();
    await join('alice');
    await join('bob');
    assert.deepEqual(voice.told, ['2000: en joined(name=BOB/bob) but bob']);
  });

  it('tells nobody where the room does not want it', async () => {
    const { join, voice } = setUp({ wanted: false });
    await join('alice');
    await join('bob');
    assert.deepEqual(voice.told, []);
  });

  it('tells nobody of the first, since nobody is there', async () => {
    const { join, voice } = setUp();
    await join('alice');
    assert.deepEqual(voice.told, []);
  });

  it('says a guest’s name, for which there is no recording', async () => {
    const { join, roster, voice } = setUp();
    await join('alice');
    const { user: _, ...guest } = roster.find('alice')?.participant ?? assert.fail();
    roster.join('2000', { ...guest, id: 'guest', name: 'Gwen' });
    await join('bob');
    assert.equal(voice.told[0], '2000: en joined(name=Gwen) but guest');
  });

  it('says who is known by a telephone number alone digit by digit', async () => {
    const { join, roster, voice } = setUp();
    await join('alice');
    const { user: _, ...caller } = roster.find('alice')?.participant ?? assert.fail();
    roster.join('2000', { ...caller, id: 'caller', name: '+4930123456' });
    await join('bob');
    assert.equal(voice.told[0], '2000: en joined(name=digits +4930123456) but caller');
  });

  it('says one name after the other', async () => {
    const { join, pass, voice } = setUp();
    for (const id of ['alice', 'bob', 'carol']) await join(id);
    assert.equal(voice.told.length, 1);
    await pass(NAME_MS);
    assert.deepEqual(voice.told.slice(1), ['2000: en joined(name=CAROL/carol) but carol']);
  });

  it('leaves names unsaid where many join at once, and says the next one again', async () => {
    const { join, pass, voice } = setUp();
    await join('first');
    for (let i = 0; i < 50; i++) await join(`p${i}`);
    for (let i = 0; i < 60; i++) await pass(NAME_MS);
    assert.equal(voice.told.length, 3);
    await join('late');
    assert.match(voice.told.at(-1) ?? '', /LATE/);
  });

  it('does not say one who has left again before their turn', async () => {
    const { join, leave, pass, voice } = setUp();
    for (const id of ['alice', 'bob', 'carol']) await join(id);
    await leave('carol');
    await pass(NAME_MS);
    assert.equal(voice.told.length, 1);
  });

  it('says nothing once the gateway stops', async () => {
    const { join, pass, stop, voice } = setUp();
    for (const id of ['alice', 'bob', 'carol']) await join(id);
    stop();
    await pass(NAME_MS);
    await join('dave');
    assert.equal(voice.told.length, 1);
  });

  it('waits for no name to end once the gateway stops', async () => {
    const { clock, join, stop } = setUp();
    for (const id of ['alice', 'bob']) await join(id);
    assert.equal(clock.pending, 1);
    stop();
    assert.equal(clock.pending, 0);
  });

  it('does not say a name whose room is still being looked up as the gateway stops', async () => {
    let want = (_wanted: boolean) => {};
    const wanted = new Promise<boolean>((resolve) => {
      want = resolve;
    });
    const { clock, join, stop, voice } = setUp({ wanted });
    for (const id of ['alice', 'bob']) await join(id);
    stop();
    want(true);
    await settled();
    assert.deepEqual(voice.told, []);
    assert.equal(clock.pending, 0);
  });
});
