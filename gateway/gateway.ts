import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createApi } from './api/server.js';
import { type Config, ConfigError } from './config.js';
import { type Engine, startEngine } from './engine/index.js';
import { hintsFor } from './hints.js';
import { Life } from './life.js';
import { createLog, type Log } from './log.js';
import { createMedia, type Media } from './media/media.js';
import { startMixer } from './media/mixer/mixer.js';
import { connectRtpengine, type Rtpengine, startRtpengine } from './media/rtpengine.js';
import type { NgAddress } from './media/rtpengine-ng.js';
import { createDirectory } from './rooms/directory.js';
import { Roster } from './rooms/roster.js';
import { createSoftphoneCredentialIssuer } from './rooms/sip-account.js';
import { createVoiceRequests } from './rooms/voice-requests.js';
import { type SipApplication, startSipApplication } from './sip/sip-application.js';
import { seedDemo } from './store/demo.js';
import { openStore, type Store } from './store/store.js';
import { loadTls } from './tls.js';
import { startWebServer } from './web-server.js';

/** How long a standing rtpengine may take to answer the first time: it may be starting, too. */
const RTPENGINE_DEADLINE_MS = 4000;
const RTPENGINE_RETRY_MS = 250;

export interface Gateway {
  readonly httpUrl: string;
  readonly httpPort: number;
  readonly sipHost: string;
  readonly sipPort: number;
  /** What to tell a person who started it: where to go and whom to log in as. */
  readonly hints: readonly string[];
  /** What is held now: for tests that look for leaks. */
  counts(): Promise<GatewayCounts>;
  /** Ends every call, then everything that was started, in reverse. Idempotent. */
  stop(): Promise<void>;
}

export interface GatewayCounts {
  readonly legs: number;
  readonly rooms: number;
  readonly participants: number;
  readonly rtpengineCalls: number;
  readonly mixerPorts: number;
  readonly contactBindings: number;
}

/**
 * Builds the gateway and starts its parts in order; a part that fails takes those before it down again.
 * @throws ConfigError for what the configuration must mend, such as a port that is taken.
 */
export async function startGateway(config: Config, log: Log = logFor(config)): Promise<Gateway> {
  const life = new Life(log);
  try {
    return await build(config, log, life);
  } catch (error) {
    await life.stop();
    throw error;
  }
}

async function build(config: Config, log: Log, life: Life): Promise<Gateway> {
  const tls = await loadTls(config);
  const store = await startStore(config, log, life);
  const directory = createDirectory(store.directory, config.rooms.groupNumbers);
  const credentials = createSoftphoneCredentialIssuer({
    secret: await store.secret('softphone-credentials'),
    lifetimeMs: config.sip.credentialSeconds * 1000,
  });
  const roster = new Roster();
  const { media, rtpengine } = await startMedia(config, log, life);
  const engine = await startEngineUnlessExternal(config, log, life);
  const drachtio = engine?.drachtio ?? config.sip.drachtio;
  if (drachtio === null) throw new Error('neither an engine nor a drachtio-server');

  const sip = await life.start(
    'sip application',
    () =>
      startSipApplication({
        config,
        drachtio,
        directory,
        users: store.users,
        sipAccounts: store.sipAccounts,
        credentials,
        contacts: store.contactBindings,
        roster,
        media,
        log: log.child({ part: 'sip' }),
      }),
    (part) => part.stop(),
  );

  let draining = false;
  const api = await life.start(
    'api',
    async () =>
      createApi({
        config,
        log: log.child({ part: 'api' }),
        users: store.users,
        directory,
        voiceRequests: createVoiceRequests({ directory, groups: store.groups }),
        roster,
        liveRooms: sip.liveRooms,
        credentials,
        tokenSecret: await store.secret('login-token'),
        readiness: {
          engine: async () => sip.ready(),
          rtpengine: () => rtpengine.answers(),
          database: () => store.ping().then(() => true),
        },
        isDraining: () => draining,
      }),
    (part) => part.close(),
  );
  const web = await life.start(
    'web server',
    () =>
      whereTaken(`HTTP port ${config.http.port}`, 'ROOMLINE_HTTP_PORT', config, () =>
        startWebServer({
          host: config.host,
          port: config.http.port,
          tls,
          handler: api.handler,
          sipUpgrade: engine === undefined ? undefined : engine.handleUpgrade,
          allowedOrigins: config.http.allowedOrigins,
        }),
      ),
    (part) => part.close(),
  );

  const httpUrl = `${tls === undefined ? 'http' : 'https'}://${bracketed(config.advertise)}:${web.port}`;
  const sipPort = engine?.sipPort ?? config.sip.port;
  let stopping: Promise<void> | undefined;
  return {
    httpUrl,
    httpPort: web.port,
    sipHost: bracketed(config.advertise),
    sipPort,
    hints: await hintsFor({ config, store, directory, httpUrl, sipPort, secure: tls !== undefined }),
    counts: () => countAll({ sip, media, roster, store }),
    stop() {
      draining = true;
      stopping ??= sip.drain(config.shutdown.drainSeconds * 1000).then(() => life.stop());
      return stopping;
    },
  };
}

async function startStore(config: Config, log: Log, life: Life): Promise<Store> {
  const store = await life.start(
    'database',
    () =>
      openStore({
        url: config.database.url,
        dataDir: config.data,
        maxConnections: config.database.maxConnections,
        log: log.child({ part: 'store' }),
      }),
    (part) => part.close(),
  );
  if (config.demo) await seedDemo(store, { realm: config.sip.realm });
  return store;
}

async function startMedia(config: Config, log: Log, life: Life): Promise<{ media: Media; rtpengine: Rtpengine }> {
  const partLog = log.child({ part: 'media' });
  const mixer = await life.start(
    'mixer',
    () =>
      startMixer({
        threads: config.media.mixerThreads,
        host: '127.0.0.1',
        rtpIdleMs: config.media.rtpIdleSeconds * 1000,
        onError: (error) => partLog.error({ err: error }, 'mixer error'),
      }),
    (part) => part.stop(),
  );
  const rtpengine = await life.start(
    'rtpengine',
    () =>
      config.media.rtpengine === null
        ? startRtpengine({
            host: config.host,
            advertise: config.advertise,
            rtpPorts: config.media.rtpPorts,
            log: partLog,
          })
        : connectAnsweringRtpengine(config.media.rtpengine, partLog),
    (part) => part.stop(),
  );
  const media = await life.start(
    'media',
    () => createMedia({ rtpengine, mixer, log: partLog }),
    (part) => part.stop(),
  );
  return { media, rtpengine };
}

/** Without one that answers no call could be taken. */
async function connectAnsweringRtpengine(addresses: readonly NgAddress[], log: Log): Promise<Rtpengine> {
  const rtpengine = connectRtpengine({ addresses, log });
  for (const deadline = performance.now() + RTPENGINE_DEADLINE_MS; !(await rtpengine.answers()); ) {
    if (performance.now() > deadline) {
      await rtpengine.stop();
      const tried = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
      throw new ConfigError(`no rtpengine answers at ${tried}: start one there, or mend ROOMLINE_RTPENGINE`);
    }
    await delay(RTPENGINE_RETRY_MS);
  }
  return rtpengine;
}

type EmbeddedEngine = Pick<Engine, 'handleUpgrade' | 'sipPort'> & {
  drachtio: { host: string; port: number; secret: string };
};

/** The embedded engine, with a secret of this start; undefined when a drachtio-server is configured. */
async function startEngineUnlessExternal(config: Config, log: Log, life: Life): Promise<EmbeddedEngine | undefined> {
  if (config.sip.drachtio !== null) return undefined;
  const secret = randomBytes(24).toString('base64url');
  const engine = await life.start(
    'engine',
    () =>
      whereTaken(`SIP port ${config.sip.port}`, 'ROOMLINE_SIP_PORT', config, () =>
        startEngine({
          host: config.host,
          advertise: config.advertise,
          port: config.sip.port,
          secret,
          log: log.child({ part: 'engine' }),
        }),
      ),
    (part) => part.close(),
  );
  return {
    drachtio: { host: '127.0.0.1', port: engine.adminPort, secret },
    sipPort: engine.sipPort,
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  };
}

/** Turns "address in use" into a sentence that says which setting to change. */
async function whereTaken<T>(what: string, variable: string, config: Config, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`${what} of ${config.host} is taken: stop what uses it, or set ${variable} to another`);
    }
    if (code === 'EACCES') throw new ConfigError(`${what} may not be opened by this user: set ${variable} above 1023`);
    if (code === 'EADDRNOTAVAIL')
      throw new ConfigError(`this machine has no address ${config.host}: mend ROOMLINE_HOST`);
    throw error;
  }
}

async function countAll(parts: {
  sip: SipApplication;
  media: Media;
  roster: Roster;
  store: Store;
}): Promise<GatewayCounts> {
  const { legs, rooms } = parts.sip.counts();
  const { rtpengineCalls, mixerPorts } = await parts.media.counts();
  const contactBindings = (await parts.store.contactBindings.all(new Date())).length;
  return { legs, rooms, participants: parts.roster.participantCount, rtpengineCalls, mixerPorts, contactBindings };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function logFor(config: Config): Log {
  const { level, format } = config.log;
  const forPeople = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  return createLog({ level, format: forPeople ? 'pretty' : 'json' });
}
