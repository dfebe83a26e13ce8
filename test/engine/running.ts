import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../gateway/engine/clock.js';
import { type Engine, type EngineLog, startEngine } from '../../gateway/engine/index.js';

export const SECRET = 'engine-test-secret';
export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';

/** What these tests use of drachtio-srf, which declares its own types wrongly. */
export interface SrfMessage {
  method: string;
  uri: string;
  body: string;
  protocol: string;
  source_address: string;
  source_port: number;
  receivedOn: string;
  get(name: string): string;
  has(name: string): boolean;
  on(event: string, listener: (...values: never[]) => void): void;
  cancel(done?: (error: unknown, request: SrfMessage) => void): void;
}

export interface SrfResponse extends SrfMessage {
  status: number;
  reason: string;
  send(
    status: number,
    options?: { headers?: Record<string, string>; body?: string },
    done?: (error: unknown, sent: SrfMessage) => void,
  ): void;
}

export interface SrfDialog {
  id: string;
  connected: boolean;
  sip: { callId: string; localTag: string; remoteTag: string };
  local: { uri: string; sdp: string; contact: string };
  remote: { uri: string; sdp: string };
  on(event: string, listener: (...values: never[]) => void): void;
  destroy(): Promise<SrfMessage>;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; body?: string; headers?: Record<string, string> }): Promise<SrfResponse>;
}

export interface UacOptions {
  localSdp?: string;
  headers?: Record<string, string>;
  auth?: { username: string; password: string };
  proxy?: string;
}

export interface Srf {
  connect(options: { host: string; port: number; secret: string }): void;
  disconnect(): void;
  on(event: string, listener: (...values: never[]) => void): void;
  createUAS(request: SrfMessage, response: SrfResponse, options: UacOptions): Promise<SrfDialog>;
  createUAC(
    uri: string,
    options: UacOptions,
    progress?: {
      cbRequest?: (error: unknown, request: SrfMessage) => void;
      cbProvisional?: (answer: SrfResponse) => void;
    },
  ): Promise<SrfDialog>;
  request(
    uri: string,
    options: { method: string; headers?: Record<string, string>; body?: string },
  ): Promise<SrfMessage>;
  invite(handler: (request: SrfMessage, response: SrfResponse) => void): void;
  register(handler: (request: SrfMessage, response: SrfResponse) => void): void;
  message(handler: (request: SrfMessage, response: SrfResponse) => void): void;
}

const NewSrf = createRequire(import.meta.url)('drachtio-srf') as new () => Srf;

/** Fails a test that makes the engine report an error; warnings are only kept. */
class TestLog implements EngineLog {
  readonly errors: object[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(details: object): void {
    this.errors.push(details);
  }
}

export interface Running {
  readonly engine: Engine;
  readonly log: TestLog;
  /** Serves SIP over WebSocket. */
  readonly httpPort: number;
  app(): Promise<Srf>;
  /** Closes apps, HTTP server and engine, and throws if the engine reported an error. */
  stop(): Promise<void>;
}

export async function startRunning(clock?: Clock): Promise<Running> {
  const log = new TestLog();
  const engine = await startEngine({
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
    log,
    ...(clock === undefined ? {} : { clock }),
  });
  const http = createServer();
  const upgraded = new Set<Socket>();
  http.on('connection', (socket) => upgraded.add(socket));
  http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const apps: Srf[] = [];
  return {
    engine,
    log,
    httpPort: (http.address() as AddressInfo).port,
    async app() {
      const srf = await connectApp(engine.adminPort);
      apps.push(srf);
      return srf;
    },
    async stop() {
      for (const srf of apps) srf.disconnect();
      await engine.close();
      for (const socket of upgraded) socket.destroy();
      await new Promise<void>((done) => http.close(() => done()));
      const [error] = log.errors;
      if (error !== undefined) throw new Error('the engine reported an error', { cause: error });
    },
  };
}

type Handler = (request: SrfMessage, response: SrfResponse) => void;
const ROUTED = ['invite', 'register', 'message'] as const;

/** An app that has its routes before anything can come in, whenever a test says what to do with it. */
async function connectApp(adminPort: number): Promise<Srf> {
  const srf = new NewSrf();
  for (const method of ROUTED) {
    let handler: Handler = (_request, response) => response.send(503);
    srf[method]((request, response) => handler(request, response));
    srf[method] = (given) => {
      handler = given;
    };
  }
  const connected = new Promise<void>((resolve, reject) => {
    srf.on('connect', (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  // Without a listener drachtio-srf turns a closed connection into an exception.
  srf.on('error', () => undefined);
  srf.connect({ host: '127.0.0.1', port: adminPort, secret: SECRET });
  await connected;
  // Frames are taken in their order: when this has its reply, the routes are known.
  await srf.request('sip:barrier@test.invalid', { method: 'OPTIONS' });
  return srf;
}
