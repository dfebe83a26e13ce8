import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { seedDemo } from '../../gateway/store/demo.js';
import { openStore } from '../../gateway/store/store.js';
import { Caller } from '../support/caller.js';
import { GatewayProcess } from '../support/gateway.js';
import type { BadNetwork, RtpPhone } from '../support/rtp-phone.js';
import { rtpengineOf } from '../support/rtpengine-calls.js';
import { heard, swingDelayMs, swingingTone, toneFrequencies, windowSnrDb } from '../support/signal.js';
import { silentLog } from '../support/silent-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import type { BenchRow } from './api-bench.js';
import type { CallRequest, CallTimes, LoadRequest, PacketCounts } from './call-bench-load.js';
import { cpuBetween, sum, threadCpuMs } from './thread-cpu.js';

const GROUPS = 20;
/** As long as it takes until all that runs often is compiled. */
const WARM_UP_MS = 5000;
const MEASURED_MS = 10_000;
const SWING = { frequencyHz: 1000, swingHz: 2.5 };
const TONE_HZ = 440;
/** Each begins at another phase to the mixer's clock. */
const CALLS = 6;
/** Measured again, a few times, when the phones were later than this with a packet of theirs. */
const MOST_STALL_MS = 10;
const MOST_ATTEMPTS = 5;

/** Real calls through the whole gateway: what they cost, and how fast they are answered. */
export async function benchCalls(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [perRoom, rooms] of [
    [2, 1],
    [10, 1],
    [40, 1],
    [100, 1],
    [5, GROUPS],
  ] as const) {
    rows.push(...(await withGateway((gateway, numbers) => loadRows(gateway, numbers.slice(0, rooms), perRoom))));
  }
  return rows;
}

/** How late and how clean a voice comes out of the whole gateway. */
export function benchSound(): Promise<BenchRow[]> {
  return withGateway((gateway, numbers) => qualityRows(gateway, numbers[0] ?? ''));
}

/** A gateway as a process of its own, with a group for every room; each measurement begins with a fresh one. */
async function withGateway<T>(measure: (gateway: GatewayProcess, numbers: string[]) => Promise<T>): Promise<T> {
  const folder = temporaryFolder('bench');
  await seedGroups(folder);
  const gateway = await GatewayProcess.start({ ROOMLINE_DATA: folder });
  try {
    const numbers: string[] = [];
    for (let group = 0; group < GROUPS; group++) numbers.push(await gateway.api.roomNumber('alice', `bench-${group}`));
    return await measure(gateway, numbers);
  } finally {
    await gateway.stop();
  }
}

async function seedGroups(folder: string): Promise<void> {
  const store = await openStore({ url: null, dataDir: folder, maxConnections: 1, log: silentLog });
  await seedDemo(store, { realm: 'roomline' });
  const users = await Promise.all(['alice', 'bob', 'carol', 'dave'].map((name) => store.users.findByName(name)));
  await store.transaction(async (unit) => {
    for (let group = 0; group < GROUPS; group++) {
      const groupId = await unit.createGroup({ name: `bench-${group}`, title: `Bench ${group}` });
      for (const user of users) await unit.addMember({ groupId, userId: user?.id ?? '', role: 'member' });
    }
  });
  await store.close();
}

async function loadRows(gateway: GatewayProcess, numbers: string[], perRoom: number): Promise<BenchRow[]> {
  const load = fork(join(import.meta.dirname, 'call-bench-load.js'), { stdio: 'inherit' });
  const participants = numbers.length * perRoom;
  const what = numbers.length === 1 ? `${perRoom} in one room` : `${numbers.length} rooms of ${perRoom}`;
  try {
    const request: CallRequest = { kind: 'call', sip: gateway.sip, numbers, perRoom };
    const times = (await ask(load, request)) as CallTimes;
    const missing = await unheard(gateway, numbers, participants);
    await delay(WARM_UP_MS);
    const [before, startMs] = [(await ask(load, { kind: 'count' })) as PacketCounts, performance.now()];
    const cpu = await cpuPerParticipant(gateway, participants);
    const after = (await ask(load, { kind: 'count' })) as PacketCounts;
    const perSecond = 1000 / (performance.now() - startMs) / participants;
    await ask(load, { kind: 'hang-up' });
    const hundred = participants === 100 && numbers.length === 1;
    return [
      row(`mixer, ${what}`, cpu.mixer, hundred ? 'at most 0.15' : undefined),
      row(`rtpengine, ${what}`, cpu.rtpengine),
      row(`rtpengine and mixer, ${what}`, cpu.mixer + cpu.rtpengine, hundred ? 'at most 0.40' : undefined),
      row(`the rest of the gateway, ${what}`, cpu.rest),
      { what: `sent by each, ${what}`, value: round((after.sent - before.sent) * perSecond, 1), unit: 'packets/s' },
      {
        what: `sent to each, ${what}`,
        value: round((after.received - before.received) * perSecond, 1),
        unit: 'packets/s',
      },
      { what: `voices not heard, ${what}`, value: missing, unit: 'voices', expected: '0' },
      ...(participants === 40 ? timeRows(times) : []),
    ];
  } finally {
    const exited = load.exitCode === null ? once(load, 'exit') : undefined;
    if (load.connected) load.disconnect();
    await exited;
  }
}

function row(what: string, value: number, expected?: string): BenchRow {
  const cells = { what, value: round(value, 3), unit: '% of a core per participant' };
  return expected === undefined ? cells : { ...cells, expected };
}

function timeRows({ answerMs, challengedAnswerMs, firstPacketMs }: CallTimes): BenchRow[] {
  return [
    { what: 'INVITE to 200, median', value: round(quantile(answerMs, 0.5), 1), unit: 'ms', expected: 'at most 15' },
    { what: 'INVITE to 200, slowest of 40', value: round(Math.max(...answerMs), 1), unit: 'ms' },
    {
      what: 'the same with the challenge before it, median',
      value: round(quantile(challengedAnswerMs, 0.5), 1),
      unit: 'ms',
    },
    { what: 'INVITE to first packet of the mix, median', value: round(quantile(firstPacketMs, 0.5), 1), unit: 'ms' },
    {
      what: 'INVITE to first packet of the mix, slowest of 40',
      value: round(Math.max(...firstPacketMs), 1),
      unit: 'ms',
    },
  ];
}

/** CPU of one core for each participant, in percent. The mixer is the gateway's busiest thread besides the main one. */
async function cpuPerParticipant(gateway: GatewayProcess, participants: number) {
  const pids = { gateway: gateway.child.pid, rtpengine: rtpengineOf(gateway.child.pid).pid };
  const before = { gateway: threadCpuMs(pids.gateway), rtpengine: threadCpuMs(pids.rtpengine) };
  const startMs = performance.now();
  await delay(MEASURED_MS);
  const percent = 100 / (performance.now() - startMs) / participants;
  const threads = cpuBetween(before.gateway, threadCpuMs(pids.gateway));
  const all = sum(threads.values());
  threads.delete(pids.gateway);
  const mixer = Math.max(...threads.values());
  const rtpengine = sum(cpuBetween(before.rtpengine, threadCpuMs(pids.rtpengine)).values());
  return { mixer: mixer * percent, rtpengine: rtpengine * percent, rest: (all - mixer) * percent };
}

/** One more dials the first room and counts the voices that cannot be heard there, or should not be. */
async function unheard(gateway: GatewayProcess, numbers: string[], participants: number): Promise<number> {
  const listener = await Caller.enter(numbers[0] ?? '', { server: gateway.sip, user: 'alice' });
  try {
    await listener.rtp.hear(50);
    const frequencies = toneFrequencies(participants);
    const expected = new Set(frequencies.filter((_, index) => index % numbers.length === 0));
    const found = heard(await listener.rtp.listen(2000), frequencies, 8000, -50);
    return frequencies.filter((frequency) => expected.has(frequency) !== found.has(frequency)).length;
  } finally {
    await listener.close();
  }
}

async function qualityRows(gateway: GatewayProcess, number: string): Promise<BenchRow[]> {
  const calm: Heard = { delays: [], ratios: [], stallsMs: [] };
  const jittered: Heard = { delays: [], ratios: [], stallsMs: [] };
  const after: Heard = { delays: [], ratios: [], stallsMs: [] };
  for (let call = 0; call < CALLS; call++) {
    await delay((20 * call) / CALLS);
    await twoCalls(gateway, number, async (measure) => {
      await measure(calm, {});
      await measure(jittered, { jitterMs: 30 });
      await measure(after, {});
    });
  }
  const stallsMs = [calm, jittered, after].flatMap((heardThen) => heardThen.stallsMs);
  return [
    ...qualityOf('without jitter', calm, { delayMs: 25, snrDb: 32 }),
    ...qualityOf('with 0-30 ms of jitter', jittered, { delayMs: 45, snrDb: 20 }),
    ...qualityOf('after the jitter', after, { delayMs: 25, snrDb: 20 }),
    { what: 'the phones themselves were late by at most', value: round(Math.max(...stallsMs), 1), unit: 'ms' },
  ];
}

interface Heard {
  readonly delays: number[];
  readonly ratios: number[];
  /** By how much the phones' own clock was late at most, in each call. */
  readonly stallsMs: number[];
}

type Measure = (into: Heard, network: BadNetwork) => Promise<void>;

/**
 * Two calls in a room: one says a tone that swings, by which its delay is measured, and hears a steady one of the
 * other, by which its cleanness is.
 */
async function twoCalls(
  gateway: GatewayProcess,
  number: string,
  work: (measure: Measure) => Promise<void>,
): Promise<void> {
  const server = gateway.sip;
  const source = (start: number, samples: number) => swingingTone(SWING, samples, start);
  const swinging = await Caller.enter(number, { server, user: 'alice', rtp: { source } });
  const steady = await Caller.enter(number, { server, user: 'bob', rtp: { frequencyHz: TONE_HZ } });
  const clock = monitorEventLoopDelay({ resolution: 1 });
  clock.enable();
  try {
    await work(async (into, network) => {
      for (const { rtp } of [swinging, steady]) rtp.network = network;
      // What the jitter buffer needs to see a change, and to come back down after it.
      await swinging.rtp.hear(250);
      for (let attempt = 1; ; attempt++) {
        clock.reset();
        const [clean] = await Promise.all([swinging.rtp.listen(4000), steady.rtp.listen(4000)]);
        const stallMs = clock.max / 1e6;
        // Phones that were kept from sending in time say nothing of the gateway.
        if (stallMs > MOST_STALL_MS && attempt < MOST_ATTEMPTS) continue;
        into.stallsMs.push(stallMs);
        into.delays.push(delayBetween(swinging.rtp, steady.rtp) - (network.jitterMs ?? 0) / 2);
        into.ratios.push(...windowSnrDb(clean, TONE_HZ));
        return;
      }
    });
  } finally {
    clock.disable();
    await Promise.all([swinging.close(), steady.close()]);
  }
}

/** From when a sample is sent to when it arrives; what the network was made to add on average is taken off by whoever asks. */
function delayBetween(talker: RtpPhone, ear: RtpPhone): number {
  const first = ear.firstTimestamp ?? 0;
  const offsets = ear.packets.map(({ arrivedMs, timestamp }) => arrivedMs - ((timestamp - first) | 0) / 8);
  const startMs = sum(offsets) / offsets.length;
  return swingDelayMs(ear.heard(), SWING, (startMs - talker.startedMs) * 8);
}

function qualityOf(what: string, { delays, ratios }: Heard, expected: { delayMs: number; snrDb: number }): BenchRow[] {
  return [
    {
      what: `delay ${what}, average of ${delays.length} calls`,
      value: round(sum(delays) / delays.length, 1),
      unit: 'ms',
      expected: `at most ${expected.delayMs}`,
    },
    { what: `delay ${what}, unluckiest call`, value: round(Math.max(...delays), 1), unit: 'ms' },
    {
      what: `200 ms windows under ${expected.snrDb} dB ${what}, of ${ratios.length}`,
      value: ratios.filter((ratio) => ratio < expected.snrDb).length,
      unit: 'windows',
      expected: '0',
    },
    { what: `worst 200 ms window ${what}`, value: round(Math.min(...ratios), 1), unit: 'dB' },
  ];
}

async function ask(load: ChildProcess, request: LoadRequest): Promise<unknown> {
  const failed = once(load, 'exit').then(() => {
    throw new Error('the process of the phones ended');
  });
  const answer = once(load, 'message');
  load.send(request);
  const [message] = await Promise.race([answer, failed]);
  return message;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
