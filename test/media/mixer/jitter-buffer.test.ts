import assert from 'node:assert/strict';
import { swingDelayMs, swingingTone, tone, windowSnrDb } from '../../support/signal.js';
import { type Arrival, arrivalsOf, type Played, play, type Sender, seededRandom } from './arrival-trace.js';

const HZ = 440;
/** Where the ticks may lie between two packets of a sender, in ms. */
const PHASES_MS = [0.2, 3, 7.5, 10, 14, 19.7];

function sine(startSample: number, samples: number): Int16Array {
  return tone(HZ, samples, { startSample });
}

function playSender(sender: Partial<Sender> & { durationMs: number }, firstTickMs = 10): Played {
  return play(arrivalsOf({ source: sine, ...sender }), { durationMs: sender.durationMs, firstTickMs });
}

/** The worst 200 ms of what was played between two times. */
function worstSnrDb({ samples }: Played, fromMs: number, toMs: number): number {
  return Math.min(...windowSnrDb(samples.subarray(fromMs * 8, toMs * 8), HZ));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function delayBetween({ delaysMs }: Played, fromMs: number, toMs: number): number {
  return mean(delaysMs.slice(fromMs / 20, toMs / 20));
}

function jitter(mostMs: number, seed: number): () => number {
  const random = seededRandom(seed);
  return () => random() * mostMs;
}

describe('the jitter buffer', () => {
  for (const phaseMs of PHASES_MS) {
    it(`loses nothing and waits less than 25 ms without jitter, ticks ${phaseMs} ms behind the packets`, () => {
      const played = playSender({ durationMs: 20_000, networkMs: jitter(0.8, 1) }, phaseMs);
      assert.equal(played.buffer.framesConcealed, 0);
      assert.ok(Math.max(...played.delaysMs) < 25);
      assert.ok(worstSnrDb(played, 200, 20_000) > 32);
    });

    it(`keeps a tone clean through 0-30 ms of jitter, ticks ${phaseMs} ms behind the packets`, () => {
      const played = playSender({ durationMs: 20_000, networkMs: jitter(30, 2) }, phaseMs);
      assert.ok(worstSnrDb(played, 200, 20_000) > 20);
      assert.ok(Math.max(...played.delaysMs) < 56);
    });
  }

  it('waits at most 45 ms on average after the earliest packet with 0-30 ms of jitter', () => {
    const delays = PHASES_MS.map((phaseMs) =>
      delayBetween(playSender({ durationMs: 20_000, networkMs: jitter(30, 3) }, phaseMs), 2000, 20_000),
    );
    assert.ok(mean(delays) < 45, `${mean(delays)} ms`);
  });

  it('says its delay as it is', () => {
    const swing = { frequencyHz: 1000, swingHz: 2.5 };
    const source = (start: number, samples: number) => swingingTone(swing, samples, start);
    for (const phaseMs of PHASES_MS) {
      const played = playSender({ source, durationMs: 10_000, networkMs: jitter(30, 4) }, phaseMs);
      const measured = swingDelayMs(played.samples.subarray(32_000, 64_000), swing, 32_000 + phaseMs * 8);
      const earliestMs = 0.1;
      assert.ok(Math.abs(measured - delayBetween(played, 4000, 8000) - earliestMs) < 2, `${measured} ms`);
    }
  });

  it('grows when jitter begins and shrinks when it ends, with no 200 ms spoilt', () => {
    const random = seededRandom(5);
    const networkMs = (sentMs: number) => (sentMs > 6000 && sentMs < 16_000 ? 30 : 0.5) * random();
    const played = playSender({ durationMs: 30_000, networkMs });
    assert.ok(worstSnrDb(played, 200, 30_000) > 20);
    assert.ok(delayBetween(played, 12_000, 16_000) > 30);
    assert.ok(delayBetween(played, 27_000, 30_000) < delayBetween(played, 3000, 6000) + 5);
  });

  it('hides lost packets of a tone', () => {
    const random = seededRandom(6);
    const lost = new Set<number>();
    for (let packet = 5; packet < 1000; packet += 3 + Math.floor(random() * 30)) lost.add(packet);
    const networkMs = (_: number, packet: number) => (lost.has(packet) ? Number.NaN : 0);
    const played = playSender({ durationMs: 20_000, networkMs });
    assert.ok(played.buffer.framesConcealed > 30);
    assert.ok(worstSnrDb(played, 200, 20_000) > 20);
    assert.ok(delayBetween(played, 15_000, 20_000) < 25);
  });

  it('drops what comes twice', () => {
    const once = arrivalsOf({ source: sine, durationMs: 4000, networkMs: jitter(15, 7) });
    const twice = once.flatMap((arrival) => [arrival, { ...arrival, atMs: arrival.atMs + 8 }]);
    const samples = [once, twice].map((arrivals) => play(arrivals, { durationMs: 4000 }).samples);
    assert.deepEqual(samples[1], samples[0]);
  });

  it('does not keep the delay of a stall in which everything was held up', () => {
    const networkMs = (sentMs: number) => (sentMs >= 8000 && sentMs < 8200 ? 8200 - sentMs : 0);
    const played = playSender({ durationMs: 12_000, networkMs });
    assert.ok(delayBetween(played, 8300, 12_000) <= delayBetween(played, 4000, 8000) + 1);
    assert.ok(worstSnrDb(played, 8400, 12_000) > 32);
  });

  it('learns nothing from packets that waited in the socket while we were held up', () => {
    const arrivals = arrivalsOf({ source: sine, durationMs: 1000 });
    for (const arrival of arrivals) {
      if (arrival.atMs > 100 && arrival.atMs < 150) Object.assign(arrival, { atMs: 159, unknown: true });
    }
    const played = play(arrivals, { durationMs: 1000 });
    assert.ok(Math.max(...played.delaysMs) < 35);
    assert.ok(delayBetween(played, 600, 1000) < 12);
  });

  for (const clockPpm of [200, -200]) {
    it(`follows a sender's clock that is off by ${clockPpm} ppm for ten minutes`, () => {
      const played = playSender({ durationMs: 600_000, clockPpm, networkMs: jitter(0.5, 8) });
      assert.equal(played.buffer.framesConcealed, 0);
      assert.ok(Math.max(...played.delaysMs) < 30);
      assert.ok(worstSnrDb(played, 200, 600_000) > 20);
    });
  }

  for (const packetSamples of [80, 240, 320, 100, 133]) {
    it(`plays packets of ${packetSamples} samples without a gap`, () => {
      const played = playSender({ packetSamples, durationMs: 10_000, networkMs: jitter(0.5, 9) });
      assert.ok(played.buffer.framesConcealed <= 5);
      assert.ok(worstSnrDb(played, 400, 10_000) > 28);
      assert.ok(delayBetween(played, 5000, 10_000) < 42);
    });
  }

  it('takes a new sender on the same port', () => {
    const first = arrivalsOf({ source: sine, durationMs: 3000, ssrc: 1 });
    const second = arrivalsOf({ source: sine, durationMs: 3000, ssrc: 2, firstTimestamp: 77, firstSequence: 9 });
    const played = play([...first, ...second.map((a) => ({ ...a, atMs: a.atMs + 3005 }))], { durationMs: 6000 });
    assert.ok(worstSnrDb(played, 3200, 6000) > 32);
    assert.ok(delayBetween(played, 4000, 6000) < 25);
  });

  it('goes on when timestamps or sequence numbers jump', () => {
    const jumps: [timestamp: number, sequence: number][] = [
      [500_000, 0],
      [2000, 0],
      [-500_000, 0],
      [-1600, 0],
      [0, 5000],
      [0, -5000],
    ];
    for (const [timestamp, sequence] of jumps) {
      const jumped = (arrival: Arrival): Arrival => ({
        ...arrival,
        timestamp: (arrival.timestamp + timestamp) >>> 0,
        sequence: (arrival.sequence + sequence) & 0xffff,
      });
      const arrivals = arrivalsOf({ source: sine, durationMs: 14_000 }).map((a) => (a.atMs < 4000 ? a : jumped(a)));
      const played = play(arrivals, { durationMs: 14_000 });
      assert.ok(worstSnrDb(played, 5600, 14_000) > 26, `jump of ${timestamp}, ${sequence}`);
      assert.ok(delayBetween(played, 12_000, 14_000) < 30, `jump of ${timestamp}, ${sequence}`);
    }
  });

  it('is silent while the sender is, and plays the next words in full', () => {
    const spoken = (atMs: number) => atMs % 3000 < 1000;
    const arrivals = arrivalsOf({ source: sine, durationMs: 12_000 }).filter((arrival) => spoken(arrival.atMs));
    const played = play(arrivals, { durationMs: 12_000 });
    for (let spurt = 0; spurt < 4; spurt++) {
      assert.ok(worstSnrDb(played, spurt * 3000 + 60, spurt * 3000 + 1000) > 30, `spurt ${spurt}`);
      assert.deepEqual(played.sound.slice((spurt * 3000 + 1200) / 20, (spurt * 3000 + 3000) / 20).filter(Boolean), []);
    }
    assert.ok(played.buffer.framesConcealed <= 4 * 6);
  });

  it('plays a sender whose timestamps stand still while it is silent', () => {
    const first = arrivalsOf({ source: sine, durationMs: 2000 });
    const rest = arrivalsOf({ source: sine, durationMs: 4000 }).filter((arrival) => arrival.atMs >= 2000);
    const played = play([...first, ...rest.map((a) => ({ ...a, atMs: a.atMs + 5000 }))], { durationMs: 9000 });
    assert.ok(worstSnrDb(played, 7200, 9000) > 32);
    assert.ok(delayBetween(played, 7200, 9000) < 25);
  });

  it('recovers when the way becomes 100 ms longer, and when it becomes shorter again', () => {
    const networkMs = (sentMs: number) => (sentMs >= 5000 && sentMs < 15_000 ? 100 : 0);
    const played = playSender({ durationMs: 30_000, networkMs });
    assert.ok(worstSnrDb(played, 5800, 15_000) > 32);
    assert.ok(worstSnrDb(played, 15_200, 30_000) > 20);
    assert.ok(delayBetween(played, 29_000, 30_000) < 25);
  });

  it('gives silence before the first packet and survives packets without audio', () => {
    const empty: Arrival = {
      ...(arrivalsOf({ source: sine, durationMs: 20 })[0] as Arrival),
      audio: new Int16Array(0),
    };
    const played = play([empty], { durationMs: 200 });
    assert.ok(played.sound.every((heard) => !heard));
    assert.equal(played.buffer.framesConcealed, 0);
  });

  it('skips what ticks that never ran would have played', () => {
    const tickMs = (tick: number) => 10 + tick * 20 + (tick < 100 ? 0 : 1000);
    const arrivals = arrivalsOf({ source: sine, durationMs: 6000 });
    const played = play(arrivals, {
      durationMs: 5000,
      tickMs,
      onTick: (tick, buffer) => {
        if (tick === 100) buffer.skip(50);
      },
    });
    assert.ok(worstSnrDb(played, 2200, 5000) > 32);
    assert.ok(Math.max(...played.delaysMs) < 25);
  });
});
