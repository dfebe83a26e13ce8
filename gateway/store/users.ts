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
  hasPin: number;
  admin: number;
  revokedBeforeMs: number;
  telephone: string | null;
  language: string | null;
}

export interface NewUser {
  readonly name: string;
  readonly displayName: string;
  /** As `passwords.ts` writes it; null for a user who does not log in by password. */
  readonly passwordHash: string | null;
  readonly externalId?: string;
  readonly admin?: boolean;
}

const usersWhere = (column: 'name' | 'external_id') => `
  select u.id as id, u.name as name, u.display_name as "displayName", u.admin as admin,
    u.revoked_before_ms as "revokedBeforeMs", u.telephone as telephone, u.language as language, g.id as "groupId", g.name as "group", g.title as title, m.role as role,
    r.number as number, case when r.pin_hash is null then 0 else 1 end as "hasPin"
  from users u
  left join group_members m on m.user_id = u.id
  left join user_groups g on g.id = m.group_id
  left join rooms r on r.group_id = g.id
  where u.${column} = ? and u.disabled_at_ms is null
  order by g.name`;

const BY_NAME = usersWhere('name');
const BY_EXTERNAL_ID = usersWhere('external_id');

export function createUserStore(database: Database): UserStore {
  return {
    async findByName(name) {
      const rows = await database.select<UserRow>(BY_NAME, [name]);
      return toUser(rows);
    },

    async findByExternalId(externalId) {
      const rows = await database.select<UserRow>(BY_EXTERNAL_ID, [externalId]);
      return toUser(rows);
    },

    async findPasswordHash(name) {
      const row = await database.read<{ hash: string | null } | undefined>((queries) =>
        queries('users').where({ name }).whereNull('disabled_at_ms').first({ hash: 'password_hash' }),
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
    admin: first.admin === 1,
    revokedBefore: new Date(first.revokedBeforeMs),
    memberships: rows.flatMap(toMembership),
    ...(first.telephone === null ? {} : { telephone: first.telephone }),
    ...(first.language === null ? {} : { language: first.language }),
  };
}

function toMembership({ groupId, group, title, role, number, hasPin }: UserRow): Membership[] {
  if (groupId === null) return [];
  return [{ groupId, group, title, role, hasPin: hasPin === 1, ...(number === null ? {} : { number }) }];
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
      external_id: user.externalId ?? null,
      admin: user.admin === true ? 1 : 0,
      created_at_ms: Date.now(),
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new RoomlineError('conflict', `there is a user ${user.name} already`, { code: 'user-exists', cause: error });
  }
  return id;
}
