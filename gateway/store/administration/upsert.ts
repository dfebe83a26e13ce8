import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../../errors.js';
import type { HostDirectory, HostGroup, HostUser, UpsertOutcome, UserRecord } from '../../rooms/administration.js';
import type { AdministrationStore } from '../../rooms/administration-store.js';
import { inParts, insertMany } from '../bulk.js';
import { type Database, isUniqueViolation, type Transaction } from '../database.js';
import { endRooms } from '../quarantine.js';
import { Changes } from './changes.js';
import { numberOf } from './groups.js';
import { deleteMembers, memberOf, selectMembers, setRole } from './members.js';
import { disabledAt, selectUsers, toUserRecord, updateRow } from './users.js';

type Outcome = { -readonly [Part in keyof UpsertOutcome]: { -readonly [Count in keyof UpsertOutcome[Part]]: number } };

/** What one upsert works with: its transaction, and what comes of it. */
interface Upsert {
  readonly transaction: Transaction;
  readonly now: Date;
  readonly freeAt: Date;
  readonly changes: Changes;
  readonly outcome: Outcome;
}

interface GroupRow {
  id: string;
  name: string;
  title: string;
  externalId: string;
}

export function createUpsert(database: Database): Pick<AdministrationStore, 'upsert'> {
  return {
    async upsert(directory, now, freeAt) {
      try {
        return await database.write(async (transaction) => {
          const changes = new Changes();
          const upsert: Upsert = { transaction, now, freeAt, changes, outcome: nothingDone() };
          await putUsers(upsert, directory.users);
          await putGroups(upsert, directory.groups);
          return Object.assign(changes, { result: upsert.outcome });
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new RoomlineError('conflict', await whoseNameIsTaken(database, directory), {
          code: 'name-taken',
          cause: error,
        });
      }
    },
  };
}

async function putUsers(upsert: Upsert, users: readonly HostUser[]): Promise<void> {
  const { transaction, now, outcome } = upsert;
  const known = await findUsers(
    transaction,
    users.map(({ externalId }) => externalId),
  );
  await setNamesAside(transaction, 'users', users, known);
  const created = users.filter(({ externalId }) => !known.has(externalId));
  const rows = created.map((user) => ({
    id: randomUUID(),
    name: user.name,
    display_name: user.displayName,
    external_id: user.externalId,
    disabled_at_ms: user.disabled === true ? now.getTime() : null,
    telephone: user.telephone ?? null,
    language: user.language ?? null,
    created_at_ms: now.getTime(),
  }));
  for (const user of users) {
    const before = known.get(user.externalId);
    if (before !== undefined) await updateUser(upsert, before, user);
  }
  await insertMany(transaction, 'users', rows);
  outcome.users.created += rows.length;
}

/** Whoever is renamed logs in anew: credentials carry the name, a desk phone's digest hash is made with it. */
async function updateUser(upsert: Upsert, before: UserRecord, user: HostUser): Promise<void> {
  const { transaction, now, changes, outcome } = upsert;
  const renamed = before.name !== user.name;
  const disabled = user.disabled === true && !before.disabled;
  const disabled_at_ms = disabledAt(before, user.disabled === true, now);
  const { telephone = before.telephone ?? null, language = before.language ?? null } = user;
  const called = telephone !== (before.telephone ?? null) || language !== (before.language ?? null);
  if (!renamed && !called && before.displayName === user.displayName && disabled_at_ms === undefined) return;
  await updateRow(transaction, before.id, {
    name: user.name,
    display_name: user.displayName,
    ...{ disabled_at_ms, telephone, language },
    revoked_before_ms: renamed || disabled ? now.getTime() : undefined,
  });
  if (renamed) await transaction('sip_accounts').where('user_id', before.id).delete();
  if (renamed || disabled) changes.revokedUsers.push({ userId: before.id, user: before.name });
  outcome.users[disabled ? 'disabled' : 'updated'] += 1;
}

async function putGroups(upsert: Upsert, groups: readonly HostGroup[]): Promise<void> {
  const { transaction } = upsert;
  const known = await findGroups(
    transaction,
    groups.map(({ externalId }) => externalId),
  );
  await setNamesAside(
    transaction,
    'user_groups',
    groups.filter(({ removed }) => removed !== true),
    known,
  );
  for (const group of groups) {
    const before = known.get(group.externalId);
    if (group.removed === true && before !== undefined) await removeGroup(upsert, before);
  }
  for (const group of groups) {
    if (group.removed === true) continue;
    const id = await putGroup(upsert, known.get(group.externalId), group);
    if (group.members !== undefined) await putMembers(upsert, id, group.members);
  }
}

async function removeGroup({ transaction, changes, freeAt, outcome }: Upsert, { id }: GroupRow): Promise<void> {
  const number = await numberOf(transaction, id);
  if (number !== undefined) {
    await endRooms(transaction, [number], freeAt);
    changes.endedRooms.push(number);
  }
  await transaction('user_groups').where({ id }).delete();
  outcome.groups.removed += 1;
}

/** Returns the group's id. */
async function putGroup(upsert: Upsert, before: GroupRow | undefined, group: HostGroup): Promise<string> {
  const { transaction, now, outcome } = upsert;
  const { name, title, externalId } = group;
  if (before === undefined) {
    const id = randomUUID();
    const row = { id, name, title, external_id: externalId, created_at_ms: now.getTime() };
    await transaction('user_groups').insert(row);
    outcome.groups.created += 1;
    return id;
  }
  if (before.name !== name || before.title !== title) {
    await transaction('user_groups').where('id', before.id).update({ name, title });
    outcome.groups.updated += 1;
  }
  return before.id;
}

/** Makes the group's members those and no others. */
async function putMembers(
  { transaction, changes, outcome }: Upsert,
  groupId: string,
  members: NonNullable<HostGroup['members']>,
): Promise<void> {
  const users = await findUsers(
    transaction,
    members.map(({ user }) => user),
  );
  const unknown = members.filter(({ user }) => !users.has(user)).map(({ user }) => user);
  if (unknown.length > 0) {
    throw new RoomlineError('invalid', `no user has the external id ${unknown.slice(0, 10).join(', ')}`, {
      code: 'unknown-member',
      details: { unknown },
    });
  }
  const room = await numberOf(transaction, groupId);
  const before = new Map((await selectMembers(transaction, groupId)).map((row) => [row.userId, row]));
  const added: { user_id: string; group_id: string; role: string }[] = [];
  for (const { user, role } of members) {
    const userId = users.get(user)?.id ?? '';
    const member = before.get(userId);
    before.delete(userId);
    if (member === undefined) added.push({ user_id: userId, group_id: groupId, role });
    else if (member.role !== role) {
      await setRole(transaction, groupId, userId, role);
      changes.changedMembers.push(memberOf(groupId, { ...member, role }, room));
      outcome.members.changed += 1;
    }
  }
  await insertMany(transaction, 'group_members', added);
  await deleteMembers(transaction, groupId, [...before.keys()], room);
  changes.removedMembers.push(...[...before.values()].map((member) => memberOf(groupId, member, room)));
  outcome.members.added += added.length;
  outcome.members.removed += before.size;
}

/** Names may go around in a circle: those that change are out of the way first. No name has a tilde first. */
async function setNamesAside(
  transaction: Transaction,
  table: 'users' | 'user_groups',
  wanted: readonly { externalId: string; name: string }[],
  known: ReadonlyMap<string, { id: string; name: string }>,
): Promise<void> {
  for (const { externalId, name } of wanted) {
    const before = known.get(externalId);
    if (before === undefined || before.name === name) continue;
    await transaction(table)
      .where('id', before.id)
      .update({ name: `~${before.id}` });
  }
}

async function findUsers(transaction: Transaction, externalIds: readonly string[]): Promise<Map<string, UserRecord>> {
  const found = new Map<string, UserRecord>();
  for (const some of inParts(externalIds)) {
    for (const row of await selectUsers(transaction).whereIn('external_id', some)) {
      found.set(row.externalId ?? '', toUserRecord(row));
    }
  }
  return found;
}

async function findGroups(transaction: Transaction, externalIds: readonly string[]): Promise<Map<string, GroupRow>> {
  const found = new Map<string, GroupRow>();
  for (const some of inParts(externalIds)) {
    const rows = await transaction('user_groups')
      .whereIn('external_id', some)
      .select<GroupRow[]>({ id: 'id', name: 'name', title: 'title', externalId: 'external_id' });
    for (const row of rows) found.set(row.externalId, row);
  }
  return found;
}

async function whoseNameIsTaken(database: Database, { users, groups }: HostDirectory): Promise<string> {
  const wantedOf: readonly (readonly ['users' | 'user_groups', readonly { externalId: string; name: string }[]])[] = [
    ['users', users],
    ['user_groups', groups],
  ];
  for (const [table, wanted] of wantedOf) {
    for (const some of inParts(wanted)) {
      const ours = new Map(some.map(({ name, externalId }) => [name, externalId]));
      const rows = await database.read<{ name: string; external_id: string | null }[]>((queries) =>
        queries(table)
          .whereIn('name', [...ours.keys()])
          .select('name', 'external_id'),
      );
      const other = rows.find(({ name, external_id }) => ours.get(name) !== external_id);
      if (other !== undefined) {
        const kind = table === 'users' ? 'user' : 'group';
        return `there is another ${kind} ${other.name}: rename it, or give it the external id ${ours.get(other.name)}`;
      }
    }
  }
  return 'somebody else made a user or group of the same name just now: send it again';
}

function nothingDone(): Outcome {
  return {
    users: { created: 0, updated: 0, disabled: 0 },
    groups: { created: 0, updated: 0, removed: 0 },
    members: { added: 0, changed: 0, removed: 0 },
  };
}
