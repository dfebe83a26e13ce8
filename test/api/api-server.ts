import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoginThrottle } from '../../gateway/api/login-throttle.js';
import { type ApiDeps, createApi } from '../../gateway/api/server.js';
import { loadConfig } from '../../gateway/config.js';
import { RoomlineError } from '../../gateway/errors.js';
import { type Log, silentLog } from '../../gateway/log.js';
import { createDirectory } from '../../gateway/rooms/directory.js';
import { type LiveRooms, type Participant, Roster } from '../../gateway/rooms/roster.js';
import { createSoftphoneCredentialIssuer, type SoftphoneCredentialIssuer } from '../../gateway/rooms/sip-account.js';
import { createVoiceRequests } from '../../gateway/rooms/voice-requests.js';
import { demoPassword, seedDemo } from '../../gateway/store/demo.js';
import { openStore, type Store } from '../../gateway/store/store.js';

/** The API over real HTTP, on a real SQLite store with the demo in it and a real roster. */
export interface ApiServer {
  readonly url: string;
  readonly store: Store;
  readonly roster: Roster;
  readonly credentials: SoftphoneCredentialIssuer;
  readonly tokenSecret: Buffer;
  /** Turns draining on and off. */
  setDraining(draining: boolean): void;
  /** A token of a user of the demo; the same at every call, since hashing is slow on purpose. */
  login(user: string): Promise<string>;
  request(path: string, options?: RequestOptions): Promise<Answer>;
  /** Stops the API but not the HTTP server: what a stopping gateway does first. */
  closeApi(): void;
  close(): Promise<void>;
}

export interface RequestOptions {
  method?: string;
  token?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly body: AnswerBody;
}

export type AnswerBody = { readonly [key: string]: unknown } & { readonly error?: ErrorBody };

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: { readonly [key: string]: unknown };
}

export interface ApiServerOptions {
  readiness?: ApiDeps['readiness'];
  pageFolder?: string;
  eventHeartbeatMs?: number;
  loginThrottle?: LoginThrottle;
  environment?: NodeJS.ProcessEnv;
  log?: Log;
}

/** What a live room's focus does, on the roster alone: there is no call here to end. */
function liveRoomsOf(roster: Roster): LiveRooms {
  function mustFind(id: string): void {
    if (roster.find(id) === undefined) throw new RoomlineError('not-found', 'they are gone');
  }
  return {
    async setMuted(id, muted) {
      mustFind(id);
      roster.update(id, { muted });
    },
    async remove(id) {
      mustFind(id);
      roster.leave(id, 'removed');
    },
  };
}

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'roomline-api-'));
  const config = loadConfig({ ROOMLINE_DATA: folder, ...options.environment });
  const store = await openStore({ url: null, dataDir: folder, maxConnections: 1, log: silentLog });
  await seedDemo(store, { realm: 'roomline' });
  const roster = new Roster();
  const directory = createDirectory(store.directory, config.rooms.groupNumbers);
  const tokenSecret = await store.secret('login-token');
  const credentials = createSoftphoneCredentialIssuer({
    secret: await store.secret('softphone-credentials'),
    lifetimeMs: config.sip.credentialSeconds * 1000,
  });
  const loggedIn = new Map<string, string>();
  let draining = false;
  const api = createApi({
    config,
    log: options.log ?? silentLog,
    users: store.users,
    directory,
    voiceRequests: createVoiceRequests({ directory, groups: store.groups }),
    roster,
    liveRooms: liveRoomsOf(roster),
    credentials,
    tokenSecret,
    isDraining: () => draining,
    readiness: options.readiness ?? { database: () => store.ping().then(() => true) },
    pageFolder: options.pageFolder ?? join(folder, 'no-page'),
    ...(options.eventHeartbeatMs === undefined ? {} : { eventHeartbeatMs: options.eventHeartbeatMs }),
    ...(options.loginThrottle === undefined ? {} : { loginThrottle: options.loginThrottle }),
  });
  const server = createServer(api.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;
  const request = (path: string, init?: RequestOptions) => send(`${url}${path}`, init);

  return {
    url,
    store,
    roster,
    credentials,
    tokenSecret,
    request,
    setDraining(value) {
      draining = value;
    },
    async login(user) {
      const known = loggedIn.get(user);
      if (known !== undefined) return known;
      const answer = await request('/v1/login', { json: { user, password: demoPassword(user) } });
      if (typeof answer.body.token !== 'string') throw new Error(`login of ${user} failed: ${answer.text}`);
      loggedIn.set(user, answer.body.token);
      return answer.body.token;
    },
    closeApi: () => api.close(),
    async close() {
      api.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { token, json, headers = {} } = options;
  const body = json === undefined ? options.body : JSON.stringify(json);
  const response = await fetch(url, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {};
  }
}

export function participant(id: string, user: string, more: Partial<Participant> = {}): Participant {
  return {
    id,
    user,
    name: user.charAt(0).toUpperCase() + user.slice(1),
    device: 'softphone',
    muted: false,
    talking: false,
    held: false,
    role: 'speaker',
    joinedAt: new Date('2026-01-01T10:00:00Z'),
    ...more,
  };
}
