import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { Router } from '@koa/router';
import { type Config, PACKAGE_ROOT } from '../config.js';
import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { Administration } from '../rooms/administration.js';
import type { ApiKeys } from '../rooms/api-keys.js';
import type { Pins } from '../rooms/pins.js';
import type { VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { RoomFinder } from '../rooms/room.js';
import type { RoomInvitations } from '../rooms/room-invitations.js';
import type { RoomSettings } from '../rooms/room-settings.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { SipSecrets } from '../rooms/sip-secrets.js';
import type { UserStore } from '../rooms/user.js';
import type { VoiceRequests } from '../rooms/voice-requests.js';
import type { TallySource } from '../tally.js';
import { createAddresses } from './addresses.js';
import { apiKeyRoutes } from './api-keys.js';
import { createAuth } from './auth.js';
import { directoryImportRoutes } from './directory-import.js';
import { docsRoutes } from './docs.js';
import { errorResponses } from './errors.js';
import { groupRoutes } from './groups.js';
import { guestRoutes } from './guests.js';
import { createHandler } from './handler.js';
import { healthRoutes, type ReadinessChecks } from './health.js';
import type { HostTokens } from './host-token.js';
import { invitationRoutes } from './invitations.js';
import { loginRoutes } from './login.js';
import type { LoginThrottle } from './login-throttle.js';
import { meRoutes } from './me.js';
import { createMetrics, type GaugeSource, type Metrics, metricsRoutes } from './metrics.js';
import { numberRoutes } from './numbers.js';
import { describeRoutes } from './openapi.js';
import { softphonePage } from './page.js';
import { participantRoutes } from './participants.js';
import { pinRoutes } from './pins.js';
import { createBodyReader } from './request-body.js';
import { RoomEventStreams, roomEventRoutes } from './room-events.js';
import { roomRoutes } from './rooms.js';
import type { Route } from './route.js';
import { securityHeaders } from './security-headers.js';
import { sipCredentialRoutes } from './sip-credentials.js';
import { createTokens } from './token.js';
import { userRoutes } from './users.js';
import { voiceRequestRoutes } from './voice-requests.js';

export interface ApiDeps {
  readonly config: Pick<Config, 'advertise' | 'http' | 'invitations' | 'sip'>;
  readonly log: Log;
  readonly users: UserStore;
  readonly rooms: RoomFinder;
  readonly voiceRequests: VoiceRequests;
  readonly invitations: RoomInvitations;
  readonly pins: Pins;
  readonly roomSettings: RoomSettings;
  readonly administration: Administration;
  /** Those there are prompts in. */
  readonly languages: () => Promise<readonly string[]>;
  readonly sipSecrets: SipSecrets;
  readonly apiKeys: ApiKeys;
  /** Where there is a host application that signs tokens for its users. */
  readonly hostTokens?: HostTokens | undefined;
  readonly accessEvents: AccessEventBus;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
  readonly credentials: SoftphoneCredentialIssuer;
  readonly voiceServersReady: VoiceServersReady;
  /** Signs login tokens; the same for every gateway on the database. */
  readonly tokenSecret: Uint8Array;
  readonly readiness: ReadinessChecks;
  /** True once no new room shall be handed out. */
  readonly isDraining: () => boolean;
  /** Figures of other parts; rooms and participants are there without asking. */
  readonly gauges?: readonly GaugeSource[];
  /** Figures by a label, as metrics show them. */
  readonly tallies?: readonly TallySource[];
  /** The built softphone. */
  readonly pageFolder?: string;
  readonly eventHeartbeatMs?: number;
  readonly loginThrottle?: LoginThrottle;
}

export interface Api {
  /** For `http.createServer` or `https.createServer`. */
  readonly handler: RequestListener;
  /** Every route it answers. */
  readonly routes: readonly Route[];
  /** Ends every event stream; the server itself is its owner's to close. */
  close(): void;
}

const DEFAULT_PAGE_FOLDER = join(PACKAGE_ROOT, 'web-softphone', 'dist');

/** The HTTP API and the page. */
export function createApi(deps: ApiDeps): Api {
  const { accessEvents, config, log, roster, users } = deps;
  const { wsUrl } = config.sip;
  const tokens = createTokens({ secret: deps.tokenSecret, lifetimeSeconds: config.http.tokenSeconds });
  const auth = createAuth({ users, tokens, apiKeys: deps.apiKeys, hostTokens: deps.hostTokens });
  const streams = new RoomEventStreams({ roster, accessEvents, log, ...heartbeatOf(deps) });
  const metrics = createMetrics([...gaugesOf(roster, streams), ...(deps.gauges ?? [])], deps.tallies);
  const addresses = createAddresses({
    advertise: config.advertise,
    wsUrl,
    voiceServersReady: deps.voiceServersReady,
  });
  const { announceJoins } = config.invitations;
  const routes = routesOf({ ...deps, auth, tokens, addresses, streams, metrics, announceJoins });

  const router = new Router();
  const readBody = createBodyReader(config.http.maxBodyBytes);
  for (const route of routes) route.mount(router, { auth, readBody });

  const secured = securityHeaders({ webSocketUrls: () => webSocketUrls(wsUrl, deps.voiceServersReady) });
  const before = [metrics.count, secured, errorResponses(log)];
  const otherwise = softphonePage(deps.pageFolder ?? DEFAULT_PAGE_FOLDER);
  return {
    handler: createHandler({ before, router, otherwise, log }),
    routes,
    close: () => streams.close(),
  };
}

/** What the routes share beside what the API is given. */
interface Shared extends ApiDeps {
  readonly auth: ReturnType<typeof createAuth>;
  readonly tokens: ReturnType<typeof createTokens>;
  readonly addresses: ReturnType<typeof createAddresses>;
  readonly streams: RoomEventStreams;
  readonly metrics: Metrics;
  readonly announceJoins: boolean;
}

/** In the order the documentation has them. */
function routesOf(shared: Shared): Route[] {
  const routes: Route[] = [
    ...loginRoutes(shared),
    ...meRoutes(shared),
    ...voiceRequestRoutes(shared),
    ...sipCredentialRoutes(shared),
    ...roomRoutes(shared),
    ...participantRoutes(shared),
    ...roomEventRoutes(shared),
    ...invitationRoutes(shared),
    ...pinRoutes(shared),
    ...guestRoutes(shared),
    ...groupRoutes(shared),
    ...numberRoutes(shared),
    ...userRoutes(shared),
    ...directoryImportRoutes(shared),
    ...apiKeyRoutes(shared),
    ...healthRoutes({ ...shared, checks: shared.readiness }),
    ...metricsRoutes(shared.metrics),
    ...docsRoutes(() => describeRoutes(routes, versionOf())),
  ];
  return routes;
}

/** Where the page may reach SIP, beside its own origin. */
function webSocketUrls(configured: string | null, voiceServersReady: VoiceServersReady): string[] {
  return [configured, ...voiceServersReady().map(({ wsUrl }) => wsUrl)].filter((url) => url !== null);
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
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
