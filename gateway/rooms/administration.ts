import type { RoomNumber } from './room.js';
import type { GroupRole } from './user.js';

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
  /** Without one the user cannot log in by password. */
  readonly password?: string;
}

export interface UserChange {
  readonly displayName?: string;
  readonly externalId?: string;
  readonly admin?: boolean;
  readonly disabled?: boolean;
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

/** Who is in which group, as far as they may be in its room. */
export interface MemberOf {
  readonly groupId: string;
  readonly userId: string;
  readonly user: string;
  readonly role: GroupRole;
  readonly room?: RoomNumber;
}

/** What a change took away, for those who end calls. */
export interface AccessChanges {
  readonly removedMembers: readonly MemberOf[];
  readonly changedMembers: readonly MemberOf[];
  readonly revokedUsers: readonly { readonly userId: string; readonly user: string }[];
  readonly endedRooms: readonly RoomNumber[];
}

export interface Changed<T> extends AccessChanges {
  readonly result: T;
}

/** Where users and groups are kept; each call is one transaction. Numbers that are released rest until `freeAt`. */
export interface AdministrationStore {
  listUsers(page: Page): Promise<UserRecord[]>;
  findUser(name: string): Promise<UserRecord | undefined>;
  createUser(user: NewUserRecord, passwordHash: string | null): Promise<UserRecord>;
  updateUser(
    name: string,
    change: Omit<UserChange, 'password'>,
    passwordHash: string | undefined,
    now: Date,
  ): Promise<Changed<UserRecord>>;
  revokeUser(name: string, now: Date): Promise<AccessChanges>;
  removeUser(name: string, freeAt: Date): Promise<AccessChanges>;

  listGroups(page: Page): Promise<GroupRecord[]>;
  findGroup(name: string): Promise<GroupRecord | undefined>;
  findGroupByNumber(number: RoomNumber): Promise<GroupRecord | undefined>;
  createGroup(group: NewGroupRecord): Promise<GroupRecord>;
  updateGroup(name: string, change: GroupChange): Promise<GroupRecord>;
  removeGroup(name: string, freeAt: Date): Promise<AccessChanges>;

  listMembers(group: string, page: Page): Promise<MemberRecord[]>;
  putMember(group: string, user: string, role: GroupRole): Promise<Changed<MemberRecord>>;
  removeMember(group: string, user: string): Promise<AccessChanges>;

  /** @throws RoomlineError `conflict` for a number another room has. */
  bindNumber(group: string, number: RoomNumber, freeAt: Date): Promise<Changed<GroupRecord>>;
  releaseNumber(group: string, freeAt: Date): Promise<AccessChanges>;

  upsert(directory: HostDirectory, now: Date, freeAt: Date): Promise<Changed<UpsertOutcome>>;
}
