import { randomInt, randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import { NEVER_PLAYED, type Playback, type PlayOptions, type Sound } from '../sound.js';
import type { Apart, FarEnd, MediaLeg } from './media.js';
import type { AudioFormat, LegId, Mixer, UdpAddress } from './mixer/mixer.js';
import type { NgFlags, RtpengineNode } from './rtpengine-node.js';
import { type Direction, type FarAudio, readAnchorSdp, readFarSdp } from './sdp.js';
import { notAcceptable } from './sdp-error.js';
import { writeFarSdp, writeMixerSdp, writeReoffer } from './sdp-write.js';

export interface AnchoredLegOptions {
  id: LegId;
  room: RoomNumber | Apart;
  node: RtpengineNode;
  mixer: Mixer;
  log: Log;
  /** Anchor and port are gone. */
  onClosed(): void;
}

const ANSWER_TO: Record<Direction, Direction> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** What we offer where the far end did not: both codecs, the mixer's order. */
const OFFERED_FORMATS: readonly AudioFormat[] = [
  { codec: 'PCMU', payloadType: 0, telephoneEventPayloadType: 101 },
  { codec: 'PCMA', payloadType: 8, telephoneEventPayloadType: 101 },
];

const TOWARDS_PLAIN: NgFlags = {
  'transport-protocol': 'RTP/AVP',
  ICE: 'remove',
  DTLS: 'off',
  'rtcp-mux': ['demux'],
};

/** How our own offer is dressed. A browser refuses one without rtcp-mux, and has no use for keys in the SDP. */
const TOWARDS: Record<FarEnd, NgFlags> = {
  phone: TOWARDS_PLAIN,
  browser: {
    'transport-protocol': 'UDP/TLS/RTP/SAVPF',
    ICE: 'force',
    SDES: ['off'],
    'rtcp-mux': ['offer', 'require'],
  },
};

/**
 * One rtpengine call and one mixer port. What it does to them is done one thing after another, and closing comes
 * last: an offer that overtook the deletion of its own call would leave the call behind.
 */
export class AnchoredLeg implements MediaLeg {
  readonly id: LegId;
  readonly node: RtpengineNode;
  readonly #room: RoomNumber | Apart;
  readonly #mixer: Mixer;
  readonly #log: Log;
  readonly #onClosed: () => void;
  readonly #callId = `roomline-${randomUUID()}`;
  readonly #sessionId = randomInt(1, 2 ** 31);
  #busy: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #port: UdpAddress | undefined;
  #connected: string | undefined;
  /** What the far end said last. */
  #far: FarAudio | undefined;
  #sdp = '';
  #version = 0;
  #held = false;
  /** To whom our own offer went. */
  #offeredTo: FarEnd = 'phone';
  #farDeaf = false;
  #lost = false;
  #anchored = false;
  #playback: Playback | undefined;
  /** Once the mixer's port was another one, rtpengine would take new ports towards the far end, too, unless told not to. */
  #ports: Pick<NgFlags, 'flags'> = {};

  constructor(options: AnchoredLegOptions) {
    this.id = options.id;
    this.node = options.node;
    this.#room = options.room;
    this.#mixer = options.mixer;
    this.#log = options.log;
    this.#onClosed = options.onClosed;
  }

  get sdp(): string {
    return this.#sdp;
  }

  get held(): boolean {
    return this.#held;
  }

  openWithOffer(offer: string): Promise<void> {
    return this.#inTurn(async () => {
      const far = readFarSdp(offer);
      // Neither waits for the other; the port is opened whatever rtpengine says, and closed with the leg.
      const [port, offered] = await Promise.allSettled([this.#openPort(), this.#offerToAnchor(far)]);
      if (port.status === 'rejected') throw port.reason;
      if (offered.status === 'rejected') throw offered.reason;
      await this.#answerFar(far, port.value, offered.value);
    });
  }

  openWithOwnOffer(farEnd: FarEnd): Promise<void> {
    return this.#inTurn(async () => {
      const address = await this.#openPort();
      this.#assertOpen();
      const sdp = this.#mixerSdp(address, OFFERED_FORMATS, 'sendrecv');
      this.#anchored = true;
      this.#offeredTo = farEnd;
      this.#publish(await this.node.offer(this.#callId, 'mixer', sdp, TOWARDS[farEnd]));
    });
  }

  async renegotiate(offer: string): Promise<string> {
    await this.#inTurn(async () => {
      const far = readFarSdp(offer);
      const port = await this.#openPort();
      await this.#answerFar(far, port, await this.#offerToAnchor(far));
    });
    return this.#sdp;
  }

  offerAgain(): string {
    const sdp = writeReoffer(this.#sdp, { id: this.#sessionId, version: this.#version + 1 });
    if (withoutOrigin(sdp) === withoutOrigin(this.#sdp)) return this.#sdp;
    this.#version++;
    this.#sdp = sdp;
    return sdp;
  }

  acceptAnswer(answer: string): Promise<void> {
    return this.#inTurn(async () => {
      const far = readFarSdp(answer);
      const offered = this.#offeredTo === 'browser' ? 'browser' : 'plain';
      if (far.side !== offered || far.transcoded) throw notAcceptable('it answers what was not offered');
      const forMixer = await this.node.answer(this.#callId, 'far', far.sdp, { ...TOWARDS_PLAIN, ...this.#ports });
      this.#assertOpen();
      await this.#connect(forMixer, far);
    });
  }

  setMuted(muted: boolean): void {
    if (this.#closing === undefined) this.#mixer.setMuted(this.id, muted);
  }

  play(sound: Sound, options?: PlayOptions): Playback {
    if (this.#closing !== undefined) return NEVER_PLAYED;
    const playback = this.#mixer.play(this.id, sound, options);
    this.#playback = playback;
    return playback;
  }

  enter(room: RoomNumber): Promise<void> {
    return this.#inTurn(async () => {
      const moved = await this.#mixer.enter(this.id, room);
      if (moved === undefined) return;
      this.#port = moved;
      this.#ports = { flags: ['port-latching'] };
      this.#connected = undefined;
      this.#assertOpen();
      await this.#anchorAgain(moved);
    });
  }

  /** Notes that anchor or port died; false when that was noted before or the leg is being closed. */
  markLost(): boolean {
    if (this.#lost || this.#closing !== undefined) return false;
    this.#lost = true;
    return true;
  }

  close(): Promise<void> {
    this.#playback?.stop();
    this.#closing ??= this.#busy.then(() => this.#release());
    return this.#closing;
  }

  async #release(): Promise<void> {
    const port = this.#port === undefined ? undefined : this.#mixer.close(this.id);
    const call = this.#anchored ? this.node.delete(this.#callId) : undefined;
    const results = await Promise.allSettled([port, call]);
    for (const result of results) {
      if (result.status === 'rejected') this.#log.warn({ err: result.reason }, 'media of a leg did not close');
    }
    this.#onClosed();
  }

  async #offerToAnchor(far: FarAudio): Promise<string> {
    this.#anchored = true;
    const codec = far.transcoded ? { codec: { transcode: ['PCMU', 'telephone-event'] } } : {};
    return this.node.offer(this.#callId, 'far', far.sdp, { ...TOWARDS_PLAIN, ...codec, ...this.#ports });
  }

  /**
   * Tells rtpengine of another port of the mixer, by what the far end said last: to the far end nothing changes, and
   * it is told nothing.
   */
  async #anchorAgain(port: UdpAddress): Promise<void> {
    const far = this.#far;
    if (far === undefined) {
      const sdp = this.#mixerSdp(port, OFFERED_FORMATS, 'sendrecv');
      await this.node.offer(this.#callId, 'mixer', sdp, { ...TOWARDS[this.#offeredTo], ...this.#ports });
      return;
    }
    const forMixer = await this.#offerToAnchor(far);
    this.#assertOpen();
    await this.#answerAnchor(far, port, forMixer);
    await this.#connect(forMixer, far);
  }

  async #answerFar(far: FarAudio, port: UdpAddress, forMixer: string): Promise<void> {
    this.#assertOpen();
    const forFar = await this.#answerAnchor(far, port, forMixer);
    await this.#connect(forMixer, far);
    this.#publish(forFar, far);
  }

  async #answerAnchor(far: FarAudio, port: UdpAddress, forMixer: string): Promise<string> {
    const { format } = readAnchorSdp(forMixer);
    const answer = this.#mixerSdp(port, [format], ANSWER_TO[far.direction]);
    const forFar = await this.node.answer(this.#callId, 'mixer', answer, { ...flagsTowards(far), ...this.#ports });
    this.#assertOpen();
    return forFar;
  }

  async #connect(forMixer: string, far: FarAudio): Promise<void> {
    await this.#setFarDeaf(far.direction === 'sendonly' || far.direction === 'inactive');
    const { anchor, format } = readAnchorSdp(forMixer);
    const wanted = JSON.stringify([anchor, format]);
    if (wanted !== this.#connected) await this.#mixer.connect(this.id, anchor, format);
    this.#assertOpen();
    this.#connected = wanted;
    this.#far = far;
    if (far.held !== this.#held) this.#mixer.setHeld(this.id, far.held);
    this.#held = far.held;
  }

  /** Who asks for `sendonly` or `inactive` is sent nothing (RFC 3264 section 5.1); rtpengine passes RTP on all the same. */
  async #setFarDeaf(deaf: boolean): Promise<void> {
    if (deaf === this.#farDeaf) return;
    await this.node.setBlocked(this.#callId, 'mixer', deaf);
    this.#farDeaf = deaf;
  }

  async #openPort(): Promise<UdpAddress> {
    this.#port ??= await this.#mixer.open(this.#room, this.id);
    return this.#port;
  }

  #mixerSdp(address: UdpAddress, formats: readonly AudioFormat[], direction: Direction): string {
    return writeMixerSdp({ address, formats, direction, origin: { id: this.#sessionId, version: 1 } });
  }

  /** The version goes up with every change, and only then (RFC 3264 section 8). */
  #publish(anchorSdp: string, far?: FarAudio): void {
    const sdp = writeFarSdp(anchorSdp, { id: this.#sessionId, version: this.#version + 1 }, far);
    if (withoutOrigin(sdp) === withoutOrigin(this.#sdp)) return;
    this.#version++;
    this.#sdp = sdp;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(() => {
      this.#assertOpen();
      return work();
    });
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new RoomlineError('unavailable', `the media of leg ${this.id} is closed`, { code: 'leg-closed' });
  }
}

function flagsTowards(far: FarAudio): NgFlags {
  return {
    'transport-protocol': far.protocol,
    ICE: far.ice ? 'force' : 'remove',
    ...(far.side === 'browser' ? {} : { DTLS: 'off' as const }),
    'rtcp-mux': [far.rtcpMux ? 'accept' : 'demux'],
  };
}

function withoutOrigin(sdp: string): string {
  return sdp.replace(/^o=.*\r\n/m, '');
}
