import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Media } from '../media/media.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { Directory } from '../rooms/directory.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { SipAccountStore, SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { UserStore } from '../rooms/user.js';
import { createAttemptLimit } from './attempt-limit.js';
import { ALLOW, CAPABILITIES } from './capabilities.js';
import { createDialIn } from './dial-in.js';
import { type Authenticate, createAuthenticator } from './digest.js';
import { Focuses } from './focuses.js';
import { startKeepAlive } from './keep-alive.js';
import { createNonces } from './nonce.js';
import { createRegistrar, type Registrar } from './registrar.js';
import type { IncomingRequest, Reply } from './sip-server.js';
import { connectSrf } from './srf.js';

/** Wrong passwords of one user from one address before the next is refused unseen, and for how long. */
const PASSWORD_ATTEMPTS = 10;
const PASSWORD_WINDOW_MS = 60_000;

export interface SipApplicationOptions {
  config: Pick<Config, 'sip' | 'liveness' | 'rooms'>;
  /** The engine's or a drachtio-server's admin port. */
  drachtio: { host: string; port: number; secret: string };
  directory: Directory;
  users: UserStore;
  sipAccounts: SipAccountStore;
  credentials: SoftphoneCredentialIssuer;
  contacts: ContactBindingStore;
  roster: Roster;
  media: Media;
  log: Log;
}

export interface SipApplication {
  /** What the API does to those who are in a room now. */
  readonly liveRooms: LiveRooms;
  /** True while the link to the engine is up and nothing is being drained. */
  ready(): boolean;
  /** What is held now: for metrics and for tests that look for leaks. */
  counts(): { legs: number; rooms: number };
  /** Refuses new calls with 503 and ends all there are; resolves when they are gone or `deadlineMs` is over. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends what is left, closes the link and every timer. */
  stop(): Promise<void>;
}

/**
 * Connects to the engine and serves phones: registrations, calls into rooms, keep-alives.
 * @throws RoomlineError `unavailable` when the engine does not take us within 10 s.
 */
export async function startSipApplication(options: SipApplicationOptions): Promise<SipApplication> {
  const { config, contacts, directory, log } = options;
  const { liveness } = config;
  const authenticate = buildAuthenticator(options);
  const focuses = buildFocuses(options);
  const registrar = createRegistrar({ limits: config.sip, authenticate, contacts, log });
  let draining = false;
  const dialIn = createDialIn({
    authenticate,
    directory,
    focuses,
    minSessionSeconds: config.sip.minSessionSeconds,
    draining: () => draining,
  });
  const request = (incoming: IncomingRequest) => answerRequest(incoming, registrar);

  const server = await connectSrf({ ...options.drachtio, handlers: { invite: dialIn, request }, log }).catch(
    (error) => {
      focuses.stop();
      throw error;
    },
  );
  const keepAlive = startKeepAlive({
    server,
    contacts,
    users: options.users,
    removeDead: (binding) => registrar.removeDead(binding),
    hasCallFrom: (binding) => focuses.hasCallFrom(binding),
    intervalMs: liveness.optionsIntervalSeconds * 1000,
    timeoutMs: liveness.optionsTimeoutSeconds * 1000,
    log,
  });

  const stopListening = options.roster.events.on('participant.left', ({ participant, cause }) => {
    if (cause === 'unreachable' && participant.user !== undefined) keepAlive.askUser(participant.user);
  });

  async function drain(deadlineMs: number): Promise<void> {
    draining = true;
    keepAlive.stop();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([focuses.endAll('shutdown'), deadline]);
    clearTimeout(timer);
  }

  return {
    liveRooms: focuses,
    ready: () => server.linked && !draining,
    counts: () => focuses.counts(),
    drain,
    async stop() {
      await drain(0);
      stopListening();
      focuses.stop();
      await server.close();
    },
  };
}

function buildAuthenticator(options: SipApplicationOptions): Authenticate {
  const { users, sipAccounts, credentials, config } = options;
  return createAuthenticator({
    realm: config.sip.realm,
    nonces: createNonces({ lifetimeMs: config.sip.nonceSeconds * 1000 }),
    attempts: createAttemptLimit({ attempts: PASSWORD_ATTEMPTS, windowMs: PASSWORD_WINDOW_MS }),
    users,
    sipAccounts,
    credentials,
  });
}

function buildFocuses({ media, roster, log, config }: SipApplicationOptions): Focuses {
  return new Focuses({
    media,
    roster,
    log,
    minSessionSeconds: config.sip.minSessionSeconds,
    optionsIntervalMs: config.liveness.optionsIntervalSeconds * 1000,
    optionsTimeoutMs: config.liveness.optionsTimeoutSeconds * 1000,
    maxParticipants: config.rooms.maxParticipants,
  });
}

/** Every method but INVITE, outside of a dialog. */
async function answerRequest(request: IncomingRequest, registrar: Registrar): Promise<void> {
  if (request.method === 'REGISTER') return registrar.register(request);
  await request.reply(OTHER_METHODS[request.method] ?? { status: 405, headers: { Allow: ALLOW } });
}

const OTHER_METHODS: Readonly<Record<string, Reply>> = {
  OPTIONS: { status: 200, headers: CAPABILITIES },
  // These are for a dialog or subscription we do not have (RFC 6086 section 4.2.2, RFC 6665 section 4.1.3).
  INFO: { status: 481 },
  NOTIFY: { status: 481 },
};
