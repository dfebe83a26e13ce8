import { EventBus } from '../../gateway/events.js';
import type { Apart, FarEnd, Media, MediaEvents, MediaLeg } from '../../gateway/media/media.js';
import type { Playback, PlaybackEnd, PlayOptions, Sound } from '../../gateway/sound.js';

/** A sound that is played until a test, or what plays it, ends it. */
export class FakePlayback implements Playback {
  readonly sound: Sound;
  readonly loop: boolean;
  readonly ended: Promise<PlaybackEnd>;
  /** How it ended; `undefined` while it plays. */
  end: PlaybackEnd | undefined;
  #settle: (end: PlaybackEnd) => void = () => {};

  constructor(sound: Sound, options: PlayOptions = {}) {
    this.sound = sound;
    this.loop = options.loop ?? false;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The last sample was sent. */
  finish(): void {
    this.#endAs('played');
  }

  stop(): void {
    this.#endAs('stopped');
  }

  #endAs(end: PlaybackEnd): void {
    this.end ??= end;
    this.#settle(this.end);
  }
}

export class FakeMediaLeg implements MediaLeg {
  readonly id: string;
  /** `null` while it is apart. */
  room: string | Apart;
  /** All that was played to it, oldest first. */
  readonly playbacks: FakePlayback[] = [];
  readonly sdp = 'v=0\r\no=roomline 1 1 IN IP4 127.0.0.1\r\n';
  held = false;
  muted = false;
  closed = 0;
  readonly offers: string[] = [];
  readonly answers: string[] = [];
  /** What `renegotiate`, `acceptAnswer` and `enter` throw, where a test wants them to. */
  refusal: Error | undefined;
  /** What `renegotiate` and `enter` wait for. */
  gate: Promise<void> = Promise.resolve();

  constructor(id: string, room: string | Apart = null) {
    this.id = id;
    this.room = room;
  }

  async renegotiate(offer: string): Promise<string> {
    this.offers.push(offer);
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    this.held = offer.includes('a=sendonly') || offer.includes('a=inactive');
    return this.sdp;
  }

  offerAgain(): string {
    return `${this.sdp}a=sendrecv\r\n`;
  }

  async acceptAnswer(answer: string): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    this.answers.push(answer);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  play(sound: Sound, options?: PlayOptions): FakePlayback {
    this.playing?.stop();
    const playback = new FakePlayback(sound, options);
    this.playbacks.push(playback);
    if (this.closed > 0) playback.stop();
    return playback;
  }

  /** What is being played to it. */
  get playing(): FakePlayback | undefined {
    const last = this.playbacks.at(-1);
    return last?.end === undefined ? last : undefined;
  }

  async enter(room: string): Promise<void> {
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    this.room = room;
  }

  async close(): Promise<void> {
    this.playing?.stop();
    this.closed++;
  }
}

/** Media without sound: remembers its legs, opens them when the gate lets it. */
export class FakeMedia implements Media {
  readonly events = new EventBus<MediaEvents>();
  readonly legs: FakeMediaLeg[] = [];
  gate: Promise<void> = Promise.resolve();
  refusal: Error | undefined;
  withoutOffer = 0;
  /** What was called. */
  readonly outgoing: FarEnd[] = [];
  /** What was played in rooms, oldest first. */
  readonly playedInRooms: { room: string; sound: Sound; except: readonly string[] }[] = [];

  async open(leg: string, room: string | Apart): Promise<FakeMediaLeg> {
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    const opened = new FakeMediaLeg(leg, room);
    this.legs.push(opened);
    return opened;
  }

  openWithoutOffer(leg: string, room: string | Apart): Promise<FakeMediaLeg> {
    this.withoutOffer++;
    return this.open(leg, room);
  }

  openOutgoing(leg: string, room: string | Apart, farEnd: FarEnd): Promise<FakeMediaLeg> {
    this.outgoing.push(farEnd);
    return this.open(leg, room);
  }

  playInRoom(room: string, sound: Sound, except: readonly string[] = []): void {
    this.playedInRooms.push({ room, sound, except });
  }

  get open1(): FakeMediaLeg {
    const leg = this.legs[0];
    if (leg === undefined) throw new Error('no media was opened');
    return leg;
  }

  get openCount(): number {
    return this.legs.filter((leg) => leg.closed === 0).length;
  }

  async ready(): Promise<boolean> {
    return true;
  }

  async counts(): Promise<{ rtpengineCalls: number; mixerPorts: number }> {
    return { rtpengineCalls: this.openCount, mixerPorts: this.openCount };
  }

  async stop(): Promise<void> {}
}
