import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostAnswer, HostRequest } from '../media/mixer/mixer-process.js';
import { type BadNetwork, RtpPhone } from '../support/rtp-phone.js';
import { heard, swingDelayMs, swingingTone, toneFrequencies, windowSnrDb } from '../support/signal.js';
import type { BenchRow } from './api-bench.js';
import type { LoadAnswer, LoadRequest } from './mixer-bench-load.js';

const PCMU = { codec: 'PCMU', payloadType: 0 } as const;
const WARM_UP_MS = 2000;
const MEASURED_MS = 5000;
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

class Child<Request extends object, Answer> {
  readonly #process: ChildProcess;

  constructor(file: string) {
    this.#process = fork(join(import.meta.dirname, file), { stdio: 'inherit' });
  }

  /** @throws Error when the process ends instead of answering. */
  async next(): Promise<Answer> {
    const abort = new AbortController();
    const ended = once(this.#process, 'exit', { signal: abort.signal }).then(() => {
      throw new Error('a process of the mixer benchmark ended');
    });
    ended.catch(() => undefined);
    const [answer] = await Promise.race([once(this.#process, 'message'), ended]);
    abort.abort();
    return answer as Answer;
  }

  ask(request: Request): Promise<Answer> {
    const answer = this.next();
    this.#process.send(request);
    return answer;
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}

/** CPU of one core for each participant, all talking; one more listens, and must hear them all. */
async function cpuRow(perRoom: number, rooms: number): Promise<BenchRow[]> {
  const host = new Child<HostRequest, HostAnswer>('../media/mixer/mixer-process.js');
  const load = new Child<LoadRequest, LoadAnswer>('mixer-bench-load.js');
  const listener = await RtpPhone.open();
  try {
    await host.next();
    const participants = perRoom * rooms;
    const { addresses } = await load.ask({ kind: 'open', phones: participants });
    const ports = [];
    for (const [index, anchor] of addresses.entries()) {
      const room = `room-${index % rooms}`;
      const { address } = await host.ask({ kind: 'open', room, leg: `leg-${index}`, anchor, format: PCMU });
      if (address !== undefined) ports.push(address);
    }
    await load.ask({ kind: 'call', ports });
    const missing = await unheard(host, listener, participants, rooms);
    await delay(WARM_UP_MS);
    const before = await cpuOf(host);
    const start = performance.now();
    await delay(MEASURED_MS);
    const percent = ((await cpuOf(host)) - before) / 10 / (performance.now() - start) / participants;
    const what = rooms === 1 ? `mixer, ${perRoom} talking in one room` : `mixer, ${rooms} rooms of ${perRoom} talking`;
    const expected = participants === 100 && rooms === 1 ? { expected: 'at most 0.15' } : {};
    return [
      { what, value: round(percent, 4), unit: '% of a core per participant', ...expected },
      { what: `${what}: voices not heard`, value: missing, unit: 'voices', expected: '0' },
    ];
  } finally {
    await Promise.all([listener.close(), load.stop(), host.stop()]);
  }
}

/** Listens in the first room and counts the voices that cannot be heard there, or should not be. */
async function unheard(
  host: Child<HostRequest, HostAnswer>,
  listener: RtpPhone,
  participants: number,
  rooms: number,
): Promise<number> {
  const leg = 'listener';
  const request = { kind: 'open', room: 'room-0', leg, anchor: listener.address, format: PCMU } as const;
  const { address } = await host.ask(request);
  if (address === undefined) throw new Error('the mixer opened no port');
  listener.call(address);
  await listener.hear(50);
  const frequencies = toneFrequencies(participants);
  const expected = new Set(frequencies.filter((_, index) => index % rooms === 0));
  const found = heard(await listener.listen(2000), frequencies, 8000, -50);
  await host.ask({ kind: 'close', leg });
  return frequencies.filter((frequency) => expected.has(frequency) !== found.has(frequency)).length;
}

async function cpuOf(host: Child<HostRequest, HostAnswer>): Promise<number> {
  return (await host.ask({ kind: 'cpu' })).cpuMicroseconds ?? Number.NaN;
}

/** Packet in to packet out, and the worst 200 ms of a tone, over several calls: the phase to the tick is luck. */
async function qualityRows(
  what: string,
  network: BadNetwork,
  expected: { delayMs: number; snrDb: number },
): Promise<BenchRow[]> {
  const host = new Child<HostRequest, HostAnswer>('../media/mixer/mixer-process.js');
  try {
    await host.next();
    const delays: number[] = [];
    const ratios: number[] = [];
    for (let call = 0; call < 6; call++) {
      const result = await conversation(host, `${what} ${call}`, network);
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
    await host.stop();
  }
}

/** Two phones; what the second hears of the first, from the third second on. */
async function conversation(
  host: Child<HostRequest, HostAnswer>,
  room: string,
  network: BadNetwork,
): Promise<{ delayMs: number; snrDb: number[] }> {
  const talker = await RtpPhone.open({ source: (start, samples) => swingingTone(SWING, samples, start), network });
  const toneTalker = await RtpPhone.open({ frequencyHz: TONE_HZ, network });
  const [ear, toneEar] = [await RtpPhone.open(), await RtpPhone.open()];
  try {
    await openBoth(host, `${room} swing`, [talker, ear]);
    await openBoth(host, `${room} tone`, [toneTalker, toneEar]);
    await ear.hear(100);
    const [, tone] = await Promise.all([ear.listen(4000), toneEar.listen(4000)]);
    return { delayMs: delayBetween(talker, ear), snrDb: windowSnrDb(tone, TONE_HZ) };
  } finally {
    await Promise.all([talker, toneTalker, ear, toneEar].map((phone) => phone.close()));
    for (const kind of ['swing', 'tone']) {
      for (const index of [0, 1]) await host.ask({ kind: 'close', leg: `${room} ${kind} ${index}` });
    }
  }
}

async function openBoth(host: Child<HostRequest, HostAnswer>, room: string, phones: RtpPhone[]): Promise<void> {
  for (const [index, phone] of phones.entries()) {
    const leg = `${room} ${index}`;
    const { address } = await host.ask({ kind: 'open', room, leg, anchor: phone.address, format: PCMU });
    if (address !== undefined) phone.call(address);
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
