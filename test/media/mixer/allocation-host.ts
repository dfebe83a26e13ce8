/** A program that mixes by a script, with nothing else in its heap, and tells what a packet leaves there. */
import type { RemoteInfo } from 'node:dgram';
import { PerformanceObserver } from 'node:perf_hooks';
import { type Codec, encodeTable } from '../../../gateway/media/mixer/g711.js';
import { Instant } from '../../../gateway/media/mixer/instant.js';
import { Mixing } from '../../../gateway/media/mixer/mixing.js';
import { writeRtp } from '../../../gateway/media/mixer/rtp.js';
import { toSound } from '../../../gateway/sound.js';
import { tone } from '../../support/signal.js';
import { seededRandom } from './arrival-trace.js';
import { ScriptedMachine } from './scripted-machine.js';

/** What the program tells, once. */
export interface Allocation {
  /** Packets received in the time measured. */
  packets: number;
  /** What each left in the heap. */
  bytesPerPacket: number;
  /** Times the garbage collector ran; unless 0, the heap's growth means nothing. */
  collections: number;
  /** Times a voice began or ended, and the rest that shows the script did what it is meant to. */
  talking: number;
  digits: number;
  framesConcealed: number;
  packetsSent: number;
}

interface Caller {
  codec: Codec;
  /** Packets come up to so much later than they were sent, in ms. */
  jitterMs: number;
  /** The share of packets that are lost, and that come twice. */
  lost: number;
  twice: number;
  /** Sends nothing while silent, as with silence suppression. */
  suppressesSilence?: boolean;
  /** Presses a key in each cycle. */
  pressesKey?: boolean;
  muted?: boolean;
  held?: boolean;
  /** In no room. */
  apart?: boolean;
  /** Has music played to it, loud enough to be turned down with the room. */
  hearsMusic?: boolean;
}

const STEADY: Caller = { codec: 'PCMU', jitterMs: 0.5, lost: 0, twice: 0 };
const CALLERS: Caller[] = [
  STEADY,
  { ...STEADY, codec: 'PCMA' },
  { ...STEADY, jitterMs: 30 },
  { ...STEADY, codec: 'PCMA', jitterMs: 30, lost: 0.03, twice: 0.01 },
  { ...STEADY, jitterMs: 12, suppressesSilence: true },
  { ...STEADY, lost: 0.05 },
  { ...STEADY, pressesKey: true },
  { ...STEADY, muted: true },
  { ...STEADY, held: true },
  { ...STEADY, jitterMs: 60, lost: 0.01, suppressesSilence: true },
  { ...STEADY, hearsMusic: true },
  { ...STEADY, apart: true },
  { ...STEADY, codec: 'PCMA', apart: true, hearsMusic: true },
];
/** The script begins anew after so many packets of each caller: 10 s. */
const CYCLE_PACKETS = 500;
const CYCLE_MS = CYCLE_PACKETS * 20;
const WARM_UP_CYCLES = 40;
const MEASURED_CYCLES = 25;
/** Of several rounds the least counts: V8 itself allocates when it compiles something late. */
const ROUNDS = 3;
const EVENT_PAYLOAD_TYPE = 101;
const MUSIC = toSound(tone(1500, 16 * 773, { amplitude: 29_000 })).samples;
/** The key is held down while these packets of a cycle are sent. */
const KEY_FROM = 300;
const KEY_TO = 310;

interface Arrival {
  atMs: number;
  caller: number;
  /** Which of the caller's packets it is; negative for one sent in the cycle before. */
  index: number;
}

/** Who is silent when: a second of each three, each caller at another time. */
function isSilent(caller: number, index: number): boolean {
  return (index + 37 * caller) % 150 >= 100;
}

function script(): Arrival[] {
  const random = seededRandom(1);
  const arrivals = CALLERS.flatMap((who, caller) =>
    Array.from({ length: CYCLE_PACKETS }, (_, index) => {
      if (random() < who.lost || (who.suppressesSilence === true && isSilent(caller, index))) return [];
      const atMs = index * 20 + caller * 1.9 + random() * who.jitterMs;
      return Array.from({ length: random() < who.twice ? 2 : 1 }, (_, copy) => ({ atMs: atMs + copy, caller, index }));
    }).flat(),
  );
  return arrivals
    .map((a) => (a.atMs < CYCLE_MS ? a : { ...a, atMs: a.atMs - CYCLE_MS, index: a.index - CYCLE_PACKETS }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** A cycle of a caller's packets, but for their headers. */
function packetsOf({ codec, pressesKey = false }: Caller, caller: number): Buffer[] {
  const samples = tone(300 + 97 * caller, CYCLE_PACKETS * 160, { amplitude: 9000 });
  return Array.from({ length: CYCLE_PACKETS }, (_, index) => {
    if (pressesKey && index >= KEY_FROM && index < KEY_TO) return keyPacket(index - KEY_FROM);
    const frame = samples.subarray(index * 160, (index + 1) * 160);
    const codes = Uint8Array.from(frame, (s) => encodeTable(codec)[isSilent(caller, index) ? 0 : s & 0xffff] ?? 0);
    return Buffer.concat([Buffer.alloc(12), codes]);
  });
}

function keyPacket(age: number): Buffer {
  const duration = (age + 1) * 160;
  const end = age === KEY_TO - KEY_FROM - 1;
  return Buffer.concat([Buffer.alloc(12), Buffer.from([5, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff])]);
}

const told = { talking: 0, digits: 0 };
const machine = new ScriptedMachine();
const mixing = new Mixing(
  { host: '127.0.0.1', rtpIdleMs: 8000 },
  {
    talking: () => void told.talking++,
    digit: () => void told.digits++,
    idle: () => undefined,
    played: () => undefined,
    trouble: (message) => console.error(message),
  },
  machine,
);

interface Line {
  deliver: (packet: Buffer, from: RemoteInfo) => void;
  from: RemoteInfo;
  packets: Buffer[];
  payloadType: number;
  pressesKey: boolean;
}

async function connect(who: Caller, caller: number): Promise<Line> {
  const leg = `leg-${caller}`;
  const anchor = { address: '127.0.0.1', port: 2000 + caller };
  const payloadType = who.codec === 'PCMU' ? 0 : 8;
  const format = { codec: who.codec, payloadType, telephoneEventPayloadType: EVENT_PAYLOAD_TYPE };
  await mixing.open(who.apart === true ? null : `room-${caller % 2}`, leg);
  await mixing.connect(leg, anchor, format);
  mixing.setMuted(leg, who.muted === true);
  mixing.setHeld(leg, who.held === true);
  if (who.hearsMusic === true) mixing.play(leg, { playback: 1, samples: MUSIC, loop: true, position: 0 });
  const socket = machine.sockets.at(-2);
  if (socket === undefined) throw new Error('the mixer made no socket');
  return {
    deliver: socket.deliver,
    from: { ...anchor, family: 'IPv4', size: 172 },
    packets: packetsOf(who, caller),
    payloadType,
    pressesKey: who.pressesKey === true,
  };
}

/** Writes the header a packet has in that cycle, and delivers it. */
function deliver(line: Line, caller: number, index: number, cycle: number): void {
  const inCycle = (index + CYCLE_PACKETS) % CYCLE_PACKETS;
  const packet = line.packets[inCycle] as Buffer;
  const sequence = (cycle * CYCLE_PACKETS + index) & 0xffff;
  const isKey = line.pressesKey && inCycle >= KEY_FROM && inCycle < KEY_TO;
  const timestampIndex = isKey ? index - inCycle + KEY_FROM : index;
  const timestamp = ((cycle * CYCLE_PACKETS + timestampIndex) * 160 - 0x1000_0000) | 0;
  const payloadType = isKey ? EVENT_PAYLOAD_TYPE : line.payloadType;
  writeRtp(packet, payloadType, isKey && inCycle === KEY_FROM, sequence, timestamp, -1 - caller);
  line.deliver(packet, line.from);
}

const lines: Line[] = [];
for (const [caller, who] of CALLERS.entries()) lines.push(await connect(who, caller));
const arrivals = script();
const arrivalsMs = Float64Array.from(arrivals, ({ atMs }) => atMs);
const until = new Instant();
let cycles = 0;

function playCycles(count: number): void {
  for (const end = cycles + count; cycles < end; cycles++) {
    mixing.playInRoom('room-0', MUSIC, ['leg-2', 'leg-8']);
    for (let i = 0; i < arrivals.length; i++) {
      const { caller, index } = arrivals[i] as Arrival;
      until.ms = cycles * CYCLE_MS + (arrivalsMs[i] as number);
      machine.time.pass(until);
      deliver(lines[caller] as Line, caller, index, cycles);
    }
  }
}

let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});

/** How much more of the heap is in use for each packet after playing the script. */
function bytesPerPacket(): number {
  const before = process.memoryUsage().heapUsed;
  playCycles(MEASURED_CYCLES);
  return (process.memoryUsage().heapUsed - before) / (MEASURED_CYCLES * arrivals.length);
}

observer.observe({ entryTypes: ['gc'] });
playCycles(WARM_UP_CYCLES);
const rounds = Array.from({ length: ROUNDS }, bytesPerPacket);
const { legs } = mixing.stats();
await mixing.stop();
// The observer is told in a later turn.
await new Promise((resolve) => setImmediate(resolve));
observer.disconnect();
process.send?.({
  packets: MEASURED_CYCLES * arrivals.length,
  bytesPerPacket: Math.min(...rounds),
  collections,
  ...told,
  framesConcealed: legs.reduce((sum, leg) => sum + leg.framesConcealed, 0),
  packetsSent: machine.sockets.reduce((sum, socket) => sum + socket.sent, 0),
} satisfies Allocation);
