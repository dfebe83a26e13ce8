import { within } from './eventually.js';
import { SipCall, type SipCallOptions } from './sip-call.js';
import { answerChallenge, type DigestChallenge, type DigestCredentials, readChallenge } from './sip-digest.js';
import { randomToken, SipMessage } from './sip-message.js';
import { openTcpWire, openUdpWire, type SipServerAddress, type SipWire } from './sip-wire.js';

export interface SipPhoneOptions {
  server: SipServerAddress;
  user: string;
  password: string;
  /** The digest user name where it is not the user's name. */
  authUser?: string;
  transport?: 'udp' | 'tcp';
  /** The address it sends from; any of 127.0.0.0/8. UDP only. */
  host?: string;
}

export type SipHeader = readonly [name: string, value: string];

interface Waiter {
  matches: (message: SipMessage) => boolean;
  resolve: (message: SipMessage) => void;
}

/**
 * A phone that does exactly what a test tells it, message by message: it retransmits nothing, keeps every message it
 * got, and answers the server's requests only as long as `answers` says so.
 */
export class SipPhone {
  readonly user: string;
  readonly server: SipServerAddress;
  readonly credentials: DigestCredentials;
  /** Every message that came, oldest first. */
  readonly received: SipMessage[] = [];
  /** Whether the server's OPTIONS, BYE, UPDATE and re-INVITE are answered. */
  answers = true;
  /** Takes the calls to this phone; without it they are answered with a 200 that has no session. */
  onCalled: ((invite: SipMessage) => void) | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #calls = new Map<string, SipCall>();
  readonly #nonceUses = new Map<string, number>();
  readonly #registerCallId = randomToken();
  #registerCseq = 0;
  #wire: SipWire | undefined;

  static async open(options: SipPhoneOptions): Promise<SipPhone> {
    const phone = new SipPhone(options);
    const onMessage = (message: SipMessage) => phone.#receive(message);
    phone.#wire =
      options.transport === 'tcp'
        ? await openTcpWire(options.server, onMessage)
        : await openUdpWire(options.server, onMessage, options.host);
    return phone;
  }

  private constructor(options: SipPhoneOptions) {
    this.user = options.user;
    this.server = options.server;
    this.credentials = { username: options.authUser ?? options.user, password: options.password };
  }

  get wire(): SipWire {
    if (this.#wire === undefined) throw new Error(`the phone of ${this.user} has no wire`);
    return this.#wire;
  }

  get aor(): string {
    return `sip:${this.user}@${this.server.host}`;
  }

  get contactUri(): string {
    const { host, port, transport } = this.wire;
    return `sip:${this.user}@${host}:${port}${transport === 'TCP' ? ';transport=tcp' : ''}`;
  }

  /** A Via of this phone with a branch of its own. */
  via(branch = `z9hG4bK${randomToken()}`): string {
    const { host, port, transport } = this.wire;
    return `SIP/2.0/${transport} ${host}:${port};branch=${branch};rport`;
  }

  send(message: SipMessage | string): void {
    this.wire.send(message.toString());
  }

  /** The next message that matches, or one that already came after `from`. */
  async awaitMessage(
    what: string,
    matches: (message: SipMessage) => boolean,
    deadlineMs = 20_000,
  ): Promise<SipMessage> {
    const known = this.received.find(matches);
    if (known !== undefined) return known;
    let waiter: Waiter | undefined;
    const arrival = new Promise<SipMessage>((resolve) => {
      waiter = { matches, resolve };
      this.#waiters.add(waiter);
    });
    try {
      return await within(`${what} at the phone of ${this.user}`, arrival, deadlineMs);
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  /** Responses to the request with this branch, oldest first. */
  responsesTo(branch: string): SipMessage[] {
    return this.received.filter((message) => !message.isRequest && message.branch === branch);
  }

  /** Sends a request and waits for its final response. */
  async transact(request: SipMessage, deadlineMs = 20_000): Promise<SipMessage> {
    this.send(request);
    return this.finalResponse(request, deadlineMs);
  }

  finalResponse(request: SipMessage, deadlineMs = 20_000): Promise<SipMessage> {
    return this.awaitMessage(
      `a final response to ${request.startLine}`,
      (message) => message.status >= 200 && message.branch === request.branch && message.method === request.method,
      deadlineMs,
    );
  }

  /** The header that answers a challenge for a request; counts how often each nonce was used. */
  authorize(challenge: DigestChallenge, request: { method: string; uri: string }): SipHeader {
    const nc = (this.#nonceUses.get(challenge.nonce) ?? 0) + 1;
    this.#nonceUses.set(challenge.nonce, nc);
    return [challenge.header, answerChallenge(challenge, this.credentials, request, nc)];
  }

  /** One REGISTER as it would go out, without credentials unless they are among `headers`. */
  registerRequest(options: { expires?: number; contact?: string; headers?: readonly SipHeader[] } = {}): SipMessage {
    const uri = `sip:${this.server.host}`;
    this.#registerCseq += 1;
    const contact = options.contact ?? `<${this.contactUri}>`;
    return new SipMessage(`REGISTER ${uri} SIP/2.0`, [
      ['Via', this.via()],
      ['Max-Forwards', '70'],
      ['From', `<${this.aor}>;tag=${randomToken()}`],
      ['To', `<${this.aor}>`],
      ['Call-ID', this.#registerCallId],
      ['CSeq', `${this.#registerCseq} REGISTER`],
      ...(contact === '' ? [] : [['Contact', contact] as const]),
      ...(options.expires === undefined ? [] : [['Expires', String(options.expires)] as const]),
      ['User-Agent', 'raw-phone'],
      ...(options.headers ?? []),
      ['Content-Length', '0'],
    ]);
  }

  /** Registers as a phone does, answering one challenge; the final response, whatever it is. */
  async register(options: { expires?: number; contact?: string } = {}): Promise<SipMessage> {
    const first = await this.transact(this.registerRequest(options));
    if (first.status !== 401 && first.status !== 407) return first;
    const authorization = this.authorize(readChallenge(first), { method: 'REGISTER', uri: `sip:${this.server.host}` });
    return this.transact(this.registerRequest({ ...options, headers: [authorization] }));
  }

  /** A call to a number, of which nothing is sent yet. */
  call(number: string, options: SipCallOptions = {}): SipCall {
    const call = new SipCall(this, `sip:${number}@${this.server.host}`, options);
    this.#calls.set(call.callId, call);
    return call;
  }

  /** Cuts the phone off the network: no BYE, no unregister, and nothing is answered any more. */
  async vanish(): Promise<void> {
    this.#calls.clear();
    await this.#wire?.close();
    this.#wire = undefined;
  }

  /** Ends what is up, politely, and closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#wire === undefined) return;
    for (const call of this.#calls.values()) {
      if (call.up) await call.bye().catch(() => undefined);
    }
    await this.vanish();
  }

  #receive(message: SipMessage): void {
    this.received.push(message);
    for (const waiter of [...this.#waiters]) {
      if (waiter.matches(message)) waiter.resolve(message);
    }
    if (!message.isRequest || message.method === 'ACK') return;
    if (message.method === 'INVITE' && message.toTag === undefined && this.onCalled !== undefined) {
      this.onCalled(message);
      return;
    }
    const call = this.#calls.get(message.callId);
    if (message.method === 'BYE') call?.ended();
    if (this.answers) this.reply(message, 200, 'OK', message.method === 'INVITE' ? call?.localSdp : undefined);
  }

  /** Answers a request of the server's. */
  reply(request: SipMessage, status: number, reason: string, body = ''): void {
    const echoed = request.headers.filter(([name]) => /^(via|v|from|f|call-id|i|cseq|record-route)$/i.test(name));
    const to = request.header('To');
    this.send(
      new SipMessage(
        `SIP/2.0 ${status} ${reason}`,
        [
          ...echoed,
          ['To', request.toTag === undefined ? `${to};tag=${randomToken()}` : to],
          ['Contact', `<${this.contactUri}>`],
          ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
          ['Content-Length', String(Buffer.byteLength(body))],
        ],
        body,
      ),
    );
  }
}
