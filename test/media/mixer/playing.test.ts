import assert from 'node:assert/strict';
import { toSound } from '../../../gateway/sound.js';
import { eventually, within } from '../../support/eventually.js';
import { assertHeardOnce, carried, firstSound, MUSIC_HZ, music, prompt } from '../../support/prompt.js';
import type { RtpPhone } from '../../support/rtp-phone.js';
import { tone } from '../../support/signal.js';
import { withoutSkips } from '../../support/without-skips.js';
import { Bench, hears, hearsOnly } from './mixer-bench.js';

/** What a stopped sound may still be heard for: a frame being made, and one under way. */
const LAST_SAMPLES = 320;

describe('a mixer that plays', function () {
  this.timeout(120_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await Bench.start();
  });

  afterEach(() => bench.stop());

  for (const codec of ['PCMU', 'PCMA'] as const) {
    it(`plays a sound to a ${codec} leg whole, once and as loud as it is`, async () => {
      const phone = await bench.enter('room', 'leg', { codec });
      await phone.hear(5);
      const sound = prompt();
      assert.equal(await within('the sound to end', bench.mixer.play('leg', sound).ended), 'played');
      await phone.hear(30);
      assertHeardOnce(withoutSkips(phone), sound, codec);
    });
  }

  it('waits with a sound for a leg that is not connected yet', async () => {
    const address = await bench.mixer.open(null, 'leg');
    const sound = prompt();
    const playback = bench.mixer.play('leg', sound);
    const other = await bench.enter(null, 'other');
    await other.hear(20);
    const phone = await bench.phone();
    phone.call(address);
    await bench.connect('leg', phone);
    assert.equal(await within('the sound to end', playback.ended), 'played');
    await phone.hear(10);
    assertHeardOnce(withoutSkips(phone), sound);
  });

  it('loops without a seam until stopped, and is silent then', async () => {
    const phone = await bench.enter('room', 'leg');
    await phone.hear(5);
    const { samples } = music();
    const playback = bench.mixer.play('leg', { samples }, { loop: true });
    await phone.hear(80);
    const all = withoutSkips(phone);
    const recording = all.subarray(firstSound(all));
    const loops = carried(samples, 'PCMU');
    const expected = recording.map((_, i) => loops[(i + firstSound(samples)) % loops.length] ?? 0);
    assert.ok(recording.length > 4 * loops.length);
    assert.deepEqual(recording, expected);
    playback.stop();
    playback.stop();
    assert.equal(await playback.ended, 'stopped');
    // The thread obeys one command after the other.
    await bench.mixer.stats();
    const after = await phone.listen(300);
    assert.equal(firstSound(after.subarray(LAST_SAMPLES)), -1);
  });

  it('plays the second sound alone once there is one', async () => {
    const phone = await bench.enter('room', 'leg');
    const first = bench.mixer.play('leg', music(), { loop: true });
    await hearsOnly(phone, [MUSIC_HZ], [MUSIC_HZ]);
    const sound = prompt();
    const second = bench.mixer.play('leg', sound);
    assert.equal(await first.ended, 'stopped');
    first.stop();
    assert.equal(await within('the sound to end', second.ended), 'played');
    await phone.hear(10);
    const recording = phone.heard();
    const whole = carried(sound.samples, 'PCMU');
    const tail = whole.subarray(-4000);
    const end = recording.findLastIndex((sample) => sample !== 0) + 1;
    const last = tail.findLastIndex((sample) => sample !== 0) + 1;
    assert.deepEqual(recording.subarray(end - last, end), tail.subarray(0, last));
  });

  it('plays over what the leg hears, and to nobody else in the room', async () => {
    const tones = [500, 900, MUSIC_HZ];
    const listener = await bench.enter('room', 'listener', { frequencyHz: 500 });
    const other = await bench.enter('room', 'other', { frequencyHz: 900 });
    await hearsOnly(listener, [900], tones);
    const playback = bench.mixer.play('listener', music(), { loop: true });
    await hearsOnly(listener, [900, MUSIC_HZ], tones);
    assert.deepEqual(await hears(other, tones), [500]);
    playback.stop();
    await hearsOnly(listener, [900], tones);
  });

  it('plays on to a leg that is held, muted, or sends nothing', async () => {
    const phone = await bench.enter('room', 'leg');
    bench.mixer.setHeld('leg', true);
    bench.mixer.setMuted('leg', true);
    phone.sending = false;
    await phone.hear(5);
    const sound = prompt();
    assert.equal(await within('the sound to end', bench.mixer.play('leg', sound).ended), 'played');
    await phone.hear(10);
    assertHeardOnce(withoutSkips(phone), sound);
  });

  it('announces to all in a room but those excepted, one sound after the other', async () => {
    const phones = new Map<string, RtpPhone>();
    for (const [leg, frequencyHz] of Object.entries({ talker: 500, spared: 700, apart: 900 })) {
      phones.set(leg, await bench.enter(leg === 'apart' ? null : 'room', leg, { frequencyHz }));
    }
    phones.set('silent', await bench.enter('room', 'silent'));
    const tones = [500, 700, 900, 1200, 1400];
    const hear = async (leg: string) => hears(phones.get(leg) as RtpPhone, tones);
    await hearsOnly(phones.get('silent') as RtpPhone, [500, 700], tones);
    const told = bench.events('talking').length;
    const announcement = (hz: number) => toSound(tone(hz, 8000 * 3, { amplitude: 6000 }));
    bench.mixer.playInRoom('room', announcement(1200), ['spared']);
    bench.mixer.playInRoom('room', announcement(1400));
    bench.mixer.playInRoom('elsewhere', announcement(1400));
    await bench.mixer.stats();
    await (phones.get('silent') as RtpPhone).hear(3);
    const [talker, spared, apart, silent] = await Promise.all(['talker', 'spared', 'apart', 'silent'].map(hear));
    assert.deepEqual([talker, spared, apart, silent], [[700, 1200], [500], [], [500, 700, 1200]]);
    for (const [leg, hz] of Object.entries({ talker: 700, spared: 500 })) {
      await hearsOnly(phones.get(leg) as RtpPhone, [hz, 1400], tones);
    }
    await hearsOnly(phones.get('silent') as RtpPhone, [500, 700], tones);
    assert.equal(bench.events('talking').length, told);
  });

  it('ends what is played to a leg that is closed, and plays nothing to one that is gone', async () => {
    await bench.enter('room', 'leg');
    const playback = bench.mixer.play('leg', music(), { loop: true });
    await bench.mixer.close('leg');
    assert.equal(await within('the sound to end', playback.ended), 'stopped');
    const late = bench.mixer.play('leg', music());
    late.stop();
    assert.equal(await late.ended, 'stopped');
    await bench.enter('room', 'another');
    const last = bench.mixer.play('another', music(), { loop: true });
    await bench.mixer.stop();
    assert.equal(await within('the sound to end', last.ended), 'stopped');
  });

  it('ends what was played by a thread that died', async () => {
    const mortal = await Bench.start({ workerEntry: new URL('./dying-worker.js', import.meta.url) });
    try {
      await mortal.enter('room', 'leg');
      const playback = mortal.mixer.play('leg', music(), { loop: true });
      await assert.rejects(mortal.mixer.open('room', 'fatal'), { kind: 'unavailable' });
      assert.equal(await within('the sound to end', playback.ended), 'stopped');
    } finally {
      await mortal.stop();
    }
  });

  it('has said when a sound was played by the time it is over, however short it is', async () => {
    await bench.enter('room', 'leg');
    for (const samples of [0, 1, 160]) {
      const playback = bench.mixer.play('leg', toSound(new Int16Array(samples).fill(5000)), { loop: samples === 0 });
      assert.equal(await within('the sound to end', playback.ended), 'played');
      playback.stop();
      assert.equal(await playback.ended, 'played');
    }
    await eventually(
      'the leg to be left alone',
      () => bench.mixer.stats(),
      ({ legs }) => legs.length === 1,
    );
  });
});
