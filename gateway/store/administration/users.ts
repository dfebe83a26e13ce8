import { randomUUID } from 'node:crypto';
import type { UserRecord } from '../../rooms/administration.js';
import type { AdministrationStore } from '../../rooms/administration-store.js';
import type { RoomNumber } from '../../rooms/room.js';
import { type Database, isUniqueViolation, type Queries, type Transaction } from '../database.js';
import { endRooms } from '../quarantine.js';
import { Changes, inUse, noSuch } from './changes.js';

interface UserRow {
  id: string;
  name: string;
  displayName: string;
  externalId: string | null;
  admin: number;
  disabledAtMs: number | null;
  telephone: string | null;
  language: string | null;
}

type UserAdministration = Pick<
  AdministrationStore,
  'listUsers' | 'findUser' | 'createUser' | 'updateUser' | 'revokeUser' | 'removeUser'
>;

export function createUserAdministration(database: Database): UserAdministration {
  async function mustFind(queries: Queries, name: string): Promise<UserRecord> {
    const row = await selectUsers(queries).where({ name }).first();
    if (row === undefined) throw noSuch('user', name);
    return toUserRecord(row);
  }

  return {
    async listUsers({ after = '', limit }) {
      const rows = await database.read((queries) =>
        selectUsers(queries).where('name', '>', after).orderBy('name').limit(limit),
      );
      return rows.map(toUserRecord);
    },

    async findUser(name) {
      const row = await database.read((queries) => selectUsers(queries).where({ name }).first());
      return row === undefined ? undefined : toUserRecord(row);
    },

    async createUser({ name, displayName, externalId, admin = false, telephone, language }, passwordHash) {
      const id = randomUUID();
      const row = {
        id,
        name,
        display_name: displayName,
        password_hash: passwordHash,
        external_id: externalId ?? null,
        admin: admin ? 1 : 0,
        telephone: telephone ?? null,
        language: language ?? null,
        created_at_ms: Date.now(),
      };
      await explainConflict(
        database,
        name,
        database.write(async (transaction) => void (await transaction('users').insert(row))),
      );
      return {
        ...{ id, name, displayName, admin, disabled: false },
        ...(externalId === undefined ? {} : { externalId }),
        ...linesOf({ telephone: telephone ?? null, language: language ?? null }),
      };
    },

    updateUser(name, change, passwordHash, now) {
      const { displayName, externalId, admin, disabled, telephone, language } = change;
      const work = database.write(async (transaction) => {
        const changes = new Changes();
        const before = await mustFind(transaction, name);
        const revoked = passwordHash !== undefined || (disabled === true && !before.disabled);
        await updateRow(transaction, before.id, {
          display_name: displayName,
          external_id: externalId,
          telephone,
          language,
          admin: admin === undefined ? undefined : Number(admin),
          disabled_at_ms: disabledAt(before, disabled, now),
          password_hash: passwordHash,
          revoked_before_ms: revoked ? now.getTime() : undefined,
        });
        if (revoked) changes.revokedUsers.push({ userId: before.id, user: name });
        return Object.assign(changes, { result: await mustFind(transaction, name) });
      });
      return explainConflict(database, undefined, work);
    },

    revokeUser(name, now) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        const { id } = await mustFind(transaction, name);
        await updateRow(transaction, id, { revoked_before_ms: now.getTime() });
        changes.revokedUsers.push({ userId: id, user: name });
        return changes;
      });
    },

    removeUser(name, freeAt) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        // Locked, so that no room of theirs is opened in between.
        const row = await selectUsers(transaction).where({ name }).forUpdate().first();
        if (row === undefined) throw noSuch('user', name);
        const own = await transaction('exclusive_rooms').where('owner_id', row.id).pluck<RoomNumber[]>('number');
        await endRooms(transaction, own, freeAt);
        await transaction('users').where('id', row.id).delete();
        changes.endedRooms.push(...own);
        changes.revokedUsers.push({ userId: row.id, user: name });
        return changes;
      });
    },
  };
}

/** Leaves what is undefined as it is. */
export async function updateRow(
  transaction: Transaction,
  id: string,
  columns: Record<string, string | number | null | undefined>,
): Promise<void> {
  const changed = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length > 0) await transaction('users').where({ id }).update(changed);
}

export function disabledAt({ disabled }: UserRecord, wanted: boolean | undefined, now: Date) {
  if (wanted === undefined || wanted === disabled) return undefined;
  return wanted ? now.getTime() : null;
}

export function selectUsers(queries: Queries) {
  return queries('users').select<UserRow[]>({
    id: 'id',
    name: 'name',
    displayName: 'display_name',
    externalId: 'external_id',
    admin: 'admin',
    disabledAtMs: 'disabled_at_ms',
    telephone: 'telephone',
    language: 'language',
  });
}

export function toUserRecord(row: UserRow): UserRecord {
  const { id, name, displayName, externalId, admin, disabledAtMs } = row;
  return {
    ...{ id, name, displayName },
    ...(externalId === null ? {} : { externalId }),
    admin: admin === 1,
    disabled: disabledAtMs !== null,
    ...linesOf(row),
  };
}

function linesOf({ telephone, language }: Pick<UserRow, 'telephone' | 'language'>) {
  return { ...(telephone === null ? {} : { telephone }), ...(language === null ? {} : { language }) };
}

async function explainConflict<T>(database: Database, name: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const taken =
      name === undefined ? undefined : await database.read((queries) => queries('users').where({ name }).first('id'));
    throw inUse('user', taken !== undefined, name ?? '', error);
  }
}
