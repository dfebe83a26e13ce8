import assert from 'node:assert/strict';
import { startAlone } from '../../gateway/ivr/alone.js';
import { silentLog } from '../support/silent-log.js';
import { settled } from './fakes.js';
import { peopleInRoom, ROOM } from './people-in-room.js';

function setUp() {
  const people = peopleInRoom();
  const stop = startAlone({ ...people, log: silentLog });
  return { ...people, stop };
}

describe('who is alone in a room', () => {
  for (const device of ['desk-phone', 'outside-line', 'softphone'] as const) {
    it(`is told so a moment after they came, and hears music over and over on a ${device}`, async () => {
      const { join, pass, voice } = setUp();
      await join('alice', { device });
      await pass(1499);
      assert.equal(voice.playing('alice'), undefined);
      await pass(1);
      assert.equal(voice.playing('alice'), 'en alone');
      await voice.hearOut('alice');
      assert.equal(voice.playing('alice'), 'music...');
    });
  }

  it('is told so in their language', async () => {
    const { join, pass, voice } = setUp();
    await join('zhang');
    await pass(1500);
    assert.equal(voice.playing('zhang'), 'zh alone');
  });

  it('hears nothing more of it at once when another enters, nor does the other', async () => {
    const { join, pass, voice } = setUp();
    await join('alice');
    await pass(1500);
    await voice.hearOut('alice');
    await join('bob');
    await pass(60_000);
    assert.deepEqual([voice.playing('alice'), voice.playing('bob')], [undefined, undefined]);
    assert.deepEqual(voice.played('bob'), []);
  });

  it('hears no music when another enters during the words', async () => {
    const { join, pass, voice } = setUp();
    await join('alice');
    await pass(1500);
    await join('bob');
    assert.equal(voice.playing('alice'), undefined);
    assert.deepEqual(voice.played('alice'), ['en alone']);
  });

  it('is told nothing where two come at once', async () => {
    const { clock, join, pass, voice } = setUp();
    await join('alice');
    await pass(1000);
    await join('bob');
    await pass(60_000);
    assert.deepEqual(voice.played('alice'), []);
    assert.equal(clock.pending, 0);
  });

  it('is whoever stays behind', async () => {
    const { join, leave, pass, voice } = setUp();
    await join('alice');
    await join('bob');
    await leave('alice');
    await pass(1500);
    assert.equal(voice.playing('bob'), 'en alone');
    assert.equal(voice.playing('alice'), undefined);
  });

  it('hears nothing while they hold the call, and music again after it', async () => {
    const { join, pass, roster, voice } = setUp();
    await join('alice');
    await pass(1500);
    roster.update('alice', { held: true });
    await pass(60_000);
    assert.equal(voice.playing('alice'), undefined);
    roster.update('alice', { held: false });
    await pass(1500);
    assert.equal(voice.playing('alice'), 'en alone');
  });

  it('hears the music on after an answer that came in between', async () => {
    const { join, pass, sounds, speaker, voice } = setUp();
    await join('alice');
    await pass(1500);
    await voice.hearOut('alice');
    sounds.answer('alice', await speaker.say('en', 'count-alone'));
    assert.equal(voice.playing('alice'), 'en count-alone');
    await voice.hearOut('alice');
    assert.equal(voice.playing('alice'), 'music...');
  });

  it('hears no music after an answer during which another entered', async () => {
    const { join, pass, sounds, speaker, voice } = setUp();
    await join('alice');
    await pass(1500);
    sounds.answer('alice', await speaker.say('en', 'count-alone'));
    await settled();
    await join('bob');
    assert.equal(voice.playing('alice'), 'en count-alone');
    await voice.hearOut('alice');
    assert.equal(voice.playing('alice'), undefined);
  });

  it('hears nothing more once the gateway stops', async () => {
    const { clock, join, pass, roster, stop, voice } = setUp();
    await join('alice');
    await pass(1500);
    stop();
    assert.equal(voice.playing('alice'), undefined);
    roster.leave('alice', 'shutdown');
    await join('bob');
    assert.deepEqual([clock.pending, roster.countIn(ROOM)], [0, 1]);
  });
});
