import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { IncomingInvite, IncomingRequest, SipServer } from '../../gateway/sip/sip-server.js';
import { connectSrf } from '../../gateway/sip/srf/server.js';
import { eventually } from '../support/eventually.js';
import { silentLog } from '../support/silent-log.js';

/** One frame from the application: `id|type|fields` and the SIP message behind it. */
export interface Frame {
  readonly id: string;
  readonly fields: readonly string[];
  readonly message: string;
}

type Responder = (frame: Frame, script: AdminScript) => void;

/** An admin server that answers exactly what a test says: what a real one does when things go wrong. */
class AdminScript {
  readonly frames: Frame[] = [];
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  #socket: Socket | undefined;
  connections = 0;
  /** What happens with frames other than authenticate, route and ping. */
  onSip: Responder = () => {};
  pongs = true;
  secret = 'shared';

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Sends frames in one write. */
  send(...payloads: string[]): void {
    this.#socket?.write(payloads.map((payload) => `${Buffer.byteLength(payload)}#${payload}`).join(''));
  }

  ok(frame: Frame, fields: string, message = ''): void {
    this.send(`r|response|${frame.id}|OK|${fields}${message === '' ? '' : `\r\n${message}`}`);
  }

  cut(): void {
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#socket = socket;
    let buffer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (let hash = buffer.indexOf('#'); hash > 0; hash = buffer.indexOf('#')) {
        const end = hash + 1 + Number(buffer.slice(0, hash));
        if (buffer.length < end) return;
        const payload = buffer.slice(hash + 1, end);
        buffer = buffer.slice(end);
        this.#take(payload);
      }
    });
  }

  #take(payload: string): void {
    const [leader = '', ...rest] = payload.split('\r\n');
    const [id = '', type = '', ...fields] = leader.split('|');
    const frame = { id, fields: [type, ...fields], message: rest.join('\r\n') };
    if (type === 'authenticate') {
      if (fields[0] === this.secret) this.ok(frame, 'udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060');
      else this.send(`r|response|${id}|NO|incorrect secret`);
    } else if (type === 'route') this.ok(frame, '');
    else if (type === 'ping') {
      if (this.pongs) this.ok(frame, 'pong');
    } else {
      this.frames.push(frame);
      this.onSip(frame, this);
    }
  }
}

export function message(method: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Via: 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport=5070',
    From: '<sip:alice@h>;tag=f1',
    To: '<sip:2000@h>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
    Contact: '<sip:alice@127.0.0.1:5070>',
    ...headers,
    'Content-Length': String(body.length),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${method} sip:2000@h SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** A request outside of a dialog as the server hands it over. */
export function incoming(text: string, protocol = 'udp'): string {
  return `e|sip|network|${text.length}|${protocol}|10.0.0.1|5070|00:00:00.000000|txn-1||127.0.0.1|5060|\r\n${text}`;
}

export const DIALOG_ID = 'call-1;from-tag=f1';

/** Says that a 200 was sent, and what else shall arrive in the same write. */
export function answered(frame: Frame, script: AdminScript, ...events: string[]): void {
  const sent = frame.message
    .replace(/^to: .*$/im, 'To: <sip:2000@h>;tag=t1')
    .replace('\r\n\r\n', '\r\nContact: <sip:127.0.0.1:5060>\r\n\r\n');
  const payload = `r|response|${frame.id}|OK|application|1|udp|10.0.0.1|5070|0|txn-1|${DIALOG_ID}||Msg sent:|\r\n${sent}`;
  script.send(payload, ...events);
}

/** A link to a scripted admin server, and what came over it. */
export class LinkBench {
  readonly script: AdminScript;
  readonly requests: IncomingRequest[] = [];
  readonly invites: IncomingInvite[] = [];
  onInvite: (invite: IncomingInvite) => Promise<void> = async () => {};
  readonly #port: number;
  #server: SipServer | undefined;

  static async open(): Promise<LinkBench> {
    const script = new AdminScript();
    return new LinkBench(script, await script.listen());
  }

  private constructor(script: AdminScript, port: number) {
    this.script = script;
    this.#port = port;
  }

  async link(pings: { pingIntervalMs?: number; pingTimeoutMs?: number } = {}): Promise<SipServer> {
    this.#server = await connectSrf({
      host: '127.0.0.1',
      port: this.#port,
      secret: 'shared',
      log: silentLog,
      handlers: {
        invite: async (invite) => {
          this.invites.push(invite);
          await this.onInvite(invite);
        },
        request: async (request) => {
          this.requests.push(request);
        },
      },
      ...pings,
    });
    return this.#server;
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.script.close();
  }
}

export async function firstOf<T>(list: readonly T[]): Promise<T> {
  const [first] = await eventually(
    'a request',
    () => list,
    (seen) => seen.length > 0,
  );
  return first ?? assert.fail();
}

export const TARGET = { address: '10.0.0.1', port: 5070, transport: 'ws' } as const;
export const OPTIONS = {
  method: 'OPTIONS',
  uri: 'sip:a@x.invalid;transport=ws',
  to: 'sip:a@x.invalid',
  target: TARGET,
};
