import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostTokens, type HostTokenOptions } from '../../gateway/api/host-token.js';
import type { LoginThrottle } from '../../gateway/api/login-throttle.js';
import type { Route } from '../../gateway/api/route.js';
import { type ApiDeps, createApi } from '../../gateway/api/server.js';
import { createTokens } from '../../gateway/api/token.js';
import { loadConfig, temporaryRoomLimits } from '../../gateway/config.js';
import type { Log } from '../../gateway/log.js';
import { knownLanguages, promptFolders } from '../../gateway/prompt-languages.js';
import { type AccessEventBus, createAccessEvents } from '../../gateway/rooms/access-events.js';
import { type Administration, createAdministration } from '../../gateway/rooms/administration.js';
import { type ApiKeyScope, type ApiKeys, createApiKeys } from '../../gateway/rooms/api-keys.js';
import { createDirectory } from '../../gateway/rooms/directory.js';
import type { Invitation, Inviter } from '../../gateway/rooms/invitations.js';
import { createOutsideCallCheck } from '../../gateway/rooms/outside-call-check.js';
import { OutsideCalls, type OutsideTrunk } from '../../gateway/rooms/outside-calls.js';
import type { OwnPhones } from '../../gateway/rooms/own-phones.js';
import { createPins } from '../../gateway/rooms/pins.js';
import type { ReadyVoiceServer } from '../../gateway/rooms/ready-voice-server.js';
import { createRoomInvitations } from '../../gateway/rooms/room-invitations.js';
import { Roster } from '../../gateway/rooms/roster.js';
import { createSoftphoneCredentialIssuer, type SoftphoneCredentialIssuer } from '../../gateway/rooms/sip-account.js';
import { createSipSecrets } from '../../gateway/rooms/sip-secrets.js';
import { createVoiceRequests } from '../../gateway/rooms/voice-requests.js';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import { demoPassword, seedDemo } from '../../gateway/store/demo.js';
import { openStore, type Store } from '../../gateway/store/store.js';
import { silentLog } from '../support/silent-log.js';
import { type Answer, methodOf, type RequestOptions, send } from './api-request.js';
import { createResponseCheck } from './response-check.js';
import { liveRoomsOf } from './roster-live-rooms.js';

/** The API over real HTTP, on a real SQLite store with the demo in it and a real roster. */
export interface ApiServer {
  readonly url: string;
  readonly store: Store;
  readonly roster: Roster;
  readonly credentials: SoftphoneCredentialIssuer;
  readonly tokenSecret: Buffer;
  readonly administration: Administration;
  readonly apiKeys: ApiKeys;
  readonly accessEvents: AccessEventBus;
  readonly routes: readonly Route[];
  /** What was handed to the inviter, and what was taken back from it. */
  readonly invited: Invitation[];
  readonly cancelled: string[];
  /** `USER ROOM` for each call to desk phones, `USER REASON` for each refused call to telephones. */
  readonly ownPhoneCalls: string[];
  readonly refusedCalls: string[];
  /** The voice servers that can take calls: one, unless a test says otherwise. */
  voiceServers: readonly ReadyVoiceServer[];
  /** How many room numbers of each kind are in use or rest. */
  numbersTaken(): Promise<number[]>;
  /** Makes an administrator, and a token of theirs. */
  loginAdmin(): Promise<string>;
  /** Makes an API key. */
  keyOf(...scopes: ApiKeyScope[]): Promise<string>;
  /** Turns draining on and off. */
  setDraining(draining: boolean): void;
  /** A token of a user of the demo; the same at every call, since hashing is slow on purpose. */
  login(user: string): Promise<string>;
  request(path: string, options?: RequestOptions): Promise<Answer>;
  /** Stops the API but not the HTTP server: what a stopping gateway does first. */
  closeApi(): void;
  close(): Promise<void>;
}

export interface ApiServerOptions {
  readiness?: ApiDeps['readiness'];
  pageFolder?: string;
  eventHeartbeatMs?: number;
  loginThrottle?: LoginThrottle;
  /** Wrong PINs from one address before more are refused. */
  pinTries?: number;
  /** The host application's tokens; none unless it is given. */
  jwt?: Partial<HostTokenOptions>;
  /** There is a trunk, and telephones may be called so far. */
  outside?: { allow: readonly string[]; perUserPerHour?: number; perHour?: number };
  environment?: NodeJS.ProcessEnv;
  log?: Log;
}

/** A gateway has no trunk unless it is told of one. */
function outsideCallsOf(store: Store, { outside }: ApiServerOptions): OutsideCalls<OutsideTrunk> {
  const trunk = { name: 'trunk', atOnce: 100, takes: () => true, ready: () => true };
  return new OutsideCalls({
    rules: { allow: outside?.allow ?? [], deny: [] },
    limits: { perUserPerHour: outside?.perUserPerHour ?? 100, perHour: outside?.perHour ?? 100, atOnce: 100 },
    trunks: outside === undefined ? [] : [trunk],
    store: store.outsideCalls,
    onError: (error) => assert.fail(String(error)),
  });
}

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'roomline-api-'));
  const config = loadConfig({ ROOMLINE_DATA: folder, ...options.environment });
  const store = await openStore({ url: null, dataDir: folder, maxConnections: 1, log: silentLog });
  await seedDemo(store, { realm: 'roomline' });
  const roster = new Roster();
  const accessEvents = createAccessEvents();
  const directory = createDirectory(store.directory, config.rooms.groupNumbers);
  const tokenSecret = await store.secret('login-token');
  const credentials = createSoftphoneCredentialIssuer({
    secret: await store.secret('softphone-credentials'),
    lifetimeMs: config.sip.credentialSeconds * 1000,
  });
  const languages = knownLanguages(store.spokenLanguages, promptFolders(config));
  const administration = createAdministration({
    store: store.administration,
    events: accessEvents,
    languages,
    rooms: config.rooms,
  });
  const apiKeys = createApiKeys(store.apiKeys);
  const loggedIn = new Map<string, string>();
  const invited: Invitation[] = [];
  const cancelled: string[] = [];
  const inviter: Inviter = {
    invite: (_, invitations) => void invited.push(...invitations),
    cancel: (id) => void cancelled.push(id),
  };
  const ownPhoneCalls: string[] = [];
  const ownPhones: OwnPhones = {
    callOwnPhone: async ({ name }, { number }) => void ownPhoneCalls.push(`${name} ${number}`),
  };
  const refusedCalls: string[] = [];
  const outsideCalls = createOutsideCallCheck({
    foresee: (numbers, userId) => outsideCallsOf(store, options).foresee(numbers, userId),
    onRefused: (refusal, user) => void refusedCalls.push(`${user} ${refusal}`),
  });
  let draining = false;
  let voiceServers: readonly ReadyVoiceServer[] = [
    { id: 'this', wsUrl: config.sip.wsUrl, sipHost: config.advertise, sipPort: config.sip.port },
  ];
  const voiceServersReady = () => voiceServers;
  const api = createApi({
    config,
    log: options.log ?? silentLog,
    users: store.users,
    rooms: store.rooms,
    voiceRequests: createVoiceRequests({
      directory,
      groups: store.groups,
      voiceServer: createVoiceServer({
        store: store.voiceServer,
        temporaryNumbers: config.rooms.temporaryNumbers,
        exclusiveNumbers: config.rooms.exclusiveNumbers,
        limits: temporaryRoomLimits(config.rooms),
      }),
      voiceServersReady,
      store: store.voiceRequests,
      inviter,
      outsideCalls,
      ownPhones,
      contacts: store.contactBindings,
    }),
    invitations: createRoomInvitations({
      outsideCalls,
      invitations: store.invitations,
      requests: store.voiceRequests,
      groups: store.groups,
      inviter,
      voiceServersReady,
      events: accessEvents,
    }),
    roomSettings: store.roomSettings,
    pins: createPins({
      store: store.pins,
      events: accessEvents,
      limits: { perCaller: options.pinTries ?? 1000, perRoom: 1000, windowMs: 60_000 },
    }),
    administration,
    languages,
    sipSecrets: createSipSecrets({
      findUser: (name) => administration.findUser(name),
      put: (account) =>
        store.transaction((unit) => unit.putSipAccount({ ...account, realm: config.sip.realm, algorithm: 'MD5' })),
    }),
    apiKeys,
    hostTokens: await createHostTokens({ ...config.auth.jwt, ...options.jwt }, store.users),
    accessEvents,
    roster,
    liveRooms: liveRoomsOf(roster),
    credentials,
    voiceServersReady,
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
  const check = createResponseCheck(api.routes);
  const request = async (path: string, init: RequestOptions = {}) => {
    const method = methodOf(init);
    const answer = await send(`${url}${path}`, method, init);
    check(method, `${url}${path}`, answer);
    return answer;
  };

  return {
    url,
    store,
    roster,
    credentials,
    tokenSecret,
    administration,
    apiKeys,
    accessEvents,
    routes: api.routes,
    invited,
    cancelled,
    ownPhoneCalls,
    refusedCalls,
    get voiceServers() {
      return voiceServers;
    },
    set voiceServers(servers) {
      voiceServers = servers;
    },
    numbersTaken() {
      const { groupNumbers, temporaryNumbers, exclusiveNumbers } = config.rooms;
      const ranges = [groupNumbers, temporaryNumbers, exclusiveNumbers];
      return Promise.all(ranges.map((range) => store.roomKeeping.countTaken(range)));
    },
    async loginAdmin() {
      const admin =
        (await administration.findUser('root')) ??
        (await administration.createUser({ name: 'root', displayName: 'Root', admin: true }));
      return createTokens({ secret: tokenSecret, lifetimeSeconds: 60 }).issue(admin);
    },
    keyOf: async (...scopes) => (await apiKeys.create({ name: 'a server', scopes })).key,
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
