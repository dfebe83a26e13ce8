import type {
  GroupChange,
  GroupRecord,
  HostDirectory,
  MemberRecord,
  NewGroupRecord,
  NewUserRecord,
  Page,
  UpsertOutcome,
  UserChange,
  UserRecord,
} from './administration.js';
import type { RoomNumber } from './room.js';
import type { GroupRole } from './user.js';

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

  /** Those of the numbers that are in use or rest. */
  takenAmong(numbers: readonly RoomNumber[]): Promise<ReadonlySet<RoomNumber>>;
  /** Binds a number even while it rests: whoever chooses it knows. @throws RoomlineError `conflict`, `number-taken`. */
  bindNumber(group: string, number: RoomNumber, freeAt: Date): Promise<Changed<GroupRecord>>;
  releaseNumber(group: string, freeAt: Date): Promise<AccessChanges>;

  upsert(directory: HostDirectory, now: Date, freeAt: Date): Promise<Changed<UpsertOutcome>>;
}
