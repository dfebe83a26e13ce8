import { RtpPhone, type RtpPhoneOptions } from './rtp-phone.js';
import { audioOf, phoneSdp, type SdpOptions } from './sdp.js';
import type { SipCall } from './sip-call.js';
import type { SipMessage } from './sip-message.js';
import { SipPhone } from './sip-phone.js';
import type { SipServerAddress } from './sip-wire.js';

export interface CallerOptions {
  server: SipServerAddress;
  /** A demo user; from elsewhere anybody. */
  user: string;
  /** The address it calls from; any of 127.0.0.0/8. UDP only. */
  host?: string;
  transport?: 'udp' | 'tcp';
  /** What it says and how: by default a tone of `frequencyHz`. */
  rtp?: RtpPhoneOptions;
  payloads?: readonly number[];
}

/** A raw phone with a voice: one call, its messages and its sound both at the test's command. */
export class Caller {
  readonly phone: SipPhone;
  readonly rtp: RtpPhone;
  readonly call: SipCall;
  readonly #payloads: readonly number[];
  #version = 1;
  #closed = false;

  /** Opens the phone; nothing is dialled yet. */
  static async open(number: string, options: CallerOptions): Promise<Caller> {
    const { host, server, user, transport } = options;
    const phone = await SipPhone.open({
      server,
      user,
      password: `${user}-demo`,
      ...(transport === undefined ? {} : { transport }),
      ...(host === undefined ? {} : { host }),
    });
    const rtp = await RtpPhone.open({ telephoneEventPayloadType: 101, ...options.rtp });
    return new Caller(phone, rtp, number, options.payloads ?? [rtp.payloadType, 101]);
  }

  /** Opens the phone, dials, and speaks. */
  static async enter(number: string, options: CallerOptions): Promise<Caller> {
    const caller = await Caller.open(number, options);
    try {
      await caller.dial();
      return caller;
    } catch (error) {
      await caller.close();
      throw error;
    }
  }

  private constructor(phone: SipPhone, rtp: RtpPhone, number: string, payloads: readonly number[]) {
    this.phone = phone;
    this.rtp = rtp;
    this.#payloads = payloads;
    this.call = phone.call(number, { offer: this.sdp() });
  }

  get user(): string {
    return this.phone.user;
  }

  /** An offer or answer of this phone. */
  sdp(options: Partial<SdpOptions> = {}): string {
    return phoneSdp({ port: this.rtp.address.port, payloads: this.#payloads, version: this.#version++, ...options });
  }

  async dial(): Promise<SipMessage> {
    const response = await this.call.dial();
    this.rtp.call(audioOf(response.body));
    return response;
  }

  /** Holds or resumes by re-INVITE; the phone goes on sending, as one with music on hold does. */
  async setDirection(direction: NonNullable<SdpOptions['direction']>): Promise<SipMessage> {
    return this.call.reinvite(this.sdp({ direction }));
  }

  /** Hangs up as a phone should. */
  async leave(): Promise<void> {
    await this.call.bye();
    await this.close();
  }

  /** Is gone: neither a BYE nor another packet. */
  async vanish(): Promise<void> {
    this.#closed = true;
    await this.phone.vanish();
    await this.rtp.close();
  }

  /** Ends what is up and closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.phone.close();
    await this.rtp.close();
  }
}
