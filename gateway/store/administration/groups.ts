import { randomUUID } from 'node:crypto';
import type { GroupRecord } from '../../rooms/administration.js';
import type { AdministrationStore } from '../../rooms/administration-store.js';
import { type Database, isUniqueViolation, type Queries } from '../database.js';
import { endRooms } from '../quarantine.js';
import { Changes, inUse, noSuch } from './changes.js';

interface GroupRow {
  id: string;
  name: string;
  title: string;
  externalId: string | null;
  number: string | null;
  hasPin: number;
}

type GroupAdministration = Pick<
  AdministrationStore,
  'listGroups' | 'findGroup' | 'findGroupByNumber' | 'createGroup' | 'updateGroup' | 'removeGroup'
>;

export function createGroupAdministration(database: Database): GroupAdministration {
  return {
    async listGroups({ after = '', limit }) {
      const rows = await database.read((queries) =>
        selectGroups(queries).where('g.name', '>', after).orderBy('g.name').limit(limit),
      );
      return rows.map(toGroupRecord);
    },

    async findGroup(name) {
      const row = await database.read((queries) => selectGroups(queries).where('g.name', name).first());
      return row === undefined ? undefined : toGroupRecord(row);
    },

    async findGroupByNumber(number) {
      const row = await database.read((queries) => selectGroups(queries).where('r.number', number).first());
      return row === undefined ? undefined : toGroupRecord(row);
    },

    async createGroup({ name, title, externalId }) {
      const id = randomUUID();
      const row = { id, name, title, external_id: externalId ?? null, created_at_ms: Date.now() };
      await explainConflict(
        database,
        name,
        database.write(async (transaction) => void (await transaction('user_groups').insert(row))),
      );
      return { id, name, title, ...(externalId === undefined ? {} : { externalId }), hasPin: false };
    },

    updateGroup(name, change) {
      const work = database.write(async (transaction) => {
        const { id } = await mustFindGroup(transaction, name);
        const columns = Object.entries({ name: change.name, title: change.title, external_id: change.externalId });
        const changed = Object.fromEntries(columns.filter(([, value]) => value !== undefined));
        if (Object.keys(changed).length > 0) await transaction('user_groups').where({ id }).update(changed);
        return mustFindGroup(transaction, change.name ?? name);
      });
      return explainConflict(database, change.name, work);
    },

    removeGroup(name, freeAt) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        const { id } = await lockGroup(transaction, name);
        const number = await numberOf(transaction, id);
        if (number !== undefined) {
          await endRooms(transaction, [number], freeAt);
          changes.endedRooms.push(number);
        }
        await transaction('user_groups').where({ id }).delete();
        return changes;
      });
    },
  };
}

export async function mustFindGroup(queries: Queries, name: string): Promise<GroupRecord> {
  const row = await selectGroups(queries).where('g.name', name).first();
  if (row === undefined) throw noSuch('group', name);
  return toGroupRecord(row);
}

/** Keeps others from binding a number to the group until this transaction is over. */
export async function lockGroup(queries: Queries, name: string): Promise<{ id: string }> {
  const row = await queries('user_groups').where({ name }).forUpdate().first<{ id: string } | undefined>('id');
  if (row === undefined) throw noSuch('group', name);
  return row;
}

export async function numberOf(queries: Queries, groupId: string): Promise<string | undefined> {
  const row = await queries('rooms').where({ group_id: groupId }).first<{ number: string } | undefined>('number');
  return row?.number;
}

function selectGroups(queries: Queries) {
  return queries('user_groups as g')
    .leftJoin('rooms as r', 'r.group_id', 'g.id')
    .select<GroupRow[]>(
      'g.id as id',
      'g.name as name',
      'g.title as title',
      'g.external_id as externalId',
      'r.number as number',
      queries.raw('case when r.pin_hash is null then 0 else 1 end as ??', ['hasPin']),
    );
}

function toGroupRecord({ externalId, number, hasPin, ...row }: GroupRow): GroupRecord {
  return {
    ...row,
    ...(externalId === null ? {} : { externalId }),
    ...(number === null ? {} : { number }),
    hasPin: hasPin === 1,
  };
}

async function explainConflict<T>(database: Database, name: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const taken =
      name === undefined
        ? undefined
        : await database.read((queries) => queries('user_groups').where({ name }).first('id'));
    throw inUse('group', taken !== undefined, name ?? '', error);
  }
}
