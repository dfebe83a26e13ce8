import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { UdpAddress } from '../../gateway/media/mixer/mixer.js';
import { AnsweringProcess, MixerProcess } from '../media/mixer/mixer-process.js';
import { type BadNetwork, RtpPhone } from '../support/rtp-phone.js';
import { heard, swingDelayMs, swingingTone, toneFrequencies, windowSnrDb } from '../support/signal.js';
import type { BenchRow } from './api-bench.js';
import type { LoadAnswer, LoadRequest } from './mixer-bench-load.js';

const PCMU = { codec: 'PCMU', payloadType: 0 } as const;
/** As long as it takes until all that runs often is compiled. */
const WARM_UP_MS = 5000;
const MEASURED_MS = 5000;
/** Each begins at another phase to the mixer's clock. */
const CALLS = 6;
const SWING = { frequencyHz: 1000, swingHz: 2.5 };
const TONE_HZ = 440;

/** What the mixer costs for each participant, how late it is and how clean; the mixer alone, without rtpengine. */
export async function benchMixer(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const participants of [2, 10, 40, 100, 200]) rows.push(...(await cpuRow(participants, 1)));
  rows.push(...(await cpuRow(5, 20)));
  rows.push(...(await qualityRows('without jitter', {}, { delayMs: 25, snrDb: 32 })));
  rows.push(...(await qualityRows('0-30 ms jitter', { jitterMs: 30 }, { delayMs: 45, snrDb: 20 })));
  return rows;
}

/** CPU of one core for each participant, all talking; one more listens, and must hear them all. */
async function cpuRow(perRoom: number, rooms: number): Promise<BenchRow[]> {
  const mixer = await MixerProcess.start();
  const load = new AnsweringProcess<LoadRequest, LoadAnswer>(join(import.meta.dirname, 'mixer-bench-load.js'));
  const listener = await RtpPhone.open();
  try {
    const participants = perRoom * rooms;
    const { addresses } = await load.ask({ kind: 'open', phones: participants });
    const ports: UdpAddress[] = [];
    for (const [index, anchor] of addresses.entries()) {
      const room = `room-${index % rooms}`;
      ports.push(await mixer.open(room, `leg-${index}`, anchor, PCMU));
    }
    await load.ask({ kind: 'call', ports });
    const missing = await unheard(mixer, listener, participants, rooms);
    await delay(WARM_UP_MS);
    const before = await mixer.cpuMicroseconds();
    const start = performance.now();
    await delay(MEASURED_MS);
    const percent = ((await mixer.cpuMicroseconds()) - before) / 10 / (performance.now() - start) / participants;
    const what = rooms === 1 ? `mixer, ${perRoom} talking in one room` : `mixer, ${rooms} rooms of ${perRoom} talking`;
    const expected = participants === 100 && rooms === 1 ? { expected: 'at most 0.15' } : {};
    return [
      { what, value: round(percent, 4), unit: '% of a core per participant', ...expected },
      { what: `${what}: voices not heard`, value: missing, unit: 'voices', expected: '0' },
    ];
  } finally {
    await Promise.all([listener.close(), load.stop(), mixer.stop()]);
  }
}

/** Listens in the first room and counts the voices that cannot be heard there, or should not be. */
async function unheard(mixer: MixerProcess, listener: RtpPhone, participants: number, rooms: number): Promise<number> {
  const leg = 'listener';
  listener.call(await mixer.open('room-0', leg, listener.address, PCMU));
  await listener.hear(50);
  const frequencies = toneFrequencies(participants);
  const expected = new Set(frequencies.filter((_, index) => index % rooms === 0));
  const found = heard(await listener.listen(2000), frequencies, 8000, -50);
  await mixer.close(leg);
  return frequencies.filter((frequency) => expected.has(frequency) !== found.has(frequency)).length;
}

/** Packet in to packet out, and the worst 200 ms of a tone, over several calls: the phase to the tick is luck. */
async function qualityRows(
  what: string,
  network: BadNetwork,
  expected: { delayMs: number; snrDb: number },
): Promise<BenchRow[]> {
  const mixer = await MixerProcess.start();
  try {
    // One who stays keeps the mixer's clock running from call to call.
    await mixer.open('keeper', 'keeper', { address: '127.0.0.1', port: 9 }, PCMU);
    const delays: number[] = [];
    const ratios: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      await delay((20 * call) / CALLS);
      const result = await conversation(mixer, `${what} ${call}`, network);
      delays.push(result.delayMs - (network.jitterMs ?? 0) / 2);
      ratios.push(...result.snrDb);
    }
    const mean = delays.reduce((sum, value) => sum + value, 0) / delays.length;
    const spoilt = ratios.filter((ratio) => ratio < expected.snrDb).length;
    return [
      { what: `mixer delay, ${what}`, value: round(mean, 1), unit: 'ms', expected: `at most ${expected.delayMs}` },
      { what: `mixer delay, ${what}, unluckiest call`, value: round(Math.max(...delays), 1), unit: 'ms' },
      {
        what: `mixer, ${what}: 200 ms windows under ${expected.snrDb} dB, of ${ratios.length}`,
        value: spoilt,
        unit: 'windows',
        expected: '0',
      },
      { what: `mixer, ${what}: worst window`, value: round(Math.min(...ratios), 1), unit: 'dB' },
    ];
  } finally {
    await mixer.stop();
  }
}

/** Two phones; what the second hears of the first, from the third second on. */
async function conversation(
  mixer: MixerProcess,
  room: string,
  network: BadNetwork,
): Promise<{ delayMs: number; snrDb: number[] }> {
  const talker = await RtpPhone.open({ source: (start, samples) => swingingTone(SWING, samples, start), network });
  const toneTalker = await RtpPhone.open({ frequencyHz: TONE_HZ, network });
  const [ear, toneEar] = [await RtpPhone.open(), await RtpPhone.open()];
  try {
    await openBoth(mixer, `${room} swing`, [talker, ear]);
    await openBoth(mixer, `${room} tone`, [toneTalker, toneEar]);
    await ear.hear(100);
    const [, tone] = await Promise.all([ear.listen(4000), toneEar.listen(4000)]);
    return { delayMs: delayBetween(talker, ear), snrDb: windowSnrDb(tone, TONE_HZ) };
  } finally {
    await Promise.all([talker, toneTalker, ear, toneEar].map((phone) => phone.close()));
    for (const kind of ['swing', 'tone']) {
      for (const index of [0, 1]) await mixer.close(`${room} ${kind} ${index}`);
    }
  }
}

async function openBoth(mixer: MixerProcess, room: string, phones: RtpPhone[]): Promise<void> {
  for (const [index, phone] of phones.entries()) {
    const leg = `${room} ${index}`;
    phone.call(await mixer.open(room, leg, phone.address, PCMU));
  }
}

function delayBetween(talker: RtpPhone, ear: RtpPhone): number {
  const first = ear.firstTimestamp ?? 0;
  const offsets = ear.packets.map(({ arrivedMs, timestamp }) => arrivedMs - ((timestamp - first) | 0) / 8);
  const startMs = offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length;
  return swingDelayMs(ear.heard(), SWING, (startMs - talker.startedMs) * 8);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
