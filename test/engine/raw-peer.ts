import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';

const DEADLINE_MS = 20_000;

/** Keeps what came until somebody asks for it. */
class Inbox {
  readonly #kept: string[] = [];
  #waiting: (() => void)[] = [];

  put(text: string): void {
    this.#kept.push(text);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get size(): number {
    return this.#kept.length;
  }

  /** Takes the first text that begins so. @throws Error when none comes. */
  async take(start: string): Promise<string> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const index = this.#kept.findIndex((text) => text.startsWith(start));
      if (index >= 0) return this.#kept.splice(index, 1)[0] ?? '';
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no ${start} came; here are ${JSON.stringify(this.#kept)}`);
      await this.#more(left);
    }
  }

  takeAll(start: string): string[] {
    const found = this.#kept.filter((text) => text.startsWith(start));
    const others = this.#kept.filter((text) => !text.startsWith(start));
    this.#kept.splice(0, this.#kept.length, ...others);
    return found;
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** A SIP peer that does nothing by itself: it sends text and keeps text. */
export interface RawPeer {
  readonly transport: 'UDP' | 'TCP' | 'WS';
  readonly port: number;
  readonly inbox: Inbox;
  send(text: string | Buffer): void;
  close(): void;
  /** Settles when the other side closes. */
  readonly closed: Promise<void>;
}

export async function udpPeer(enginePort: number): Promise<RawPeer> {
  const socket = createSocket('udp4');
  const inbox = new Inbox();
  socket.on('message', (bytes) => inbox.put(bytes.toString('utf8')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    transport: 'UDP',
    port: socket.address().port,
    inbox,
    send: (text) => socket.send(text, enginePort, '127.0.0.1'),
    close: () => socket.close(),
    closed: new Promise((resolve) => socket.once('close', resolve)),
  };
}

/** Cuts the stream at each empty line; enough for messages whose bodies have none. */
export async function tcpPeer(enginePort: number): Promise<RawPeer> {
  const socket = connect(enginePort, '127.0.0.1');
  await once(socket, 'connect');
  const inbox = new Inbox();
  let buffered = '';
  socket.on('data', (bytes) => {
    buffered += bytes.toString('utf8');
    for (;;) {
      if (buffered.startsWith('\r\n')) {
        inbox.put('\r\n');
        buffered = buffered.slice(2);
        continue;
      }
      const end = buffered.indexOf('\r\n\r\n') + 4;
      if (end < 4) return;
      const total = end + Number(/^Content-Length: (\d+)/im.exec(buffered.slice(0, end))?.[1] ?? 0);
      if (buffered.length < total) return;
      inbox.put(buffered.slice(0, total));
      buffered = buffered.slice(total);
    }
  });
  socket.on('error', () => undefined);
  return {
    transport: 'TCP',
    port: socket.localPort ?? 0,
    inbox,
    send: (text) => socket.write(text),
    close: () => socket.destroy(),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

export async function wsPeer(httpPort: number): Promise<RawPeer> {
  const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/sip`, 'sip');
  const inbox = new Inbox();
  socket.on('message', (data) => inbox.put(String(data)));
  await once(socket, 'open');
  return {
    transport: 'WS',
    port: 0,
    inbox,
    send: (text) => socket.send(text),
    close: () => socket.terminate(),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

export function header(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*)\r$`, 'im').exec(text)?.[1] ?? '';
}

export function headers(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}: *(.*)\r$`, 'gim'))].map((match) => match[1] ?? '');
}

export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

export interface RequestParts {
  uri?: string;
  branch?: string;
  callId?: string;
  from?: string;
  to?: string;
  cseq?: number;
  contact?: string | undefined;
  /** More header lines. */
  more?: readonly string[];
  body?: string;
}

let count = 0;

/** A whole request of the peer's; every call another branch unless one is given. */
export function request(peer: RawPeer, method: string, parts: RequestParts = {}): string {
  const { uri = 'sip:7@127.0.0.1', body = '', more = [], cseq = 1 } = parts;
  const host = peer.transport === 'WS' ? 'peer.invalid' : `127.0.0.1:${peer.port}`;
  const contact = 'contact' in parts ? parts.contact : `<sip:peer@${host}>`;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${peer.transport} ${host};branch=${parts.branch ?? `z9hG4bK-t${count++}`}`,
    'Max-Forwards: 70',
    `From: ${parts.from ?? '<sip:peer@127.0.0.1>;tag=peer-tag'}`,
    `To: ${parts.to ?? '<sip:7@127.0.0.1>'}`,
    `Call-ID: ${parts.callId ?? 'call-1'}`,
    `CSeq: ${cseq} ${method}`,
    ...(contact === undefined ? [] : [`Contact: ${contact}`]),
    ...more,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The peer's answer to a request of the engine's. */
export function answer(
  to: string,
  status: string,
  parts: { tag?: string; contact?: string; more?: readonly string[]; body?: string } = {},
): string {
  const body = parts.body ?? '';
  const toValue = header(to, 'To');
  const lines = [
    `SIP/2.0 ${status}`,
    ...headers(to, 'Via').map((via) => `Via: ${via}`),
    `From: ${header(to, 'From')}`,
    `To: ${toValue}${toValue.includes(';tag=') || parts.tag === undefined ? '' : `;tag=${parts.tag}`}`,
    `Call-ID: ${header(to, 'Call-ID')}`,
    `CSeq: ${header(to, 'CSeq')}`,
    ...(parts.contact === undefined ? [] : [`Contact: ${parts.contact}`]),
    ...(parts.more ?? []),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
