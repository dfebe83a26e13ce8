import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { type Mixer, type MixerEvents, startMixer } from '../../../gateway/media/mixer/mixer.js';
import { eventually } from '../../support/eventually.js';
import { type ReceivedPacket, RtpPhone, type RtpPhoneOptions } from '../../support/rtp-phone.js';
import { heard } from '../../support/signal.js';

const TELEPHONE_EVENT = 101;
/** Longer than a busy machine keeps a phone from sending. */
const RTP_IDLE_MS = 2000;

/** A large room is mixed and heard on one machine here: on a busy one half a second that is clean is long in coming. */
const HEARD_DEADLINE_MS = 60_000;

interface Told<Name extends keyof MixerEvents> {
  name: Name;
  event: MixerEvents[Name];
}

/** A mixer, phones on it, and everything it told. */
export class Bench {
  readonly mixer: Mixer;
  readonly told: Told<keyof MixerEvents>[] = [];
  readonly errors: Error[];
  readonly #phones: RtpPhone[] = [];

  static async start(options: { threads?: number; workerEntry?: URL } = {}): Promise<Bench> {
    const errors: Error[] = [];
    const onError = (error: Error) => void errors.push(error);
    const { threads = 1, workerEntry } = options;
    const settings = { threads, host: '127.0.0.1', rtpIdleMs: RTP_IDLE_MS, onError };
    return new Bench(await startMixer(settings, workerEntry), errors);
  }

  private constructor(mixer: Mixer, errors: Error[]) {
    this.mixer = mixer;
    this.errors = errors;
    mixer.events.onAny((name, event) => this.told.push({ name, event }));
  }

  /** Opens a leg with a phone behind it that talks. */
  async enter(room: string | null, leg: string, options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    const phone = await this.phone(options);
    phone.call(await this.mixer.open(room, leg));
    await this.connect(leg, phone);
    return phone;
  }

  async phone(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
    const phone = await RtpPhone.open({ telephoneEventPayloadType: TELEPHONE_EVENT, ...options });
    this.#phones.push(phone);
    return phone;
  }

  connect(leg: string, phone: RtpPhone): Promise<void> {
    const { codec, payloadType } = phone;
    const format = { codec, payloadType, telephoneEventPayloadType: TELEPHONE_EVENT };
    return this.mixer.connect(leg, phone.address, format);
  }

  events<Name extends keyof MixerEvents>(name: Name): MixerEvents[Name][] {
    return this.told.filter((told): told is Told<Name> => told.name === name).map((told) => told.event);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#phones.map((phone) => phone.close()));
    await this.mixer.stop();
  }
}

/** Which of the tones a phone hears in the next half second. */
export async function hears(phone: RtpPhone, frequencies: readonly number[]): Promise<number[]> {
  return [...heard(await phone.listen(500), frequencies)];
}

/** Waits until a phone hears just these of the tones. */
export function hearsOnly(
  phone: RtpPhone,
  wanted: readonly number[],
  frequencies: readonly number[],
): Promise<number[]> {
  return eventually(
    `only ${wanted.join(', ') || 'nothing'} to be heard`,
    () => hears(phone, frequencies),
    (found) => found.join() === wanted.join(),
    HEARD_DEADLINE_MS,
  );
}

/** After a stall of more frames than these, the mixer skips them. */
const MOST_FRAMES_CAUGHT_UP = 25;

/** Asserts that packets are of one stream, 20 ms each, one after the other; only a long stall is skipped. */
export function assertSteady(packets: readonly ReceivedPacket[]): void {
  packets.slice(1).forEach((packet, i) => {
    const before = packets[i] as ReceivedPacket;
    assert.equal(packet.ssrc, before.ssrc);
    assert.equal(packet.sequence, (before.sequence + 1) & 0xffff);
    assert.equal(packet.payloadBytes, 160);
    const samples = (packet.timestamp - before.timestamp) >>> 0;
    if (packet.marker && samples / 160 > MOST_FRAMES_CAUGHT_UP) assert.equal(samples % 160, 0);
    else assert.equal(samples, 160);
  });
}

/** How many sockets this process has open. */
export function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
