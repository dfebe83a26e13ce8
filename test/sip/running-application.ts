import { loadConfig } from '../../gateway/config.js';
import { type Engine, startEngine } from '../../gateway/engine/index.js';
import { type AccessEventBus, createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { Room, Standing } from '../../gateway/rooms/room.js';
import { Roster } from '../../gateway/rooms/roster.js';
import { createSoftphoneCredentialIssuer } from '../../gateway/rooms/sip-account.js';
import type { User } from '../../gateway/rooms/user.js';
import type { Confirm } from '../../gateway/sip/confirm.js';
import type { IdentifyTrunk, Lobby } from '../../gateway/sip/lobby.js';
import type { OutsideLine } from '../../gateway/sip/outside-line.js';
import { type SipApplication, startSipApplication } from '../../gateway/sip/sip-application.js';
import { eventually } from '../support/eventually.js';
import { phoneSdp } from '../support/sdp.js';
import { silentLog } from '../support/silent-log.js';
import { SipPhone, type SipPhoneOptions } from '../support/sip-phone.js';
import { FakeMedia } from './fake-media.js';
import { finder, MemoryContacts, MemoryInvitations, ROOM, sipAccounts, user, users } from './fakes.js';

export const SDP = phoneSdp({ port: 40_000 });

export interface ApplicationSettings {
  maxParticipants?: number;
  optionsIntervalSeconds?: number;
  optionsTimeoutSeconds?: number;
  ringSeconds?: number;
  autoAnswer?: 'off' | 'alert-info' | 'call-info';
  confirm?: Confirm;
  lobby?: Lobby;
  outsideLine?: OutsideLine;
  identifyTrunk?: IdentifyTrunk;
  /** Everybody's standing in the room. */
  standing?: Standing;
  /** What is another about the room. */
  room?: Partial<Room>;
}

/** The SIP application on the embedded engine, with stores in memory and media without sound. */
export interface RunningApplication {
  readonly engine: Engine;
  readonly application: SipApplication;
  readonly media: FakeMedia;
  readonly contacts: MemoryContacts;
  readonly roster: Roster;
  readonly access: AccessEventBus;
  /** The one room there is. */
  readonly room: { -readonly [Key in keyof Room]: Room[Key] };
  readonly invitations: MemoryInvitations;
  readonly credentials: ReturnType<typeof createSoftphoneCredentialIssuer>;
  readonly server: { host: string; port: number };
  /** A phone of a user, closed with the rest. */
  phone(name: string, options?: Partial<SipPhoneOptions>): Promise<SipPhone>;
  stop(): Promise<void>;
}

const USERS: readonly User[] = [user('alice'), user('bob'), user('carol'), user('dave'), user('erin', ['sales'])];

export async function runApplication(settings: ApplicationSettings = {}): Promise<RunningApplication> {
  const engine = await startEngine({ host: '127.0.0.1', port: 0, secret: 'shared', log: silentLog });
  const media = new FakeMedia();
  const contacts = new MemoryContacts();
  const roster = new Roster();
  const access = createAccessEvents();
  const room = { ...ROOM, ...settings.room };
  const invitations = new MemoryInvitations();
  const credentials = createSoftphoneCredentialIssuer({ secret: Buffer.alloc(32, 1), lifetimeMs: 60_000 });
  const application = await startSipApplication({
    config: {
      sip: {
        port: engine.sipPort,
        realm: 'roomline',
        minExpiresSeconds: 60,
        maxExpiresSeconds: 3600,
        maxContacts: 10,
        nonceSeconds: 300,
        minSessionSeconds: 90,
        drachtio: null,
        wsUrl: null,
        credentialSeconds: 60,
      },
      liveness: {
        optionsIntervalSeconds: settings.optionsIntervalSeconds ?? 15,
        optionsTimeoutSeconds: settings.optionsTimeoutSeconds ?? 8,
      },
      advertise: '127.0.0.1',
      invitations: {
        ...loadConfig({}).invitations,
        ringSeconds: settings.ringSeconds ?? 30,
        ringingPerRoom: 3,
        autoAnswer: settings.autoAnswer ?? 'off',
      },
      rooms: { ...loadConfig({}).rooms, maxParticipants: settings.maxParticipants ?? 500 },
      lobby: loadConfig({}).lobby,
    },
    drachtio: { host: '127.0.0.1', port: engine.adminPort, secret: 'shared' },
    rooms: finder([room], settings),
    access,
    invitations,
    users: users(...USERS),
    sipAccounts: sipAccounts({ alice: 'MD5', bob: 'MD5', carol: 'SHA-256', erin: 'MD5' }),
    credentials,
    contacts,
    roster,
    media,
    confirm: settings.confirm ?? (async () => 'accepted'),
    lobby: settings.lobby ?? (async () => undefined),
    outsideLine: settings.outsideLine ?? { place: async () => ({ refused: 'no-trunk' }) },
    identifyTrunk: settings.identifyTrunk ?? (async () => undefined),
    log: silentLog,
  });
  const server = { host: '127.0.0.1', port: engine.sipPort };
  const phones: SipPhone[] = [];
  return {
    engine,
    application,
    media,
    contacts,
    roster,
    access,
    room,
    invitations,
    credentials,
    server,
    async phone(name, options = {}) {
      const phone = await SipPhone.open({ server, user: name, password: `${name}-demo`, ...options });
      phones.push(phone);
      return phone;
    },
    async stop() {
      await application.stop();
      await Promise.all(phones.map((phone) => phone.close()));
      await engine.close();
    },
  };
}

/** Waits until no leg, medium, participant or dialog is left. */
export async function nothingLeft({ application, engine, media, roster }: RunningApplication): Promise<void> {
  await eventually(
    'every leg to be gone',
    () => ({
      ...application.counts(),
      media: media.openCount,
      participants: roster.participantCount,
      dialogs: engine.counts().dialogs,
    }),
    (seen) => Object.values(seen).every((count) => count === 0),
  );
}

/** Who is in the room, by name. */
export function inRoom({ roster }: RunningApplication): string[] {
  return roster
    .participants('2000')
    .map(({ user: name }) => name ?? '')
    .sort();
}

/** Waits until just these are in the room. */
export function until(running: RunningApplication, names: readonly string[]): Promise<string[]> {
  return eventually(
    `${names} to be in the room`,
    () => inRoom(running),
    (seen) => seen.join() === [...names].sort().join(),
  );
}
