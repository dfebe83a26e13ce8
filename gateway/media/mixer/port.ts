import type { Socket } from 'node:dgram';
import { FRAME_SAMPLES } from './frame.js';
import { type Codec, decodeTable } from './g711.js';
import type { Instant } from './instant.js';
import { JitterBuffer } from './jitter-buffer.js';
import type { AudioFormat, LegId, MixerLegStats, UdpAddress } from './mixer.js';
import { type PlaybackState, Player } from './playback.js';
import type { LeftPort } from './protocol.js';
import type { Mixed } from './room-mix.js';
import { RTP_HEADER_BYTES, RtpHeader, readRtp, writeRtp } from './rtp.js';
import { TelephoneEvents } from './telephone-event.js';
import { VoiceActivity } from './voice-activity.js';

const PACKET_BYTES = RTP_HEADER_BYTES + FRAME_SAMPLES;
/** A packet's buffer is written again after so many frames: long after the kernel took it. */
const PACKET_BUFFERS = 16;
/** Sound that never exceeds this (-60 dBFS) is left out of the mix. */
const UNHEARD_PEAK = 32;
/** Key tones stay out this much longer than the last packet of the event says, in ms. */
const EVENT_HOLD_MS = 60;

/** What a port notices. */
export interface PortListener {
  talking(leg: LegId, talking: boolean): void;
  digit(leg: LegId, digit: string, durationMs: number): void;
  idle(leg: LegId, idle: boolean): void;
  played(leg: LegId, playback: number): void;
}

/** What RTP begins with: random numbers (RFC 3550 section 5.1), or where another port left off. */
export interface RtpStream {
  ssrc: number;
  sequence: number;
  timestamp: number;
}

export interface PortOptions extends RtpStream {
  leg: LegId;
  socket: Socket;
  rtpIdleMs: number;
  listener: PortListener;
}

/** One leg's end in the mixer: RTP in from its anchor, RTP out to it. */
export class Port implements Mixed {
  readonly leg: LegId;
  readonly frame = new Int16Array(FRAME_SAMPLES);
  heard = false;
  codec: Codec = 'PCMU';
  /** What plays to this leg alone; there is none before the first sound. */
  player: Player | undefined;
  readonly #socket: Socket;
  readonly #listener: PortListener;
  readonly #rtpIdleMs: number;
  readonly #header = new RtpHeader();
  readonly #jitterBuffer = new JitterBuffer();
  readonly #voiceActivity = new VoiceActivity();
  readonly #telephoneEvents: TelephoneEvents;
  readonly #packets = Array.from({ length: PACKET_BUFFERS }, () => Buffer.alloc(PACKET_BYTES));
  #decode = decodeTable('PCMU');
  #anchor: UdpAddress | undefined;
  #payloadType = 0;
  #telephoneEventPayloadType = -1;
  #ssrc: number;
  #sequence: number;
  #timestamp: number;
  #marker = true;
  #apart = false;
  #muted = false;
  #held = false;
  #idle = false;
  #lastRtpMs = 0;
  #eventUntilMs = 0;
  #packetsReceived = 0;
  #packetsSent = 0;

  constructor(options: PortOptions) {
    this.leg = options.leg;
    this.#socket = options.socket;
    this.#ssrc = options.ssrc | 0;
    this.#sequence = options.sequence;
    this.#timestamp = options.timestamp | 0;
    this.#rtpIdleMs = options.rtpIdleMs;
    this.#listener = options.listener;
    this.#telephoneEvents = new TelephoneEvents((digit, durationMs) => {
      this.#listener.digit(this.leg, digit, durationMs);
    });
  }

  /** The socket is connected to the anchor now. */
  connect(anchor: UdpAddress, format: AudioFormat, now: Instant): void {
    if (this.#anchor === undefined) {
      this.#jitterBuffer.reset();
      this.#telephoneEvents.reset();
    }
    this.#anchor = anchor;
    this.codec = format.codec;
    this.#decode = decodeTable(format.codec);
    this.#payloadType = format.payloadType;
    this.#telephoneEventPayloadType = format.telephoneEventPayloadType ?? -1;
    this.#lastRtpMs = now.ms;
  }

  /** The socket is not connected for now: nothing is taken or sent. */
  disconnect(): void {
    this.#anchor = undefined;
  }

  /** In no room: not heard, and not said to talk. */
  setApart(apart: boolean): void {
    this.#apart = apart;
    this.#quieten();
  }

  play(sound: PlaybackState): void {
    this.player ??= new Player((playback) => this.#listener.played(this.leg, playback));
    this.player.start(sound);
  }

  /** What a port in another thread needs to go on as this one; it is to be closed. */
  leave(): LeftPort {
    this.#setIdle(false);
    const stream = { ssrc: this.#ssrc, sequence: this.#sequence, timestamp: this.#timestamp };
    return { stream, press: this.#telephoneEvents.leave(), playing: this.player?.state };
  }

  /** Goes on where another port stopped; to be called when this one is connected. */
  resume({ stream, press, playing }: LeftPort, now: Instant): void {
    this.#ssrc = stream.ssrc;
    this.#sequence = stream.sequence;
    this.#timestamp = stream.timestamp;
    if (press !== undefined) {
      this.#telephoneEvents.resume(press, now);
      // It may go on: its tone stays out until the next packet says so again.
      this.#eventUntilMs = now.ms + EVENT_HOLD_MS;
    }
    if (playing !== undefined) this.play(playing);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#quieten();
  }

  setHeld(held: boolean, now: Instant): void {
    if (this.#held && !held) this.#lastRtpMs = now.ms;
    this.#held = held;
    this.#quieten();
    this.#setIdle(false);
  }

  /** Takes a datagram. `arrivalKnown`: it was read as soon as it arrived. */
  receive(packet: Buffer, address: string, port: number, now: Instant, arrivalKnown: boolean): void {
    const anchor = this.#anchor;
    if (anchor === undefined || port !== anchor.port || address !== anchor.address) return;
    const header = this.#header;
    if (!readRtp(packet, header)) return;
    this.#packetsReceived++;
    this.#lastRtpMs = now.ms;
    this.#setIdle(false);
    if (header.payloadType === this.#payloadType) {
      this.#jitterBuffer.write(packet, header, this.#decode, now, arrivalKnown);
    } else if (header.payloadType === this.#telephoneEventPayloadType) {
      if (!this.#telephoneEvents.take(packet, header, now)) return;
      this.#eventUntilMs = now.ms + EVENT_HOLD_MS + this.#jitterBuffer.delayMs;
    }
  }

  /** Makes `frame` what this leg says at the tick due then. */
  listen(tick: Instant): void {
    if (this.#anchor === undefined) {
      this.heard = false;
      return;
    }
    this.#telephoneEvents.expire(tick);
    if (!this.#held && tick.ms - this.#lastRtpMs > this.#rtpIdleMs) this.#setIdle(true);
    const sound = this.#jitterBuffer.read(this.frame, tick);
    const kept = this.#apart || this.#muted || this.#held || tick.ms < this.#eventUntilMs;
    if (!sound || kept) {
      this.heard = false;
      if (this.#voiceActivity.next(0)) this.#tellTalking();
      return;
    }
    this.#measure();
  }

  /** The packet to write the next frame's audio into, at `RTP_HEADER_BYTES`. */
  get packet(): Buffer | undefined {
    return this.#anchor === undefined ? undefined : this.#packets[this.#sequence % PACKET_BUFFERS];
  }

  /** Sends `packet`. */
  send(): void {
    const packet = this.packet;
    if (packet === undefined) return;
    writeRtp(packet, this.#payloadType, this.#marker, this.#sequence, this.#timestamp, this.#ssrc);
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) | 0;
    this.#packetsSent++;
    // The whole buffer: of a part, Node would make a buffer of its own.
    this.#socket.send(packet);
  }

  /** Ticks never ran: their time passes for the far end too. */
  skip(frames: number): void {
    this.#timestamp = (this.#timestamp + frames * FRAME_SAMPLES) | 0;
    this.#marker = true;
    this.#jitterBuffer.skip(frames);
  }

  get stats(): MixerLegStats {
    return {
      leg: this.leg,
      packetsReceived: this.#packetsReceived,
      packetsSent: this.#packetsSent,
      framesConcealed: this.#jitterBuffer.framesConcealed,
      jitterBufferMs: Math.round(this.#jitterBuffer.delayMs * 10) / 10,
    };
  }

  close(): Promise<void> {
    this.disconnect();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  /** How loud the frame is: whether it is heard at all, and whether it is voice. */
  #measure(): void {
    let highest = 0;
    let energy = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const sample = this.frame[i] as number;
      const magnitude = sample < 0 ? -sample : sample;
      if (magnitude > highest) highest = magnitude;
      energy += sample * sample;
    }
    this.heard = highest > UNHEARD_PEAK;
    if (this.#voiceActivity.next((energy / FRAME_SAMPLES) | 0)) this.#tellTalking();
  }

  #quieten(): void {
    if ((this.#apart || this.#muted || this.#held) && this.#voiceActivity.silence()) this.#tellTalking();
  }

  #tellTalking(): void {
    this.#listener.talking(this.leg, this.#voiceActivity.talking);
  }

  #setIdle(idle: boolean): void {
    if (this.#idle === idle) return;
    this.#idle = idle;
    this.#listener.idle(this.leg, idle);
  }
}
