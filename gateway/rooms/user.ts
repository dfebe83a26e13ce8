import type { RoomNumber } from './room.js';

/** A member's role in a group's room; a listener hears and is not heard. */
export type GroupRole = 'moderator' | 'member' | 'listener';

export interface Membership {
  readonly groupId: string;
  /** The group's name in requests and addresses, such as `engineering`. */
  readonly group: string;
  /** The group's name for people, such as `Engineering`. */
  readonly title: string;
  readonly role: GroupRole;
  /** The number bound to the group, once there is one. */
  readonly number?: RoomNumber;
  /** Guests who know the PIN may enter the group's room. */
  readonly hasPin: boolean;
}

export interface User {
  readonly id: string;
  /** The name in logins and addresses of record: never all digits. */
  readonly name: string;
  readonly displayName: string;
  /** May manage users, groups and numbers. */
  readonly admin: boolean;
  /** Tokens and softphone credentials issued before this time are refused. */
  readonly revokedBefore: Date;
  readonly memberships: readonly Membership[];
  /** The number of their outside line in E.164 (+ and digits); called when none of their devices is answered. */
  readonly telephone?: string;
  /** The language prompts are spoken to them in, such as `zh`; absent for the default. */
  readonly language?: string;
}

/** A user name: a letter first, then letters, digits, dot, hyphen or underscore, 64 at most. */
export const USER_NAME_PATTERN = /^[a-z][a-z0-9._-]{0,63}$/;

/** A language's tag, such as `zh`, or `zh-TW` (RFC 5646), 35 characters at most. */
export const LANGUAGE_PATTERN = /^(?=.{2,35}$)[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** Users who are disabled are found by none of these. */
export interface UserStore {
  /** The user with their memberships and their groups' numbers, in one query. Names compare exactly. */
  findByName(name: string): Promise<User | undefined>;
  /** The same by what the host application calls the user. */
  findByExternalId(externalId: string): Promise<User | undefined>;
  /** What a login is checked against: a scrypt hash in the form `passwords.ts` writes. */
  findPasswordHash(name: string): Promise<string | undefined>;
}
