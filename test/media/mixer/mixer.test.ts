import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import type { RtpPhone } from '../../support/rtp-phone.js';
import { goertzelLevel, toneFrequencies } from '../../support/signal.js';
import { assertSteady, Bench, hearsOnly, sockets } from './mixer-bench.js';

describe('the mixer', function () {
  this.timeout(120_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await Bench.start();
  });

  afterEach(() => bench.stop());

  it('lets everybody hear all others and nobody himself, in PCMU and PCMA', async () => {
    const frequencies = toneFrequencies(5);
    const phones = await Promise.all(
      frequencies.map((frequencyHz, i) =>
        bench.enter('room', `leg-${i}`, { frequencyHz, codec: i % 2 ? 'PCMA' : 'PCMU', amplitude: 3000 }),
      ),
    );
    await Promise.all(
      phones.map((phone, i) =>
        hearsOnly(
          phone,
          frequencies.filter((_, other) => other !== i),
          frequencies,
        ),
      ),
    );
  });

  it('keeps rooms apart, on whichever thread they are', async () => {
    const two = await Bench.start({ threads: 2 });
    try {
      const frequencies = toneFrequencies(6);
      const phones = await Promise.all(
        frequencies.map((frequencyHz, i) => two.enter(`room-${i % 3}`, `leg-${i}`, { frequencyHz })),
      );
      await Promise.all(phones.map((phone, i) => hearsOnly(phone, [frequencies[(i + 3) % 6] ?? 0], frequencies)));
      assert.equal((await two.mixer.stats()).rooms, 3);
      assert.equal((await two.mixer.stats()).legs.length, 6);
    } finally {
      await two.stop();
    }
  });

  it('mixes a room of 60', async () => {
    const frequencies = toneFrequencies(60);
    const phones = await Promise.all(
      frequencies.map((frequencyHz, i) => bench.enter('room', `leg-${i}`, { frequencyHz, amplitude: 1500 })),
    );
    for (const index of [0, 29, 59]) {
      const others = frequencies.filter((_, other) => other !== index);
      await hearsOnly(phones[index] as RtpPhone, others, frequencies);
    }
  });

  it('sends a steady stream of silence to one who is alone', async () => {
    const phone = await bench.enter('room', 'leg', { codec: 'PCMA' });
    await phone.hear(60);
    assertSteady(phone.packets);
    phone.packets.forEach(({ payloadType, marker, timestamp }, i) => {
      const follows = timestamp === ((phone.packets[i - 1]?.timestamp ?? timestamp) + 160) >>> 0;
      assert.deepEqual({ payloadType, marker }, { payloadType: 8, marker: !follows });
    });
    assert.ok(phone.heard().every((sample) => Math.abs(sample) <= 8));
  });

  it('keeps a muted leg out, and does not say that it talks', async () => {
    const talker = await bench.enter('room', 'talker', { frequencyHz: 500 });
    const listener = await bench.enter('room', 'listener');
    await hearsOnly(listener, [500], [500]);
    assert.deepEqual(bench.events('talking'), [{ leg: 'talker', talking: true }]);
    bench.mixer.setMuted('talker', true);
    await hearsOnly(listener, [], [500]);
    assert.deepEqual(bench.events('talking').at(-1), { leg: 'talker', talking: false });
    await talker.hear(20);
    assert.equal(bench.events('talking').length, 2);
    bench.mixer.setMuted('talker', false);
    await hearsOnly(listener, [500], [500]);
    assert.deepEqual(bench.events('talking').at(-1), { leg: 'talker', talking: true });
  });

  it('keeps the music of a held leg out, sends it the mix all the same, and never calls it idle', async () => {
    const held = await bench.enter('room', 'held', { frequencyHz: 500 });
    const other = await bench.enter('room', 'other', { frequencyHz: 900 });
    await hearsOnly(other, [500], [500, 900]);
    bench.mixer.setHeld('held', true);
    await hearsOnly(other, [], [500, 900]);
    await hearsOnly(held, [900], [500, 900]);
    held.sending = false;
    other.sending = false;
    await eventually(
      'the other leg to be idle',
      () => bench.events('idle'),
      (idle) => idle.length > 0,
    );
    await held.hear(40);
    assert.deepEqual(bench.events('idle'), [{ leg: 'other', idle: true }]);
    held.sending = true;
    bench.mixer.setHeld('held', false);
    await hearsOnly(other, [500], [500, 900]);
    assert.deepEqual(
      bench.events('idle').filter(({ leg }) => leg === 'held'),
      [],
    );
  });

  it('says once that a leg is idle, and once that its RTP is back', async () => {
    const phone = await bench.enter('room', 'leg');
    await phone.hear(50);
    assert.deepEqual(bench.events('idle'), []);
    phone.sending = false;
    await eventually(
      'idle',
      () => bench.events('idle').length,
      (count) => count === 1,
    );
    await phone.hear(40);
    phone.sending = true;
    await eventually(
      'RTP to be back',
      () => bench.events('idle').length,
      (count) => count > 1,
    );
    assert.deepEqual(bench.events('idle'), [
      { leg: 'leg', idle: true },
      { leg: 'leg', idle: false },
    ]);
  });

  it('says that a leg is idle whose anchor never sent anything', async () => {
    const phone = await bench.phone();
    await bench.mixer.open('room', 'leg');
    await bench.connect('leg', phone);
    await eventually(
      'idle',
      () => bench.events('idle'),
      (idle) => idle.length > 0,
    );
    assert.deepEqual(bench.events('idle'), [{ leg: 'leg', idle: true }]);
  });

  it('hears nobody but the anchor, before and after it is known', async () => {
    const listener = await bench.enter('room', 'listener');
    const port = await bench.mixer.open('room', 'leg');
    const foreigner = await bench.phone({ frequencyHz: 700 });
    foreigner.call(port);
    await listener.hear(20);
    const phone = await bench.phone({ frequencyHz: 500 });
    await bench.connect('leg', phone);
    phone.call(port);
    await hearsOnly(listener, [500], [500, 700]);
    await eventually(
      'the foreigner to have sent enough',
      () => foreigner.packetsSent,
      (sent) => sent > 40,
    );
    assert.equal(foreigner.packets.length, 0);
    const stats = (await bench.mixer.stats()).legs.find(({ leg }) => leg === 'leg');
    assert.ok((stats?.packetsReceived ?? 0) <= phone.packetsSent);
  });

  it('follows the anchor to another address and codec', async () => {
    const listener = await bench.enter('room', 'listener', { frequencyHz: 900 });
    const first = await bench.enter('room', 'leg', { frequencyHz: 500 });
    await hearsOnly(listener, [500], [500, 700, 900]);
    const second = await bench.phone({ frequencyHz: 700, codec: 'PCMA' });
    second.call(await portOf(first));
    await bench.connect('leg', second);
    await hearsOnly(listener, [700], [500, 700, 900]);
    await hearsOnly(second, [900], [500, 700, 900]);
    assert.deepEqual(bench.errors, []);
  });

  it('survives an anchor whose port is closed', async () => {
    const listener = await bench.enter('room', 'listener');
    const gone = await bench.enter('room', 'gone', { frequencyHz: 500 });
    await hearsOnly(listener, [500], [500]);
    await gone.close();
    await hearsOnly(listener, [], [500]);
    assert.deepEqual(bench.errors, []);
  });

  it('tells every digit once and keeps its sound out of the room, even the tone sent under it', async () => {
    const listener = await bench.enter('room', 'listener');
    const presser = await bench.enter('room', 'presser', { frequencyHz: 500, audioUnderEvents: true });
    await hearsOnly(listener, [500], [500]);
    // A busy machine may keep the phone from sending while the key is down: then it is pressed once more.
    await eventually(
      'a key to be told, and heard by nobody',
      async () => {
        bench.told.length = 0;
        listener.forget();
        await presser.sendDigit('5', { frames: 50 });
        const heardDbfs = goertzelLevel(listener.lastHeard(4000), 500);
        const told = () => bench.events('digit')[0]?.durationMs;
        return { heardDbfs, durationMs: await eventually('the digit', told, (ms) => ms !== undefined) };
      },
      ({ heardDbfs, durationMs }) => heardDbfs < -60 && durationMs === 1000,
    );
    for (const digit of '19*#A') await presser.sendDigit(digit);
    await eventually(
      'six digits',
      () => bench.events('digit').length,
      (count) => count >= 6,
    );
    await hearsOnly(listener, [500], [500]);
    assert.equal(
      bench
        .events('digit')
        .map(({ digit }) => digit)
        .join(''),
      '519*#A',
    );
    assert.ok(bench.events('digit').every(({ leg }) => leg === 'presser'));
  });

  it('keeps a room whole through jitter, reordering, loss and duplicates', async () => {
    const frequencies = toneFrequencies(4);
    const network = { jitterMs: 30, loss: 0.02, duplicates: 0.05 };
    const phones = await Promise.all(
      frequencies.map((frequencyHz, i) => bench.enter('room', `leg-${i}`, { frequencyHz, network })),
    );
    await Promise.all(
      phones.map((phone, i) =>
        hearsOnly(
          phone,
          frequencies.filter((_, other) => other !== i),
          frequencies,
        ),
      ),
    );
  });

  it('leaves no socket and no room behind after 200 joins and leaves', async () => {
    const stays = await bench.enter('room', 'stays', { frequencyHz: 500 });
    const phone = await bench.phone();
    await stays.hear(5);
    const before = sockets();
    for (let join = 0; join < 200; join++) {
      const leg = `leg-${join}`;
      await bench.mixer.open(`room-${join % 7}`, leg);
      await bench.connect(leg, phone);
      if (join % 3 === 0) bench.mixer.setMuted(leg, true);
      await bench.mixer.close(leg);
    }
    await eventually('as many sockets as before', sockets, (count) => count <= before);
    const stats = await bench.mixer.stats();
    assert.deepEqual([stats.rooms, stats.legs.map(({ leg }) => leg)], [1, ['stays']]);
  });

  it('opens no leg twice, closes one that is gone without complaint, and refuses what is no address', async () => {
    await bench.mixer.open('room', 'leg');
    await assert.rejects(bench.mixer.open('other', 'leg'), { kind: 'conflict' });
    const format = { codec: 'PCMU', payloadType: 0 } as const;
    await assert.rejects(bench.mixer.connect('nobody', { address: '127.0.0.1', port: 9 }, format), {
      kind: 'not-found',
    });
    for (const anchor of [
      { address: 'localhost', port: 9 },
      { address: '127.0.0.1', port: 0 },
      { address: '127.0.0.1', port: 70_000 },
    ]) {
      await assert.rejects(bench.mixer.connect('leg', anchor, format), { kind: 'invalid' });
    }
    await bench.mixer.close('leg');
    await bench.mixer.close('leg');
    bench.mixer.setMuted('leg', true);
    bench.mixer.setHeld('leg', true);
  });

  it('closes a leg that is still being opened', async () => {
    const opening = bench.mixer.open('room', 'leg').catch((error: unknown) => error);
    await bench.mixer.close('leg');
    await opening;
    assert.deepEqual(await bench.mixer.stats(), { legs: [], rooms: 0 });
  });

  it('tells which legs a dead worker took with it, and takes new ones', async () => {
    const mortal = await Bench.start({ workerEntry: new URL('./dying-worker.js', import.meta.url) });
    try {
      await mortal.enter('room', 'one');
      await mortal.enter('room', 'two');
      await assert.rejects(mortal.mixer.open('room', 'fatal'), { kind: 'unavailable' });
      await eventually(
        'the loss to be told',
        () => mortal.events('lost'),
        (lost) => lost.length > 0,
      );
      assert.deepEqual(mortal.events('lost'), [{ legs: ['one', 'two'] }]);
      assert.match(mortal.errors[0]?.message ?? '', /killed by the test/);
      const phone = await mortal.enter('room', 'three');
      await phone.hear(5);
    } finally {
      await mortal.stop();
    }
  });
});

/** The mixer's port a phone talks with. */
async function portOf(phone: RtpPhone): Promise<{ address: string; port: number }> {
  await phone.hear(1);
  const from = phone.packets.at(-1)?.from;
  assert.ok(from !== undefined);
  return from;
}
