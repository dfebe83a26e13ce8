/**
 * The media half of a phone: a UDP socket that sends a tone in RTP by its own clock and records what arrives. The
 * way to the far end can be made bad on purpose: jitter (with the reordering that comes of it), loss, duplicates.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { type Codec, decodeTable, encodeTable } from '../../gateway/media/mixer/g711.js';
import { RtpHeader, readRtp, writeRtp } from '../../gateway/media/mixer/rtp.js';

/** What happens to packets on their way; every delay is drawn evenly from 0 to `jitterMs`. */
export interface BadNetwork {
  jitterMs?: number;
  /** Share of packets that never arrive, 0 to 1. */
  loss?: number;
  /** Share of packets sent twice. */
  duplicates?: number;
}

export interface RtpPhoneOptions {
  host?: string;
  codec?: Codec;
  /** Sends a sine of this frequency; silence when left out. `source` wins. */
  frequencyHz?: number;
  amplitude?: number;
  /** Gives the samples from `startSample` on. */
  source?: (startSample: number, samples: number) => Int16Array;
  ptimeMs?: number;
  telephoneEventPayloadType?: number;
  /** Goes on sending audio while a key is pressed, as some phones do. */
  audioUnderEvents?: boolean;
  network?: BadNetwork;
  /** How much faster than ours the phone's clock runs, in parts per million. */
  clockPpm?: number;
}

/** An RTP packet as it arrived. */
export interface ReceivedPacket {
  arrivedMs: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
  marker: boolean;
  payloadBytes: number;
  from: { address: string; port: number };
}

interface PressedDigit {
  code: number;
  startFrame: number;
  frames: number;
  done(): void;
}

type PhoneEvents = { packet: [ReceivedPacket]; digit: [string] };

const DIGITS = '0123456789*#ABCD';
const AUDIO_PAYLOAD_TYPE: Record<Codec, number> = { PCMU: 0, PCMA: 8 };
/** How long, in samples, a recording may be: two minutes. */
const MOST_SAMPLES = 120 * 8000;

export class RtpPhone extends EventEmitter<PhoneEvents> {
  readonly codec: Codec;
  readonly ssrc = randomInt(2 ** 32);
  readonly packets: ReceivedPacket[] = [];
  network: BadNetwork;
  /** Turned off, nothing is sent while the clock and the timestamps go on, as in silence suppression. */
  sending = true;
  packetsSent = 0;
  /** When, by performance.now(), sample 0 of the source is due on the wire. */
  startedMs = Number.NaN;
  readonly #socket: Socket;
  readonly #options: RtpPhoneOptions;
  readonly #ptimeMs: number;
  readonly #timestampBase = randomInt(2 ** 32);
  readonly #header = new RtpHeader();
  readonly #delayed = new Set<NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;
  #sequence = randomInt(2 ** 16);
  #frames = 0;
  #marker = true;
  #target: { address: string; port: number } | undefined;
  #digit: PressedDigit | undefined;
  #recording = new Int16Array(8000);
  #recorded = 0;
  #closed = false;
  #firstTimestamp: number | undefined;

  private constructor(socket: Socket, options: RtpPhoneOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    this.codec = options.codec ?? 'PCMU';
    this.network = options.network ?? {};
    this.#ptimeMs = options.ptimeMs ?? 20;
    socket.on('message', (packet, from) => this.#receive(packet, from));
    socket.on('error', () => undefined);
  }

  /** Opens the socket on a free port; `call` makes it send. */
  static async open(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    const socket = createSocket('udp4');
    socket.bind(0, options.host ?? '127.0.0.1');
    await once(socket, 'listening');
    return new RtpPhone(socket, options);
  }

  get address(): { address: string; port: number } {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  get payloadType(): number {
    return AUDIO_PAYLOAD_TYPE[this.codec];
  }

  /** Begins to send there; a second call only changes where to. */
  call(target: { address: string; port: number }): void {
    this.#target = target;
    if (this.#timer !== undefined) return;
    this.startedMs = performance.now();
    this.#schedule();
  }

  /** Presses a key for as long, in frames of the phone's ptime; resolves when its three end packets are sent. */
  sendDigit(digit: string, options: { frames?: number } = {}): Promise<void> {
    const code = DIGITS.indexOf(digit);
    if (code < 0 || digit.length !== 1) throw new Error(`${digit} is no telephone event digit`);
    if (this.#digit !== undefined) throw new Error(`${digit} pressed before the last digit ended`);
    return new Promise((done) => {
      this.#digit = { code, startFrame: this.#frames, frames: options.frames ?? 5, done };
    });
  }

  /** Everything heard so far, laid out by RTP timestamp; what never arrived is silence. */
  heard(): Int16Array {
    return this.#recording.slice(0, this.#recorded);
  }

  /** The last samples heard. */
  lastHeard(samples: number): Int16Array {
    return this.#recording.slice(Math.max(0, this.#recorded - samples), this.#recorded);
  }

  /** The timestamp of the recording's first sample. */
  get firstTimestamp(): number | undefined {
    return this.#firstTimestamp;
  }

  /** Forgets what was heard. */
  forget(): void {
    this.packets.length = 0;
    this.#recorded = 0;
    this.#firstTimestamp = undefined;
    this.#recording.fill(0);
  }

  /** Resolves once so many more packets arrived; rejects when they do not within the deadline. */
  async hear(packets: number, deadlineMs = packets * 20 + 20_000): Promise<void> {
    const goal = this.packets.length + packets;
    const signal = AbortSignal.timeout(deadlineMs);
    while (this.packets.length < goal) {
      await once(this, 'packet', { signal }).catch(() => {
        const missing = goal - this.packets.length;
        throw new Error(`${missing} of ${packets} RTP packets did not arrive within ${deadlineMs} ms`);
      });
    }
  }

  /** Forgets, then records that many milliseconds anew and returns them. */
  async listen(milliseconds: number): Promise<Int16Array> {
    this.forget();
    await this.hear(Math.ceil(milliseconds / 20));
    return this.heard();
  }

  /** Closes the socket; a second call does nothing. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #schedule(): void {
    const ptimeMs = this.#ptimeMs / (1 + (this.#options.clockPpm ?? 0) / 1e6);
    const dueMs = this.startedMs + this.#frames * ptimeMs;
    this.#timer = setTimeout(
      () => {
        while (performance.now() >= this.startedMs + this.#frames * ptimeMs) this.#frame();
        this.#schedule();
      },
      Math.max(0, dueMs - performance.now()),
    );
  }

  #frame(): void {
    const samples = this.#ptimeMs * 8;
    const start = this.#frames * samples;
    const digit = this.#digit;
    this.#frames++;
    if (digit !== undefined) this.#sendEvent(digit, start, samples);
    if (digit !== undefined && this.#options.audioUnderEvents !== true) this.#marker = true;
    else if (this.sending) this.#sendAudio(start, samples);
    else this.#marker = true;
  }

  #sendAudio(start: number, samples: number): void {
    const packet = Buffer.alloc(12 + samples);
    const timestamp = (this.#timestampBase + start) >>> 0;
    writeRtp(packet, this.payloadType, this.#marker, this.#sequence, timestamp, this.ssrc);
    const encode = encodeTable(this.codec);
    const audio = this.#samples(start, samples);
    for (let i = 0; i < samples; i++) packet[12 + i] = encode[(audio[i] ?? 0) & 0xffff] ?? 0;
    this.#marker = false;
    this.#send(packet);
  }

  #samples(start: number, samples: number): Int16Array {
    const { source, frequencyHz, amplitude = 8000 } = this.#options;
    if (source !== undefined) return source(start, samples);
    if (frequencyHz === undefined) return new Int16Array(samples);
    const step = (2 * Math.PI * frequencyHz) / 8000;
    return Int16Array.from({ length: samples }, (_, i) => Math.round(amplitude * Math.sin(step * (start + i))));
  }

  #sendEvent(digit: PressedDigit, start: number, samples: number): void {
    const age = start / samples - digit.startFrame;
    const ended = age >= digit.frames;
    for (let copy = 0; copy < (ended ? 3 : 1); copy++) {
      const packet = Buffer.alloc(16);
      const timestamp = (this.#timestampBase + digit.startFrame * samples) >>> 0;
      const payloadType = this.#options.telephoneEventPayloadType ?? 101;
      writeRtp(packet, payloadType, age === 0, this.#sequence, timestamp, this.ssrc);
      packet[12] = digit.code;
      packet[13] = (ended ? 0x80 : 0) | 10;
      packet.writeUInt16BE(Math.min(0xffff, (age + (ended ? 0 : 1)) * samples), 14);
      this.#send(packet);
    }
    if (!ended) return;
    this.#digit = undefined;
    digit.done();
  }

  #send(packet: Buffer): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const { jitterMs = 0, loss = 0, duplicates = 0 } = this.network;
    if (Math.random() < loss) return;
    const copies = Math.random() < duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#sendAfter(packet, Math.random() * jitterMs);
  }

  #sendAfter(packet: Buffer, delayMs: number): void {
    const send = () => {
      if (this.#target === undefined) return;
      this.packetsSent++;
      this.#socket.send(packet, this.#target.port, this.#target.address);
    };
    if (delayMs === 0) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      send();
    }, delayMs);
    this.#delayed.add(timer);
  }

  #receive(packet: Buffer, { address, port }: RemoteInfo): void {
    const header = this.#header;
    if (!readRtp(packet, header)) return;
    const received: ReceivedPacket = {
      arrivedMs: performance.now(),
      sequence: header.sequence,
      timestamp: header.timestamp >>> 0,
      ssrc: header.ssrc >>> 0,
      payloadType: header.payloadType,
      marker: header.marker,
      payloadBytes: header.payloadEnd - header.payloadStart,
      from: { address, port },
    };
    if (header.payloadType === this.payloadType) this.#record(packet, header);
    else if (header.payloadType === this.#options.telephoneEventPayloadType && header.marker) {
      this.emit('digit', DIGITS[packet[header.payloadStart] ?? 0] ?? '?');
    }
    this.packets.push(received);
    this.emit('packet', received);
  }

  #record(packet: Buffer, header: RtpHeader): void {
    this.#firstTimestamp ??= header.timestamp;
    const at = (header.timestamp - this.#firstTimestamp) | 0;
    const length = header.payloadEnd - header.payloadStart;
    if (at < 0 || at + length > MOST_SAMPLES) return;
    if (at + length > this.#recording.length) {
      const larger = new Int16Array(Math.max(2 * this.#recording.length, at + length));
      larger.set(this.#recording.subarray(0, this.#recorded));
      this.#recording = larger;
    }
    const decode = decodeTable(this.codec);
    for (let i = 0; i < length; i++) {
      this.#recording[at + i] = decode[packet[header.payloadStart + i] ?? 0] ?? 0;
    }
    this.#recorded = Math.max(this.#recorded, at + length);
  }
}
