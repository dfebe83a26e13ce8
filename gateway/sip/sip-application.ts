import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Media } from '../media/media.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { InvitationStore, Inviter } from '../rooms/invitations.js';
import type { OwnPhones } from '../rooms/own-phones.js';
import type { RoomFinder } from '../rooms/room.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { SipAccountStore, SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { UserStore } from '../rooms/user.js';
import { within } from '../within.js';
import { AccessGuard } from './access-guard.js';
import { ALLOW, CAPABILITIES } from './capabilities.js';
import { type Challenges, createChallenges } from './challenges.js';
import type { Confirm } from './confirm.js';
import { createDialIn } from './dial-in.js';
import { createDialOut, type DialOut } from './dial-out.js';
import { type Authenticate, createAuthenticator } from './digest.js';
import { createDoorkeeper, type Doorkeeper } from './doorkeeper.js';
import { Focuses } from './focuses.js';
import { createInviteeLookup } from './invitee-lookup.js';
import { RingingInviter } from './inviter.js';
import { type KeepAlive, startKeepAlive } from './keep-alive.js';
import type { IdentifyTrunk, Lobby } from './lobby.js';
import type { OutsideLine } from './outside-line.js';
import { createOwnPhones } from './own-phones.js';
import { createReception } from './reception.js';
import { createRedirect } from './redirect.js';
import { createRegistrar, type Registrar } from './registrar.js';
import type { RoomVoice } from './room-voice.js';
import type { IncomingRequest, Reply, SipServer } from './sip-server.js';
import { connectSrf } from './srf/server.js';
import type { TakeUp } from './take-up.js';

export interface SipApplicationOptions {
  config: Pick<Config, 'advertise' | 'sip' | 'liveness' | 'rooms' | 'invitations' | 'lobby'>;
  /** The engine's or a drachtio-server's admin port. */
  drachtio: { host: string; port: number; secret: string };
  rooms: RoomFinder;
  /** What takes access away from people who may be in a room. */
  access: AccessEventBus;
  invitations: InvitationStore;
  users: UserStore;
  sipAccounts: SipAccountStore;
  credentials: SoftphoneCredentialIssuer;
  contacts: ContactBindingStore;
  roster: Roster;
  media: Media;
  /** Asks whoever answers a desk phone or an outside line whether they join. */
  confirm: Confirm;
  /** Takes those who call an access number. */
  lobby: Lobby;
  /** The way to telephones. */
  outsideLine: OutsideLine;
  identifyTrunk: IdentifyTrunk;
  /** What phones' credentials are checked with, where trunks' are by the same; its own unless told. */
  challenges?: Challenges;
  log: Log;
  /** By default all: right unless other voice servers are at work. */
  whichInvitationsToTakeUp?: () => Promise<TakeUp>;
  /** True while another voice server takes the calls: they are refused here, since callers of a room have to meet. */
  standsBy?: () => boolean;
}

export interface SipApplication {
  /** What the API does to those who are in a room now. */
  readonly liveRooms: LiveRooms;
  /** Rings those who are invited. */
  readonly inviter: Inviter;
  readonly ownPhones: OwnPhones;
  readonly roomVoice: RoomVoice;
  /** Requests of our own, such as registrations at trunks. */
  readonly requests: Pick<SipServer, 'ask' | 'linked'>;
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
  const { log } = options;
  let draining = false;
  const refusesCalls = () => draining || (options.standsBy?.() ?? false);
  const { dialIn, doorkeeper, focuses, guard, registrar } = buildAnswering(options, refusesCalls);
  const stopListening = () => {
    guard.stop();
    focuses.stop();
  };
  const request = (incoming: IncomingRequest) => answerRequest(incoming, registrar);
  const handlers = { invite: dialIn, request };
  const server = await connectSrf({ ...options.drachtio, handlers, log }).catch((error) => {
    stopListening();
    throw error;
  });
  const keepAlive = buildKeepAlive(options, { server, registrar, focuses });
  const dialOut = buildDialOut(options, { server, registrar, focuses, guard });
  const inviter = buildInviter(options, { doorkeeper, guard, dialOut });
  const ownPhones = createOwnPhones({ ...options, doorkeeper, guard, dialOut, draining: refusesCalls });

  const stopAsking = options.roster.events.on('participant.left', ({ participant, cause }) => {
    if (cause === 'unreachable' && participant.user !== undefined) keepAlive.askUser(participant.user);
  });

  async function drain(deadlineMs: number): Promise<void> {
    draining = true;
    keepAlive.stop();
    await within<unknown>(deadlineMs, Promise.all([inviter.stop(), focuses.endAll('shutdown')]), undefined);
  }

  return {
    liveRooms: focuses,
    inviter,
    requests: server,
    ownPhones,
    roomVoice: focuses,
    ready: () => server.linked && !draining,
    counts: () => focuses.counts(),
    drain,
    async stop() {
      await drain(0);
      stopAsking();
      stopListening();
      await server.close();
    },
  };
}

/** What answers phones: who they are, which room they get into, and who is in it. */
function buildAnswering(options: SipApplicationOptions, refusesCalls: () => boolean) {
  const { config, contacts, log } = options;
  const doorkeeper = createDoorkeeper(options.rooms, options.invitations);
  const authenticate = buildAuthenticator(options);
  const focuses = buildFocuses(options);
  const guard = new AccessGuard({ ...options, events: options.access, focuses, doorkeeper });
  const registrar = createRegistrar({ limits: config.sip, authenticate, contacts, log });
  const dialIn = createDialIn({
    ...options,
    authenticate,
    reception: createReception({ ...options, focuses, doorkeeper, guard }),
    accessNumbers: config.lobby.accessNumbers,
    doorkeeper,
    guard,
    focuses,
    minSessionSeconds: config.sip.minSessionSeconds,
    draining: refusesCalls,
  });
  return { dialIn, doorkeeper, focuses, guard, registrar };
}

function buildAuthenticator(options: SipApplicationOptions): Authenticate {
  const { users, sipAccounts, credentials, config } = options;
  return createAuthenticator({
    realm: config.sip.realm,
    ...(options.challenges ?? createChallenges(config.sip)),
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

function buildKeepAlive(
  { config, contacts, users, log }: SipApplicationOptions,
  { server, registrar, focuses }: { server: SipServer; registrar: Registrar; focuses: Focuses },
): KeepAlive {
  const { optionsIntervalSeconds, optionsTimeoutSeconds } = config.liveness;
  return startKeepAlive({
    server,
    contacts,
    users,
    removeDead: (binding) => registrar.removeDead(binding),
    hasCallFrom: (binding) => focuses.hasCallFrom(binding),
    intervalMs: optionsIntervalSeconds * 1000,
    timeoutMs: optionsTimeoutSeconds * 1000,
    log,
  });
}

function buildDialOut(
  options: SipApplicationOptions,
  deps: { server: SipServer; registrar: Registrar; focuses: Focuses; guard: AccessGuard },
): DialOut {
  const { config, confirm, log } = options;
  return createDialOut({
    ...deps,
    confirm,
    redirect: createRedirect(options),
    host: config.advertise,
    ringMs: config.invitations.ringSeconds * 1000,
    autoAnswer: config.invitations.autoAnswer,
    onDeadContact: (binding) => {
      deps.registrar.removeDead(binding).catch((error: unknown) => {
        log.error({ err: error }, 'a dead contact was not removed');
      });
    },
    log,
  });
}

function buildInviter(
  options: SipApplicationOptions,
  deps: { doorkeeper: Doorkeeper; guard: AccessGuard; dialOut: DialOut },
): RingingInviter {
  const { ringingPerRoom, ringingAtOnce, ringSeconds, quietHours, tries, retrySeconds, snoozeSeconds } =
    options.config.invitations;
  return new RingingInviter({
    ...options,
    ...deps,
    events: options.access,
    lookUp: createInviteeLookup({ ...options, ...deps, quietHours }),
    rules: { tries, retryMs: retrySeconds * 1000, snoozeMs: snoozeSeconds * 1000 },
    ringMs: ringSeconds * 1000,
    ringingPerRoom,
    ringingAtOnce,
    whichToTakeUp: options.whichInvitationsToTakeUp ?? (async () => 'all'),
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
