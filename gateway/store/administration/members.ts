import { RoomlineError } from '../../errors.js';
import type { MemberRecord } from '../../rooms/administration.js';
import type { AdministrationStore, MemberOf } from '../../rooms/administration-store.js';
import type { RoomNumber } from '../../rooms/room.js';
import type { GroupRole } from '../../rooms/user.js';
import { inParts } from '../bulk.js';
import type { Database, Queries, Transaction } from '../database.js';
import { Changes, noSuch } from './changes.js';
import { lockGroup, numberOf } from './groups.js';

interface MemberRow {
  userId: string;
  user: string;
  displayName: string;
  externalId: string | null;
  role: GroupRole;
}

type MemberAdministration = Pick<AdministrationStore, 'listMembers' | 'putMember' | 'removeMember'>;

export function createMemberAdministration(database: Database): MemberAdministration {
  return {
    async listMembers(group, { after = '', limit }) {
      const { id } = await database.read((queries) => findGroupId(queries, group));
      const rows = await database.read((queries) =>
        selectMembers(queries, id).where('u.name', '>', after).orderBy('u.name').limit(limit),
      );
      return rows.map(toMemberRecord);
    },

    putMember(group, user, role) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        const { id: groupId } = await lockGroup(transaction, group);
        const userId = await findUserId(transaction, user);
        const [before] = await selectMembers(transaction, groupId).where('m.user_id', userId);
        if (before === undefined) {
          await transaction('group_members').insert({ user_id: userId, group_id: groupId, role });
        } else if (before.role !== role) {
          await setRole(transaction, groupId, userId, role);
          const room = await numberOf(transaction, groupId);
          changes.changedMembers.push(memberOf(groupId, { ...before, role }, room));
        }
        const [after] = await selectMembers(transaction, groupId).where('m.user_id', userId);
        if (after === undefined) throw noSuch('user', user);
        return Object.assign(changes, { result: toMemberRecord(after) });
      });
    },

    removeMember(group, user) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        const { id: groupId } = await lockGroup(transaction, group);
        const userId = await findUserId(transaction, user);
        const [member] = await selectMembers(transaction, groupId).where('m.user_id', userId);
        if (member === undefined) {
          throw new RoomlineError('not-found', `user ${user} is no member of group ${group}`, {
            code: 'member-not-found',
          });
        }
        const room = await numberOf(transaction, groupId);
        await deleteMembers(transaction, groupId, [userId], room);
        changes.removedMembers.push(memberOf(groupId, member, room));
        return changes;
      });
    },
  };
}

/** Takes members out of a group; invitations to its room let them in no more, and those under way are cancelled. */
export async function deleteMembers(
  transaction: Transaction,
  groupId: string,
  userIds: readonly string[],
  room: RoomNumber | undefined,
): Promise<void> {
  for (const some of inParts(userIds)) {
    await transaction('group_members').where('group_id', groupId).whereIn('user_id', some).delete();
    if (room === undefined) continue;
    await transaction('room_standings').where('number', room).whereIn('user_id', some).delete();
    await transaction('invitations')
      .where('number', room)
      .whereIn('user_id', some)
      .whereNotNull('unfinished_for')
      .update({
        state: 'cancelled',
        cause: 'member-removed',
        unfinished_for: null,
        next_try_at_ms: null,
        updated_at_ms: Date.now(),
      });
  }
}

export async function setRole(
  transaction: Transaction,
  groupId: string,
  userId: string,
  role: GroupRole,
): Promise<void> {
  await transaction('group_members').where({ group_id: groupId, user_id: userId }).update({ role });
}

export function memberOf(
  groupId: string,
  { userId, user, role }: Pick<MemberRow, 'userId' | 'user' | 'role'>,
  room: RoomNumber | undefined,
): MemberOf {
  return { groupId, userId, user, role, ...(room === undefined ? {} : { room }) };
}

export function selectMembers(queries: Queries, groupId: string) {
  return queries('group_members as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where('m.group_id', groupId)
    .select<MemberRow[]>({
      userId: 'u.id',
      user: 'u.name',
      displayName: 'u.display_name',
      externalId: 'u.external_id',
      role: 'm.role',
    });
}

function toMemberRecord({ externalId, ...row }: MemberRow): MemberRecord {
  return { ...row, ...(externalId === null ? {} : { externalId }) };
}

async function findGroupId(queries: Queries, name: string): Promise<{ id: string }> {
  const row = await queries('user_groups').where({ name }).first<{ id: string } | undefined>('id');
  if (row === undefined) throw noSuch('group', name);
  return row;
}

async function findUserId(queries: Queries, name: string): Promise<string> {
  const row = await queries('users').where({ name }).first<{ id: string } | undefined>('id');
  if (row === undefined) throw noSuch('user', name);
  return row.id;
}
