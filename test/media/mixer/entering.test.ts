import assert from 'node:assert/strict';
import { eventually, within } from '../../support/eventually.js';
import { assertHeardOnce, MUSIC_HZ, music, prompt } from '../../support/prompt.js';
import type { RtpPhone } from '../../support/rtp-phone.js';
import { goertzelLevel } from '../../support/signal.js';
import { withoutSkips } from '../../support/without-skips.js';
import { assertSteady, Bench, hears, hearsOnly, sockets } from './mixer-bench.js';

const TONES = [500, 700, 900, MUSIC_HZ];

function digits(bench: Bench): string {
  return bench
    .events('digit')
    .map(({ leg, digit }) => `${leg} ${digit}`)
    .join();
}

describe('a mixer with legs apart', function () {
  this.timeout(120_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await Bench.start();
  });

  afterEach(() => bench.stop());

  it('lets them hear what is played to them alone, and nobody hear them', async () => {
    const inside = await bench.enter('room', 'inside', { frequencyHz: 500 });
    const listener = await bench.enter('room', 'listener');
    const one = await bench.enter(null, 'one', { frequencyHz: 700 });
    const two = await bench.enter(null, 'two', { frequencyHz: 900 });
    bench.mixer.play('one', music(), { loop: true });
    await hearsOnly(one, [MUSIC_HZ], TONES);
    await hearsOnly(two, [], TONES);
    await hearsOnly(listener, [500], TONES);
    assert.deepEqual(await hears(inside, TONES), []);
    assert.equal((await bench.mixer.stats()).rooms, 1);
    const talkers = bench.events('talking').map(({ leg }) => leg);
    assert.deepEqual([...new Set(talkers)], ['inside']);
  });

  it('sends them a steady stream of silence, tells their digits, and when they are idle', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 500, audioUnderEvents: true });
    await phone.hear(5);
    await phone.sendDigit('4');
    await phone.sendDigit('#');
    await phone.hear(20);
    assertSteady(phone.packets);
    assert.ok(phone.heard().every((sample) => sample === 0));
    await eventually(
      'both keys',
      () => digits(bench),
      (seen) => seen === 'leg 4,leg #',
    );
    assert.deepEqual(bench.events('idle'), []);
    phone.sending = false;
    await eventually(
      'the leg to be idle',
      () => bench.events('idle').length,
      (count) => count > 0,
    );
  });

  it('takes one into a room: it hears and is heard, is said to talk, and hears what is played to it all the while', async () => {
    const inside = await bench.enter('room', 'inside', { frequencyHz: 500 });
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700 });
    bench.mixer.play('leg', music(), { loop: true });
    await hearsOnly(phone, [MUSIC_HZ], TONES);
    assert.equal(await bench.mixer.enter('leg', 'room'), undefined);
    await hearsOnly(phone, [500, MUSIC_HZ], TONES);
    await hearsOnly(inside, [700], TONES);
    assertSteady(phone.packets);
    assert.deepEqual(bench.events('talking').at(-1), { leg: 'leg', talking: true });
    await bench.mixer.close('inside');
    await hearsOnly(phone, [MUSIC_HZ], TONES);
    await bench.mixer.close('leg');
    assert.deepEqual(await bench.mixer.stats(), { legs: [], rooms: 0 });
  });

  it('begins a room with the first that enters', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700 });
    await bench.mixer.enter('leg', 'room');
    const other = await bench.enter('room', 'other', { frequencyHz: 500 });
    await hearsOnly(phone, [500], TONES);
    await hearsOnly(other, [700], TONES);
    assert.equal((await bench.mixer.stats()).rooms, 1);
  });

  it('takes nobody into a second room, and nobody who has no port', async () => {
    await bench.enter('room', 'leg');
    await assert.rejects(bench.mixer.enter('leg', 'another'), { kind: 'conflict' });
    await assert.rejects(bench.mixer.enter('nobody', 'room'), { kind: 'not-found' });
    assert.equal((await bench.mixer.stats()).rooms, 1);
  });
});

describe('a mixer with several threads', function () {
  this.timeout(120_000);
  let bench: Bench;
  let inside: RtpPhone;

  beforeEach(async () => {
    bench = await Bench.start({ threads: 2 });
    // On the first thread; the next leg is on the second.
    inside = await bench.enter('room', 'inside', { frequencyHz: 500 });
  });

  afterEach(() => bench.stop());

  /** Takes a leg into the room on the other thread, as its anchor follows it. */
  async function enter(leg: string, phone: RtpPhone): Promise<void> {
    const address = await bench.mixer.enter(leg, 'room');
    assert.ok(address !== undefined, 'the port is another one');
    phone.call(address);
    await bench.connect(leg, phone);
  }

  it('takes one into a room on another thread, who goes on with the same stream', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700 });
    await phone.hear(10);
    const before = phone.packets.at(-1)?.from.port;
    await enter('leg', phone);
    await phone.hear(20);
    assertSteady(phone.packets);
    assert.notEqual(phone.packets.at(-1)?.from.port, before);
    await hearsOnly(phone, [500], TONES);
    await hearsOnly(inside, [700], TONES);
    const { legs, rooms } = await bench.mixer.stats();
    assert.deepEqual([legs.map(({ leg }) => leg).sort(), rooms], [['inside', 'leg'], 1]);
    assert.deepEqual(bench.errors, []);
  });

  it('plays on where it was, to the end', async () => {
    const phone = await bench.enter(null, 'leg');
    inside.sending = false;
    await hearsOnly(inside, [], TONES);
    await phone.hear(5);
    const sound = prompt();
    const playback = bench.mixer.play('leg', sound);
    await phone.hear(10);
    await enter('leg', phone);
    assert.equal(await within('the sound to end', playback.ended), 'played');
    await phone.hear(10);
    assertHeardOnce(withoutSkips(phone), sound);
  });

  it('stops what is played as it enters, and plays what is asked for then', async () => {
    const phone = await bench.enter(null, 'leg');
    inside.sending = false;
    const first = bench.mixer.play('leg', music(), { loop: true });
    await hearsOnly(phone, [MUSIC_HZ], [MUSIC_HZ]);
    const entering = bench.mixer.enter('leg', 'room');
    first.stop();
    const address = await entering;
    const sound = prompt();
    const second = bench.mixer.play('leg', sound);
    phone.forget();
    phone.call(address as NonNullable<typeof address>);
    await bench.connect('leg', phone);
    assert.deepEqual([await first.ended, await second.ended], ['stopped', 'played']);
    await hearsOnly(phone, [], [MUSIC_HZ]);
  });

  it('keeps a muted leg muted', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700 });
    bench.mixer.setMuted('leg', true);
    await phone.hear(5);
    await enter('leg', phone);
    await hearsOnly(phone, [500], TONES);
    await hearsOnly(inside, [], TONES);
    bench.mixer.setMuted('leg', false);
    await hearsOnly(inside, [700], TONES);
  });

  it('keeps a held leg held', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700 });
    bench.mixer.setHeld('leg', true);
    await phone.hear(5);
    await enter('leg', phone);
    await hearsOnly(phone, [500], TONES);
    await hearsOnly(inside, [], TONES);
    bench.mixer.setHeld('leg', false);
    await hearsOnly(inside, [700], TONES);
  });

  it('tells a key once that is pressed as the leg enters, and lets nobody hear it', async () => {
    const phone = await bench.enter(null, 'leg', { frequencyHz: 700, audioUnderEvents: true });
    await phone.hear(10);
    const pressed = phone.sendDigit('1', { frames: 40 });
    await phone.hear(10);
    inside.forget();
    await enter('leg', phone);
    await pressed;
    const during = goertzelLevel(inside.heard(), 700);
    assert.ok(during < -50, `${during} dBFS`);
    await phone.sendDigit('2');
    await eventually(
      'the second key',
      () => digits(bench),
      (seen) => seen.includes('2'),
    );
    assert.equal(digits(bench), 'leg 1,leg 2');
  });

  it('says that a leg is back that was idle before it entered, and idle again', async () => {
    const phone = await bench.enter(null, 'leg');
    phone.sending = false;
    const idle = () => bench.events('idle').filter(({ leg }) => leg === 'leg');
    await eventually('the leg to be idle', idle, (told) => told.length > 0);
    await enter('leg', phone);
    await eventually('the leg to be idle again', idle, (told) => told.length > 2);
    assert.deepEqual(
      idle().map(({ idle: told }) => told),
      [true, false, true],
    );
  });

  it('opens no second port for good when a leg is closed as it enters', async () => {
    await bench.enter(null, 'leg');
    const entering = bench.mixer.enter('leg', 'room').catch((error: unknown) => error);
    await bench.mixer.close('leg');
    assert.ok((await entering) instanceof Error);
    await eventually(
      'one port to be left',
      () => bench.mixer.stats(),
      ({ legs }) => legs.map(({ leg }) => leg).join() === 'inside',
    );
  });

  it('leaves no socket and no room behind after 50 that entered and left', async () => {
    const phone = await bench.phone();
    await inside.hear(5);
    const before = sockets();
    for (let round = 0; round < 50; round++) {
      const leg = `leg-${round}`;
      await bench.mixer.open(null, leg);
      await bench.connect(leg, phone);
      bench.mixer.play(leg, music(), { loop: true });
      const room = round % 2 ? 'room' : `room-${round}`;
      if ((await bench.mixer.enter(leg, room)) !== undefined && round % 4 === 1) await bench.connect(leg, phone);
      await bench.mixer.close(leg);
    }
    await eventually('as many sockets as before', sockets, (count) => count <= before);
    const stats = await bench.mixer.stats();
    assert.deepEqual([stats.rooms, stats.legs.map(({ leg }) => leg)], [1, ['inside']]);
  });

  it('leaves a leg where it was when the room dies with its thread', async () => {
    const mortal = await Bench.start({ threads: 2, workerEntry: new URL('./dying-worker.js', import.meta.url) });
    try {
      await mortal.enter('room', 'inside');
      const phone = await mortal.enter(null, 'fatal', { frequencyHz: 700 });
      const playback = mortal.mixer.play('fatal', music(), { loop: true });
      await assert.rejects(mortal.mixer.enter('fatal', 'room'), { kind: 'unavailable' });
      await hearsOnly(phone, [MUSIC_HZ], TONES);
      assert.equal(await mortal.mixer.enter('fatal', 'room'), undefined);
      const other = await mortal.enter('room', 'other');
      await hearsOnly(other, [700], TONES);
      playback.stop();
      assert.deepEqual(mortal.events('lost'), [{ legs: ['inside'] }]);
    } finally {
      await mortal.stop();
    }
  });
});
