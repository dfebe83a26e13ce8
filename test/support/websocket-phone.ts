import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { WebSocket } from 'ws';
import type { Engine } from '../../gateway/engine/index.js';
import { eventually } from './eventually.js';
import { answerChallenge, type DigestCredentials, readChallenge } from './sip-digest.js';
import { randomToken, SipMessage } from './sip-message.js';

/** What takes a browser's WebSocket and hands it to the engine. */
export async function openWebSocketServer(engine: Engine): Promise<{ server: Server; url: string }> {
  const server = createServer();
  server.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { server, url: `ws://127.0.0.1:${port}/sip` };
}

/** What a phone does when it is called: lets it ring, answers or refuses at once, or says nothing at all. */
export type OnCall = 'ring' | 'ignore' | { readonly status: number; readonly sdp?: string };

/**
 * A browser's side of SIP over WebSocket (RFC 7118), as far as registering, calling and being called go; answers all
 * other requests with 200.
 */
export class WebSocketPhone {
  readonly user: string;
  readonly received: SipMessage[] = [];
  readonly contact: string;
  onCall: OnCall = { status: 200 };
  readonly #host = `${randomToken()}.invalid`;
  readonly #socket: WebSocket;
  readonly #callId = randomToken();
  readonly #tag = randomToken();
  #cseq = 0;

  static async open(url: string, user: string): Promise<WebSocketPhone> {
    const socket = new WebSocket(url, 'sip');
    const phone = new WebSocketPhone(socket, user);
    await once(socket, 'open');
    return phone;
  }

  private constructor(socket: WebSocket, user: string) {
    this.user = user;
    this.#socket = socket;
    this.contact = `sip:${randomToken()}@${this.#host};transport=ws`;
    socket.on('message', (data) => this.#receive(String(data)));
  }

  /** Sends a request, answers one challenge; the final response. */
  async ask(method: string, uri: string, credentials: DigestCredentials, body = ''): Promise<SipMessage> {
    const first = await this.#transact(this.#request(method, uri, body));
    if (first.status !== 401 && first.status !== 407) return first;
    if (method === 'INVITE') this.acknowledge(uri, first);
    const challenge = readChallenge(first);
    const authorization = answerChallenge(challenge, credentials, { method, uri });
    return this.#transact(this.#request(method, uri, body, [[challenge.header, authorization]]));
  }

  acknowledge(uri: string, response: SipMessage): void {
    const kept = response.headers.filter(([name]) => /^(via|from|to|call-id)$/i.test(name));
    const headers = [...kept, ['CSeq', `${response.cseq} ACK`] as const, ['Content-Length', '0'] as const];
    this.#socket.send(new SipMessage(`ACK ${uri} SIP/2.0`, headers).toString());
  }

  /** The call that came, of those that came or come. */
  async called(): Promise<SipMessage> {
    const find = () => this.requests('INVITE')[0];
    const invite = await eventually(`a call to ${this.user}`, find, (seen) => seen !== undefined);
    if (invite === undefined) throw new Error('no call');
    return invite;
  }

  /** Answers or refuses the call that rings. */
  async answer(status: number, sdp = ''): Promise<void> {
    this.#reply(await this.called(), status, sdp);
  }

  /** Hangs up on a call that was answered. */
  hangUp(invite: SipMessage): Promise<SipMessage> {
    const uri = invite.uriOf('Contact');
    return this.#transact(
      new SipMessage(`BYE ${uri} SIP/2.0`, [
        ['Via', `SIP/2.0/WS ${this.#host};branch=z9hG4bK${randomToken()}`],
        ['Max-Forwards', '70'],
        ['From', `${invite.header('To')};tag=${this.#tag}`],
        ['To', invite.header('From')],
        ['Call-ID', invite.callId],
        ['CSeq', '1 BYE'],
        ['Content-Length', '0'],
      ]),
    );
  }

  requests(method: string): SipMessage[] {
    return this.received.filter((message) => message.isRequest && message.method === method);
  }

  /** Is gone without a word. */
  vanish(): void {
    this.#socket.terminate();
  }

  async #transact(request: SipMessage): Promise<SipMessage> {
    this.#socket.send(request.toString());
    const find = () => this.received.find(({ status, branch }) => status >= 200 && branch === request.branch);
    const response = await eventually(`a response to ${request.startLine}`, find, (seen) => seen !== undefined);
    if (response === undefined) throw new Error('no response');
    return response;
  }

  #request(method: string, uri: string, body: string, more: [string, string][] = []): SipMessage {
    const to = method === 'REGISTER' ? `sip:${this.user}@127.0.0.1` : uri;
    const headers: [string, string][] = [
      ['Via', `SIP/2.0/WS ${this.#host};branch=z9hG4bK${randomToken()}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:${this.user}@127.0.0.1>;tag=${this.#callId}`],
      ['To', `<${to}>`],
      ['Call-ID', `${this.#callId}${method}`],
      ['CSeq', `${++this.#cseq} ${method}`],
      ['Contact', `<${this.contact}>;expires=60`],
      ...more,
      ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as [string, string]]),
      ['Content-Length', String(Buffer.byteLength(body))],
    ];
    return new SipMessage(`${method} ${uri} SIP/2.0`, headers, body);
  }

  #receive(text: string): void {
    if (text.trim() === '') return;
    const message = SipMessage.parse(text);
    this.received.push(message);
    if (!message.isRequest || message.method === 'ACK') return;
    if (message.method === 'INVITE') this.#ring(message);
    else this.#reply(message, 200);
    const cancelled =
      message.method === 'CANCEL' && this.requests('INVITE').find((one) => one.branch === message.branch);
    if (cancelled) this.#reply(cancelled, 487);
  }

  #ring(invite: SipMessage): void {
    if (this.onCall === 'ignore') return;
    if (this.onCall === 'ring') this.#reply(invite, 180);
    else this.#reply(invite, this.onCall.status, this.onCall.sdp);
  }

  #reply(request: SipMessage, status: number, sdp = ''): void {
    const kept = request.headers.filter(([name]) => /^(via|from|call-id|cseq)$/i.test(name));
    const to = request.header('To');
    const headers: (readonly [string, string])[] = [
      ...kept,
      ['To', request.toTag === undefined ? `${to};tag=${this.#tag}` : to],
      ['Contact', `<${this.contact}>`],
      ...(sdp === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
      ['Content-Length', String(Buffer.byteLength(sdp))],
    ];
    this.#socket.send(new SipMessage(`SIP/2.0 ${status} Whatever`, headers, sdp).toString());
  }
}
