import { RtpPhone, type RtpPhoneOptions } from './rtp-phone.js';
import { audioOf, phoneSdp } from './sdp.js';
import { randomToken, SipMessage } from './sip-message.js';
import { type SipHeader, SipPhone, type SipPhoneOptions } from './sip-phone.js';

/** A desk phone that is registered and called, and does with the call what a test tells it, sound and all. */
export class CalledPhone {
  readonly phone: SipPhone;
  readonly rtp: RtpPhone;
  /** Ended by whoever called. */
  #ended = false;
  readonly #invites: SipMessage[] = [];
  readonly #tag = randomToken();
  #cseq = 0;
  #closed = false;
  #answered: SipMessage | undefined;

  /** Opens the phone and registers it. */
  static async open(options: SipPhoneOptions & { rtp?: RtpPhoneOptions }): Promise<CalledPhone> {
    const phone = await SipPhone.open(options);
    const rtp = await RtpPhone.open({ telephoneEventPayloadType: 101, ...options.rtp });
    const called = new CalledPhone(phone, rtp);
    const { status } = await phone.register();
    if (status === 200) return called;
    await called.close();
    throw new Error(`the phone of ${options.user} was not registered: ${status}`);
  }

  private constructor(phone: SipPhone, rtp: RtpPhone) {
    this.phone = phone;
    this.rtp = rtp;
    phone.onCalled = (invite) => {
      const known = this.#invites.some(({ branch }) => branch === invite.branch);
      if (known) return;
      this.#invites.push(invite);
      this.#reply(180, 'Ringing');
    };
  }

  get user(): string {
    return this.phone.user;
  }

  /** How often it was called. */
  get calls(): number {
    return this.#invites.length;
  }

  /** The INVITE of the call that came or comes; of several the latest. */
  async invited(deadlineMs?: number): Promise<SipMessage> {
    await this.phone.awaitMessage('a call', ({ isRequest, method }) => isRequest && method === 'INVITE', deadlineMs);
    return this.#invite;
  }

  /** Answers the call that rings, and speaks. */
  async answer(): Promise<void> {
    const invite = await this.invited();
    this.#answered = invite;
    this.#reply(200, 'OK', [], phoneSdp({ port: this.rtp.address.port, payloads: [this.rtp.payloadType, 101] }));
    // Media without sound offers none.
    if (invite.body.includes('m=audio')) this.rtp.call(audioOf(invite.body));
    await this.phone.awaitMessage('the ACK', ({ method, callId }) => method === 'ACK' && callId === invite.callId);
  }

  async refuse(status: number, reason: string, headers: readonly SipHeader[] = []): Promise<void> {
    await this.invited();
    this.#reply(status, reason, headers);
  }

  /** The CANCEL of the call that rings; its INVITE is answered. */
  async cancelled(deadlineMs?: number): Promise<SipMessage> {
    const { callId } = this.#invite;
    const cancel = await this.phone.awaitMessage(
      'a CANCEL',
      (message) => message.method === 'CANCEL' && message.callId === callId,
      deadlineMs,
    );
    this.#reply(487, 'Request Terminated');
    return cancel;
  }

  /** The BYE of the call that was answered. */
  async ended(deadlineMs?: number): Promise<SipMessage> {
    const { callId } = this.#invite;
    const bye = await this.phone.awaitMessage(
      'a BYE',
      (message) => message.isRequest && message.method === 'BYE' && message.callId === callId,
      deadlineMs,
    );
    this.#ended = true;
    return bye;
  }

  async hangUp(): Promise<SipMessage> {
    this.#ended = true;
    return this.request('BYE');
  }

  /** Sends a request within the call. */
  request(method: string, headers: readonly SipHeader[] = [], body = ''): Promise<SipMessage> {
    const invite = this.#answered;
    if (invite === undefined) throw new Error('no call was answered');
    this.#cseq += 1;
    const routes = invite.headersOf('Record-Route').map((route) => ['Route', route] as const);
    const request = new SipMessage(
      `${method} ${invite.uriOf('Contact')} SIP/2.0`,
      [
        ['Via', this.phone.via()],
        ...routes,
        ['Max-Forwards', '70'],
        ['From', `${invite.header('To')};tag=${this.#tag}`],
        ['To', invite.header('From')],
        ['Call-ID', invite.callId],
        ['CSeq', `${this.#cseq} ${method}`],
        ['Contact', `<${this.phone.contactUri}>`],
        ...headers,
        ['Content-Length', String(Buffer.byteLength(body))],
      ],
      body,
    );
    return this.phone.transact(request);
  }

  /** As `pressKeys` wants it. */
  get call(): { request: CalledPhone['request'] } {
    return { request: (method, headers, body) => this.request(method, headers, body) };
  }

  /** Hangs up what is up, takes its registration back and closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#answered !== undefined && !this.#ended) await this.hangUp().catch(() => undefined);
    await this.phone.register({ expires: 0 }).catch(() => undefined);
    await this.phone.close();
    await this.rtp.close();
  }

  get #invite(): SipMessage {
    const invite = this.#invites.at(-1);
    if (invite === undefined) throw new Error(`the phone of ${this.user} was not called`);
    return invite;
  }

  #reply(status: number, reason: string, headers: readonly SipHeader[] = [], body = ''): void {
    const invite = this.#invite;
    const echoed = invite.headers.filter(([name]) => /^(via|v|from|f|call-id|i|cseq|record-route)$/i.test(name));
    this.phone.send(
      new SipMessage(
        `SIP/2.0 ${status} ${reason}`,
        [
          ...echoed,
          ['To', `${invite.header('To')};tag=${this.#tag}`],
          ...(status < 300 ? [['Contact', `<${this.phone.contactUri}>`] as const] : []),
          ...headers,
          ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
          ['Content-Length', String(Buffer.byteLength(body))],
        ],
        body,
      ),
    );
  }
}
