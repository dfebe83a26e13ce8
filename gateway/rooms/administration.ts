import { RoomlineError } from '../errors.js';
import type { AccessEventBus } from './access-events.js';
import { checkGroup, checkHostDirectory, checkLanguages, checkPassword, checkUser } from './administration-checks.js';
import type { AccessChanges, AdministrationStore, Changed } from './administration-store.js';
import { freeNumbers, isOfRange, type NumberRange } from './allocation.js';
import { hashPassword } from './passwords.js';
import { ROOM_NUMBER_PATTERN, type RoomNumber } from './room.js';
import type { GroupRole } from './user.js';
import { numbersExhausted } from './voice-server.js';

/** A user as administrators see one. */
export interface UserRecord {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  /** What the host application calls the user; unique among users. */
  readonly externalId?: string;
  readonly admin: boolean;
  /** True while the host application has removed the user: they may do nothing, and keep their name and number. */
  readonly disabled: boolean;
  /** In E.164: called over a trunk when none of their devices is answered. */
  readonly telephone?: string;
  /** What prompts are spoken to them in; the default language unless it is there. */
  readonly language?: string;
}

export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  /** What the host application calls the group; unique among groups. */
  readonly externalId?: string;
  readonly number?: RoomNumber;
  readonly hasPin: boolean;
}

export interface MemberRecord {
  readonly userId: string;
  readonly user: string;
  readonly displayName: string;
  readonly externalId?: string;
  readonly role: GroupRole;
}

/** Lists go by name: what comes after `after`, at most `limit` of it. */
export interface Page {
  readonly after?: string;
  readonly limit: number;
}

export interface NewUserRecord {
  readonly name: string;
  readonly displayName: string;
  readonly externalId?: string;
  readonly admin?: boolean;
  readonly telephone?: string | null;
  readonly language?: string | null;
  /** Without one the user cannot log in by password. */
  readonly password?: string;
}

export interface UserChange {
  readonly displayName?: string;
  readonly externalId?: string;
  readonly admin?: boolean;
  readonly disabled?: boolean;
  /** null takes it away. */
  readonly telephone?: string | null;
  readonly language?: string | null;
  readonly password?: string;
}

export interface NewGroupRecord {
  readonly name: string;
  readonly title: string;
  readonly externalId?: string;
}

export interface GroupChange {
  readonly name?: string;
  readonly title?: string;
  readonly externalId?: string;
}

/** A host application's users and groups, by its own identifiers. */
export interface HostDirectory {
  readonly users: readonly HostUser[];
  readonly groups: readonly HostGroup[];
}

export interface HostUser {
  readonly externalId: string;
  readonly name: string;
  readonly displayName: string;
  /** True for a user the host application has removed; false, or left out, brings one back. */
  readonly disabled?: boolean;
  /** null takes it away; left out, it stays. */
  readonly telephone?: string | null;
  readonly language?: string | null;
}

export interface HostGroup {
  readonly externalId: string;
  readonly name: string;
  readonly title: string;
  /** All of its members, when given: who is not among them is one no more. Left out, they stay as they are. */
  readonly members?: readonly { readonly user: string; readonly role: GroupRole }[];
  /** True removes the group, its members and its number. */
  readonly removed?: boolean;
}

export interface UpsertOutcome {
  readonly users: { readonly created: number; readonly updated: number; readonly disabled: number };
  readonly groups: { readonly created: number; readonly updated: number; readonly removed: number };
  readonly members: { readonly added: number; readonly changed: number; readonly removed: number };
}

/**
 * Manages users, groups and their numbers; whoever loses access by it is told of in `AccessEvents`. Names address
 * users and groups. @throws RoomlineError `not-found`, `conflict` and `invalid`, each saying which and why.
 */
export interface Administration {
  listUsers(page: Page): Promise<UserRecord[]>;
  findUser(name: string): Promise<UserRecord | undefined>;
  createUser(user: NewUserRecord): Promise<UserRecord>;
  updateUser(name: string, change: UserChange): Promise<UserRecord>;
  /** Everything issued to the user until now is refused from now on: tokens and softphone credentials. */
  revokeUser(name: string): Promise<void>;
  removeUser(name: string): Promise<void>;

  listGroups(page: Page): Promise<GroupRecord[]>;
  findGroup(name: string): Promise<GroupRecord | undefined>;
  findGroupByNumber(number: RoomNumber): Promise<GroupRecord | undefined>;
  createGroup(group: NewGroupRecord): Promise<GroupRecord>;
  updateGroup(name: string, change: GroupChange): Promise<GroupRecord>;
  removeGroup(name: string): Promise<void>;

  listMembers(group: string, page: Page): Promise<MemberRecord[]>;
  /** Makes the user a member, or gives the member another role. */
  putMember(group: string, user: string, role: GroupRole): Promise<MemberRecord>;
  removeMember(group: string, user: string): Promise<void>;

  /** Binds the number, or a free one, to the group; a number it had before is released. */
  bindNumber(group: string, number?: RoomNumber): Promise<GroupRecord>;
  releaseNumber(group: string): Promise<void>;

  /** Takes over a host application's users and groups, all or none of it. */
  upsert(directory: HostDirectory): Promise<UpsertOutcome>;
}

export interface AdministrationDeps {
  readonly store: AdministrationStore;
  readonly events: AccessEventBus;
  /** Those there are prompts in. */
  readonly languages: () => Promise<readonly string[]>;
  readonly rooms: {
    readonly groupNumbers: NumberRange;
    readonly temporaryNumbers: NumberRange;
    readonly exclusiveNumbers: NumberRange;
    readonly quarantineSeconds: number;
  };
  readonly now?: () => Date;
}

export function createAdministration(deps: AdministrationDeps): Administration {
  const { store, events, languages, rooms, now = () => new Date() } = deps;
  const freeAt = () => new Date(now().getTime() + rooms.quarantineSeconds * 1000);

  /** Tells of what a change took away, once it is written. */
  async function telling<T>(change: Promise<Changed<T>>): Promise<T> {
    const changed = await change;
    tell(events, changed);
    return changed.result;
  }

  async function bindFree(group: string): Promise<GroupRecord> {
    for await (const number of freeNumbers(rooms.groupNumbers, (numbers) => store.takenAmong(numbers))) {
      if ((await store.takenAmong([number])).size > 0) continue;
      try {
        return await telling(store.bindNumber(group, number, freeAt()));
      } catch (error) {
        if (!(error instanceof RoomlineError) || error.code !== 'number-taken') throw error;
      }
    }
    throw numbersExhausted('group', rooms.groupNumbers);
  }

  return {
    listUsers: (page) => store.listUsers(page),
    findUser: (name) => store.findUser(name),

    async createUser(user) {
      checkUser(user);
      await checkLanguages([user], languages);
      return store.createUser(user, user.password === undefined ? null : await hashPassword(user.password));
    },

    async updateUser(name, { password, ...change }) {
      checkUser(change);
      await checkLanguages([change], languages);
      checkPassword(password);
      const hash = password === undefined ? undefined : await hashPassword(password);
      return telling(store.updateUser(name, change, hash, now()));
    },

    revokeUser: async (name) => tell(events, await store.revokeUser(name, now())),
    removeUser: async (name) => tell(events, await store.removeUser(name, freeAt())),

    listGroups: (page) => store.listGroups(page),
    findGroup: (name) => store.findGroup(name),
    findGroupByNumber: (number) => store.findGroupByNumber(number),

    async createGroup(group) {
      checkGroup(group);
      return store.createGroup(group);
    },

    async updateGroup(name, change) {
      checkGroup(change);
      return store.updateGroup(name, change);
    },

    removeGroup: async (name) => tell(events, await store.removeGroup(name, freeAt())),

    listMembers: (group, page) => store.listMembers(group, page),
    putMember: (group, user, role) => telling(store.putMember(group, user, role)),
    removeMember: async (group, user) => tell(events, await store.removeMember(group, user)),

    async bindNumber(group, number) {
      if (number === undefined) return bindFree(group);
      checkChosen(number, rooms);
      return telling(store.bindNumber(group, number, freeAt()));
    },

    releaseNumber: async (group) => tell(events, await store.releaseNumber(group, freeAt())),

    async upsert(directory) {
      checkHostDirectory(directory);
      await checkLanguages(directory.users, languages);
      return telling(store.upsert(directory, now(), freeAt()));
    },
  };
}

function tell(events: AccessEventBus, changes: AccessChanges): void {
  for (const member of changes.removedMembers) {
    const { role: _, ...removed } = member;
    events.emit('member.removed', removed);
  }
  for (const member of changes.changedMembers) events.emit('member.changed', member);
  for (const user of changes.revokedUsers) events.emit('user.revoked', user);
  for (const room of changes.endedRooms) events.emit('room.ended', { room, cause: 'released' });
}

/** An administrator may choose any number that is not handed out by itself to rooms of another kind. */
function checkChosen(number: RoomNumber, rooms: AdministrationDeps['rooms']): void {
  if (!ROOM_NUMBER_PATTERN.test(number)) {
    throw new RoomlineError('invalid', `number ${number.slice(0, 32)} is not 3 to 12 digits`, { code: 'bad-number' });
  }
  for (const [kind, range] of [
    ['temporary', rooms.temporaryNumbers],
    ['exclusive', rooms.exclusiveNumbers],
  ] as const) {
    if (!isOfRange(number, range)) continue;
    throw new RoomlineError(
      'invalid',
      `number ${number} is of the range for ${kind} rooms, ${range.from} to ${range.to}: choose one outside of it`,
      { code: 'number-of-other-kind' },
    );
  }
}
