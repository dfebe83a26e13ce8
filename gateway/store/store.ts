import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { AdministrationStore } from '../rooms/administration-store.js';
import type { ApiKeyStore } from '../rooms/api-keys.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { DirectoryStore } from '../rooms/directory.js';
import type { InvitationStore } from '../rooms/invitations.js';
import type { NumberCounter } from '../rooms/number-usage.js';
import type { OutsideCallStore } from '../rooms/outside-calls.js';
import type { PinStore } from '../rooms/pins.js';
import type { RoomFinder } from '../rooms/room.js';
import type { RoomKeepingStore } from '../rooms/room-keeper.js';
import type { RoomSettings } from '../rooms/room-settings.js';
import type { SipAccountStore } from '../rooms/sip-account.js';
import type { SpokenLanguages } from '../rooms/spoken-languages.js';
import type { UserStore } from '../rooms/user.js';
import type { GroupNames, VoiceRequestStore } from '../rooms/voice-requests.js';
import type { VoiceServerStore } from '../rooms/voice-server.js';
import type { VoiceServerRegistry } from '../rooms/voice-servers.js';
import { createAdministrationStore } from './administration/index.js';
import { createApiKeyStore } from './api-keys.js';
import { type ConnectionPlan, planConnection } from './connection.js';
import { createContactBindingStore } from './contact-bindings.js';
import { codeOf, Database, type Transaction } from './database.js';
import { createDirectoryStore } from './directory.js';
import { createGroupNames, insertGroup, insertMembership, type NewGroup, type NewMembership } from './groups.js';
import { createInvitationStore } from './invitations.js';
import { migrate } from './migrations.js';
import { createOutsideCallStore } from './outside-calls.js';
import { createPinStore } from './pins.js';
import { createRoomKeepingStore } from './room-keeping.js';
import { createRoomSettings } from './room-settings.js';
import { createRoomFinder } from './rooms.js';
import { findOrCreateSecret, type SecretName } from './secrets.js';
import { createSipAccountStore, type NewSipAccount, putSipAccount } from './sip-accounts.js';
import { createSpokenLanguages } from './spoken-languages.js';
import { createUserStore, insertUser, type NewUser } from './users.js';
import { createVoiceRequestStore } from './voice-requests.js';
import { createVoiceServerStore } from './voice-server.js';
import { createVoiceServerRegistry } from './voice-servers.js';

export interface StoreOptions {
  /** `mysql://...` or `sqlite:PATH`; null is `roomline.sqlite` in `dataDir`. */
  readonly url: string | null;
  readonly dataDir: string;
  /** Most connections to MySQL or MariaDB; SQLite has one. */
  readonly maxConnections: number;
  readonly log: Log;
}

/** Writes that count together or not at all. */
export interface UnitOfWork {
  /** Returns the new user's id. */
  createUser(user: NewUser): Promise<string>;
  /** Returns the new group's id. */
  createGroup(group: NewGroup): Promise<string>;
  addMember(membership: NewMembership): Promise<void>;
  putSipAccount(account: NewSipAccount): Promise<void>;
}

export interface Store {
  readonly users: UserStore;
  readonly groups: GroupNames;
  readonly directory: DirectoryStore;
  readonly rooms: RoomFinder;
  readonly voiceServer: VoiceServerStore;
  readonly roomKeeping: RoomKeepingStore & NumberCounter;
  readonly voiceServers: VoiceServerRegistry;
  readonly voiceRequests: VoiceRequestStore;
  readonly invitations: InvitationStore;
  readonly outsideCalls: OutsideCallStore;
  readonly administration: AdministrationStore;
  readonly apiKeys: ApiKeyStore;
  readonly pins: PinStore;
  readonly roomSettings: RoomSettings;
  readonly contactBindings: ContactBindingStore;
  readonly sipAccounts: SipAccountStore;
  readonly spokenLanguages: SpokenLanguages;
  /** Does the work in one transaction, and again when the database asks for it: so it must do nothing else. */
  transaction<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>;
  hasUsers(): Promise<boolean>;
  /** A random secret made once for this database; every gateway on it gets the same. */
  secret(name: SecretName): Promise<Buffer>;
  /** @throws RoomlineError `unavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to the database and brings its tables up to date.
 * @throws RoomlineError `unavailable` saying why it cannot be used, and what to do.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const plan = planConnection(options.url, options.dataDir);
  const database = new Database(plan, options.maxConnections, options.log);
  try {
    await connect(plan, database);
    await migrate(plan, options.log);
    return createStore(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function connect(plan: ConnectionPlan, database: Database): Promise<void> {
  try {
    await ping(database);
  } catch (error) {
    const cause = error instanceof RoomlineError ? error.cause : error;
    throw new RoomlineError('unavailable', `cannot use the ${plan.name}: ${adviceFor(cause)}`, { cause });
  }
}

function adviceFor(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ER_BAD_DB_ERROR':
      return 'the server has no such database; make it with CREATE DATABASE, or mend DATABASE_URL';
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_DBACCESS_DENIED_ERROR':
      return 'user or password are refused; mend DATABASE_URL, or GRANT the user all privileges on the database';
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
    case 'ENOTFOUND':
    case 'EHOSTUNREACH':
      return `nothing answers there (${codeOf(cause)}); start the server, or mend DATABASE_URL`;
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function createStore(database: Database): Store {
  const rooms = createRoomFinder(database);
  return {
    users: createUserStore(database),
    groups: createGroupNames(database),
    directory: createDirectoryStore(database),
    rooms,
    voiceServer: createVoiceServerStore(database),
    roomKeeping: createRoomKeepingStore(database),
    voiceServers: createVoiceServerRegistry(database),
    voiceRequests: createVoiceRequestStore(database, { rooms }),
    invitations: createInvitationStore(database),
    outsideCalls: createOutsideCallStore(database),
    administration: createAdministrationStore(database),
    apiKeys: createApiKeyStore(database),
    pins: createPinStore(database),
    roomSettings: createRoomSettings(database),
    contactBindings: createContactBindingStore(database),
    sipAccounts: createSipAccountStore(database),
    spokenLanguages: createSpokenLanguages(database),
    transaction: (work) => database.write((transaction) => work(unitOfWork(transaction))),
    hasUsers: async () => (await database.read((queries) => queries('users').first('id'))) !== undefined,
    secret: (name) => findOrCreateSecret(database, name),
    ping: () => ping(database),
    close: () => database.close(),
  };
}

function unitOfWork(transaction: Transaction): UnitOfWork {
  return {
    createUser: (user) => insertUser(transaction, user),
    createGroup: (group) => insertGroup(transaction, group),
    addMember: (membership) => insertMembership(transaction, membership),
    putSipAccount: (account) => putSipAccount(transaction, account),
  };
}

async function ping(database: Database): Promise<void> {
  await database.read(async (queries) => {
    await queries.raw('select 1');
  });
}
