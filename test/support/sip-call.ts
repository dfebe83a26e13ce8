import { readChallenge } from './sip-digest.js';
import { randomToken, SipMessage } from './sip-message.js';
import type { SipHeader, SipPhone } from './sip-phone.js';

export interface SipCallOptions {
  /** What is offered in the INVITE; without it the call goes out without an offer. */
  offer?: string;
  headers?: readonly SipHeader[];
  /** The From user, where it shall differ from who the phone is. */
  fromUser?: string;
  /** What stands before the From's address, quotes and all. */
  fromName?: string;
}

/** One call of a `SipPhone`: builds its messages and keeps the dialog (RFC 3261 section 12). */
export class SipCall {
  readonly callId = randomToken();
  readonly localTag = randomToken();
  readonly target: string;
  readonly phone: SipPhone;
  /** What the phone last offered or answered. */
  localSdp: string;
  /** True from our ACK until a BYE of either side. */
  up = false;
  /** The INVITE sent last, and the final response to it. */
  lastInvite: SipMessage | undefined;
  answer: SipMessage | undefined;
  readonly #options: SipCallOptions;
  #cseq = 0;

  constructor(phone: SipPhone, target: string, options: SipCallOptions) {
    this.phone = phone;
    this.target = target;
    this.localSdp = options.offer ?? '';
    this.#options = options;
  }

  /** Sends an INVITE; a re-INVITE once the call is up. Returns what was sent. */
  sendInvite(options: { headers?: readonly SipHeader[]; offer?: string } = {}): SipMessage {
    if (options.offer !== undefined) this.localSdp = options.offer;
    this.#cseq += 1;
    const headers = this.up ? (options.headers ?? []) : [...(this.#options.headers ?? []), ...(options.headers ?? [])];
    this.lastInvite = this.#request('INVITE', this.#cseq, headers, this.localSdp);
    this.phone.send(this.lastInvite);
    return this.lastInvite;
  }

  /** The final response to the INVITE sent last; refusals are acknowledged as the transaction must. */
  async final(deadlineMs?: number): Promise<SipMessage> {
    const invite = this.#lastInvite();
    const response = await this.phone.finalResponse(invite, deadlineMs);
    if (response.status >= 300) this.phone.send(this.#ackOfRefusal(invite, response));
    // A refused re-INVITE leaves the dialog as it was (RFC 3261 section 14.1).
    if (!this.up || response.status < 300) this.answer = response;
    return response;
  }

  /** Sends the INVITE, answers one challenge, and returns the final response; nothing is acknowledged but refusals. */
  async invite(deadlineMs?: number): Promise<SipMessage> {
    this.sendInvite();
    const first = await this.final(deadlineMs);
    if (first.status !== 401 && first.status !== 407) return first;
    this.sendInvite({ headers: [this.authorize(first)] });
    return this.final(deadlineMs);
  }

  /** The header that answers the challenge to our INVITE. */
  authorize(challenge: SipMessage): SipHeader {
    return this.phone.authorize(readChallenge(challenge), { method: 'INVITE', uri: this.target });
  }

  /**
   * Dials until the call is up.
   * @throws Error when it is refused.
   */
  async dial(): Promise<SipMessage> {
    const response = await this.invite();
    if (response.status >= 300) throw new Error(`${this.target} refused the call: ${response.startLine}`);
    this.ack();
    return response;
  }

  /** Acknowledges the 200 (a request of its own: RFC 3261 section 13.2.2.4); with a body where we owe an answer. */
  ack(body = ''): void {
    const invite = this.#lastInvite();
    this.up = true;
    if (body !== '') this.localSdp = body;
    this.phone.send(this.#request('ACK', invite.cseq, [], body));
  }

  /** Sends a CANCEL for the INVITE sent last and returns its final response. */
  cancel(): Promise<SipMessage> {
    const invite = this.#lastInvite();
    const kept = invite.headers.filter(([name]) => ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID'].includes(name));
    return this.phone.transact(
      new SipMessage(`CANCEL ${this.target} SIP/2.0`, [
        ...kept,
        ['CSeq', `${invite.cseq} CANCEL`],
        ['Content-Length', '0'],
      ]),
    );
  }

  /** Sends a request inside the dialog and returns its final response. */
  request(method: string, headers: readonly SipHeader[] = [], body = ''): Promise<SipMessage> {
    this.#cseq += 1;
    return this.phone.transact(this.#request(method, this.#cseq, headers, body));
  }

  async reinvite(offer: string): Promise<SipMessage> {
    this.sendInvite({ offer });
    const response = await this.final();
    if (response.status < 300) this.ack();
    return response;
  }

  async bye(): Promise<SipMessage> {
    this.ended();
    return this.request('BYE');
  }

  /** The far end said BYE, or we do. */
  ended(): void {
    this.up = false;
  }

  /** The BYE of the far end. */
  awaitBye(deadlineMs?: number): Promise<SipMessage> {
    return this.phone.awaitMessage(
      'a BYE',
      (message) => message.isRequest && message.method === 'BYE' && message.callId === this.callId,
      deadlineMs,
    );
  }

  #lastInvite(): SipMessage {
    if (this.lastInvite === undefined) throw new Error('no INVITE was sent yet');
    return this.lastInvite;
  }

  #request(method: string, cseq: number, headers: readonly SipHeader[], body: string): SipMessage {
    const dialog = this.answer !== undefined && this.answer.status >= 200 && this.answer.status < 300;
    const to = `<${this.target}>${dialog ? `;tag=${this.answer?.toTag ?? ''}` : ''}`;
    const uri = dialog ? (this.answer?.uriOf('Contact') ?? this.target) : this.target;
    const routes = dialog ? (this.answer?.headersOf('Record-Route') ?? []).toReversed() : [];
    const from = `sip:${this.#options.fromUser ?? this.phone.user}@${this.phone.server.host}`;
    return new SipMessage(
      `${method} ${uri} SIP/2.0`,
      [
        ['Via', this.phone.via()],
        ...routes.map((route) => ['Route', route] as const),
        ['Max-Forwards', '70'],
        ['From', `${this.#options.fromName ?? ''}<${from}>;tag=${this.localTag}`],
        ['To', to],
        ['Call-ID', this.callId],
        ['CSeq', `${cseq} ${method}`],
        ['Contact', `<${this.phone.contactUri}>`],
        ...headers,
        ...(body === '' || headers.some(([name]) => name === 'Content-Type')
          ? []
          : [['Content-Type', 'application/sdp'] as const]),
        ['Content-Length', String(Buffer.byteLength(body))],
      ],
      body,
    );
  }

  /** The ACK of a refusal belongs to the INVITE's transaction: same branch, same Request-URI (section 17.1.1.3). */
  #ackOfRefusal(invite: SipMessage, response: SipMessage): SipMessage {
    const kept = invite.headers.filter(([name]) => ['Via', 'Max-Forwards', 'From', 'Call-ID', 'Route'].includes(name));
    return new SipMessage(`ACK ${invite.requestUri} SIP/2.0`, [
      ...kept,
      ['To', response.header('To')],
      ['CSeq', `${invite.cseq} ACK`],
      ['Content-Length', '0'],
    ]);
  }
}
