/** Plays scripted arrivals to a jitter buffer on a clock of its own: what a minute of network does, in milliseconds. */
import { type Codec, decodeTable, encodeTable } from '../../../gateway/media/mixer/g711.js';
import { Instant } from '../../../gateway/media/mixer/instant.js';
import { JitterBuffer } from '../../../gateway/media/mixer/jitter-buffer.js';
import { RtpHeader, readRtp, writeRtp } from '../../../gateway/media/mixer/rtp.js';

/** A packet of a trace: which samples of the source it carries, and when it arrives, in ms (never: NaN). */
export interface Arrival {
  atMs: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  audio: Int16Array;
  /** It may have waited unread in the socket. */
  unknown?: boolean;
}

export interface Sender {
  source: (startSample: number, samples: number) => Int16Array;
  durationMs: number;
  ptimeMs?: number;
  packetSamples?: number;
  /** Delay on the network of the packet sent then; NaN loses it. */
  networkMs?: (sentMs: number, packet: number) => number;
  clockPpm?: number;
  firstTimestamp?: number;
  firstSequence?: number;
  ssrc?: number;
}

/** What a sender's packets look like at the gateway. */
export function arrivalsOf(sender: Sender): Arrival[] {
  const samples = sender.packetSamples ?? (sender.ptimeMs ?? 20) * 8;
  const packetMs = samples / 8 / (1 + (sender.clockPpm ?? 0) / 1e6);
  const arrivals: Arrival[] = [];
  for (let packet = 0; packet * packetMs < sender.durationMs; packet++) {
    const sentMs = packet * packetMs;
    arrivals.push({
      atMs: sentMs + (sender.networkMs?.(sentMs, packet) ?? 0),
      sequence: ((sender.firstSequence ?? 65_500) + packet) & 0xffff,
      timestamp: ((sender.firstTimestamp ?? 0xffff_0000) + packet * samples) >>> 0,
      ssrc: sender.ssrc ?? 1234,
      marker: packet === 0,
      audio: sender.source(packet * samples, samples),
    });
  }
  return arrivals;
}

export interface Played {
  /** All frames, one after the other. */
  samples: Int16Array;
  /** What the buffer says of its delay, at each tick. */
  delaysMs: number[];
  /** At which ticks there was something to hear. */
  sound: boolean[];
  buffer: JitterBuffer;
}

/** Plays the arrivals, reading a frame every 20 ms from `firstTickMs` on. */
export function play(
  arrivals: readonly Arrival[],
  options: {
    durationMs: number;
    firstTickMs?: number;
    /** When each tick is due; every 20 ms when left out. */
    tickMs?: (tick: number) => number;
    codec?: Codec;
    onTick?: (tick: number, b: JitterBuffer) => void;
  },
): Played {
  const codec = options.codec ?? 'PCMU';
  const buffer = new JitterBuffer();
  const due = arrivals.filter((arrival) => !Number.isNaN(arrival.atMs)).sort((a, b) => a.atMs - b.atMs);
  const ticks = Math.floor(options.durationMs / 20);
  const samples = new Int16Array(ticks * 160);
  const delaysMs: number[] = [];
  const sound: boolean[] = [];
  const frame = new Int16Array(160);
  const header = new RtpHeader();
  const now = new Instant();
  let next = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const tickMs = options.tickMs?.(tick) ?? (options.firstTickMs ?? 10) + tick * 20;
    for (let arrival = due[next]; arrival !== undefined && arrival.atMs <= tickMs; arrival = due[++next]) {
      const packet = encode(arrival, codec);
      if (!readRtp(packet, header)) throw new Error('the trace made a packet that is not RTP');
      now.ms = arrival.atMs;
      buffer.write(packet, header, decodeTable(codec), now, arrival.unknown !== true);
    }
    options.onTick?.(tick, buffer);
    now.ms = tickMs;
    const heard = buffer.read(frame, now);
    if (heard) samples.set(frame, tick * 160);
    delaysMs.push(buffer.delayMs);
    sound.push(heard);
  }
  return { samples, delaysMs, sound, buffer };
}

function encode(arrival: Arrival, codec: Codec): Buffer {
  const packet = Buffer.alloc(12 + arrival.audio.length);
  writeRtp(packet, 0, arrival.marker, arrival.sequence, arrival.timestamp, arrival.ssrc);
  const table = encodeTable(codec);
  arrival.audio.forEach((sample, i) => {
    packet[12 + i] = table[sample & 0xffff] ?? 0;
  });
  return packet;
}

/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
