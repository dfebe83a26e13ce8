import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { Router } from '@koa/router';
import Koa from 'koa';
import { type Config, PACKAGE_ROOT } from '../config.js';
import type { Log } from '../log.js';
import type { Directory } from '../rooms/directory.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { UserStore } from '../rooms/user.js';
import type { VoiceRequests } from '../rooms/voice-requests.js';
import { createAddresses } from './addresses.js';
import { createAuth } from './auth.js';
import { errorResponses } from './errors.js';
import { addHealth, type ReadinessChecks } from './health.js';
import { addLogin } from './login.js';
import type { LoginThrottle } from './login-throttle.js';
import { addMe } from './me.js';
import { addMetrics, createMetrics, type GaugeSource } from './metrics.js';
import { softphonePage } from './page.js';
import { createBodyReader } from './request-body.js';
import { addRoomEvents, RoomEventStreams } from './room-events.js';
import { addRooms } from './rooms.js';
import { securityHeaders } from './security-headers.js';
import { createTokens } from './token.js';
import { addVoiceRequests } from './voice-requests.js';

export interface ApiDeps {
  readonly config: Pick<Config, 'advertise' | 'http' | 'sip'>;
  readonly log: Log;
  readonly users: UserStore;
  readonly directory: Directory;
  readonly voiceRequests: VoiceRequests;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
  readonly credentials: SoftphoneCredentialIssuer;
  /** Signs login tokens; the same for every gateway on the database. */
  readonly tokenSecret: Uint8Array;
  readonly readiness: ReadinessChecks;
  /** True once no new room shall be handed out. */
  readonly isDraining: () => boolean;
  /** Figures of other parts; rooms and participants are there without asking. */
  readonly gauges?: readonly GaugeSource[];
  /** The built softphone. */
  readonly pageFolder?: string;
  readonly eventHeartbeatMs?: number;
  readonly loginThrottle?: LoginThrottle;
}

export interface Api {
  /** For `http.createServer` or `https.createServer`. */
  readonly handler: RequestListener;
  /** Ends every event stream; the server itself is its owner's to close. */
  close(): void;
}

const DEFAULT_PAGE_FOLDER = join(PACKAGE_ROOT, 'web-softphone', 'dist');

/** The HTTP API and the page. */
export function createApi(deps: ApiDeps): Api {
  const { config, directory, log, roster, users } = deps;
  const { wsUrl } = config.sip;
  const tokens = createTokens({ secret: deps.tokenSecret, lifetimeSeconds: config.http.tokenSeconds });
  const shared = {
    ...deps,
    tokens,
    auth: createAuth({ users, tokens }),
    readBody: createBodyReader(config.http.maxBodyBytes),
    addresses: createAddresses({ advertise: config.advertise, wsUrl }),
  };
  const streams = new RoomEventStreams({ roster, log, ...heartbeatOf(deps) });
  const metrics = createMetrics([...gaugesOf(roster, streams), ...(deps.gauges ?? [])]);

  const router = new Router();
  addLogin(router, { ...shared, ...(deps.loginThrottle === undefined ? {} : { throttle: deps.loginThrottle }) });
  addMe(router, shared);
  addVoiceRequests(router, shared);
  addRooms(router, shared);
  addRoomEvents(router, { ...shared, directory, streams });
  addHealth(router, { checks: deps.readiness, isDraining: deps.isDraining, log });
  addMetrics(router, { ...shared, metrics });

  const app = new Koa();
  // What is thrown is answered and logged below; what is left are clients that go away in the middle.
  app.on('error', (error: unknown) => log.debug({ err: error }, 'connection error'));
  app.use(metrics.count);
  app.use(securityHeaders({ wsUrl }));
  app.use(errorResponses(log));
  app.use(router.routes());
  app.use(router.allowedMethods());
  app.use(softphonePage(deps.pageFolder ?? DEFAULT_PAGE_FOLDER));

  const callback = app.callback();
  return { handler: (request, response) => void callback(request, response), close: () => streams.close() };
}

function heartbeatOf({ eventHeartbeatMs }: ApiDeps): { heartbeatMs?: number } {
  return eventHeartbeatMs === undefined ? {} : { heartbeatMs: eventHeartbeatMs };
}

function gaugesOf(roster: Roster, streams: RoomEventStreams): GaugeSource[] {
  return [
    { name: 'roomline_rooms', help: 'Rooms with someone in them.', read: () => roster.roomCount },
    { name: 'roomline_participants', help: 'Participants of all rooms.', read: () => roster.participantCount },
    { name: 'roomline_event_streams', help: 'Open event streams of rooms.', read: () => streams.count },
  ];
}
