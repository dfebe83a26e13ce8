import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { type GroupRole, type Membership, USER_NAME_PATTERN, type User, type UserStore } from '../rooms/user.js';
import { type Database, isUniqueViolation, type Transaction } from './database.js';

interface UserRow {
  id: string;
  name: string;
  displayName: string;
  groupId: string | null;
  group: string;
  title: string;
  role: GroupRole;
  number: string | null;
}

export interface NewUser {
  readonly name: string;
  readonly displayName: string;
  /** As `passwords.ts` writes it; null for a user who does not log in by password. */
  readonly passwordHash: string | null;
}

const USER_WITH_MEMBERSHIPS = `
  select u.id as id, u.name as name, u.display_name as "displayName", g.id as "groupId", g.name as "group",
    g.title as title, m.role as role, r.number as number
  from users u
  left join memberships m on m.user_id = u.id
  left join user_groups g on g.id = m.group_id
  left join rooms r on r.group_id = g.id
  where u.name = ?
  order by g.name`;

export function createUserStore(database: Database): UserStore {
  return {
    async findByName(name) {
      const rows = await database.select<UserRow>(USER_WITH_MEMBERSHIPS, [name]);
      return toUser(rows);
    },

    findByExternalId: async () => undefined,

    async findPasswordHash(name) {
      const row = await database.read<{ hash: string | null } | undefined>((queries) =>
        queries('users').where({ name }).first({ hash: 'password_hash' }),
      );
      return row?.hash ?? undefined;
    },
  };
}

function toUser(rows: readonly UserRow[]): User | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    id: first.id,
    name: first.name,
    displayName: first.displayName,
    admin: false,
    revokedBefore: new Date(0),
    memberships: rows.flatMap(toMembership),
  };
}

function toMembership({ groupId, group, title, role, number }: UserRow): Membership[] {
  if (groupId === null) return [];
  return [{ groupId, group, title, role, hasPin: false, ...(number === null ? {} : { number }) }];
}

/** @throws RoomlineError `invalid` for a name that cannot be an address of record, `conflict` for one in use. */
export async function insertUser(transaction: Transaction, user: NewUser): Promise<string> {
  if (!USER_NAME_PATTERN.test(user.name)) {
    throw new RoomlineError(
      'invalid',
      `user name ${JSON.stringify(user.name)} is not a small letter followed by up to 63 of a-z, 0-9, dot, hyphen, underscore`,
      { code: 'bad-user-name' },
    );
  }
  const id = randomUUID();
  try {
    await transaction('users').insert({
      id,
      name: user.name,
      display_name: user.displayName,
      password_hash: user.passwordHash,
      created_at_ms: Date.now(),
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new RoomlineError('conflict', `there is a user ${user.name} already`, { code: 'user-exists', cause: error });
  }
  return id;
}
