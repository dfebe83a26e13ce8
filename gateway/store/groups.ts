import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { GroupRole } from '../rooms/user.js';
import type { GroupNames } from '../rooms/voice-requests.js';
import { type Database, isForeignKeyViolation, isUniqueViolation, type Transaction } from './database.js';

export interface NewGroup {
  readonly name: string;
  readonly title: string;
}

export interface NewMembership {
  readonly groupId: string;
  readonly userId: string;
  readonly role: GroupRole;
}

export function createGroupNames(database: Database): GroupNames {
  return {
    async exists(group) {
      const row = await database.read<{ id: string } | undefined>((queries) =>
        queries('user_groups').where({ name: group }).first('id'),
      );
      return row !== undefined;
    },

    memberNames(groupId) {
      return database.read((queries) =>
        queries('group_members as m')
          .join('users as u', 'u.id', 'm.user_id')
          .where('m.group_id', groupId)
          .whereNull('u.disabled_at_ms')
          .orderBy('u.name')
          .pluck('u.name'),
      );
    },
  };
}

/** @throws RoomlineError `conflict` when a group has the name. */
export async function insertGroup(transaction: Transaction, group: NewGroup): Promise<string> {
  const id = randomUUID();
  try {
    await transaction('user_groups').insert({ id, name: group.name, title: group.title, created_at_ms: Date.now() });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new RoomlineError('conflict', `there is a group ${group.name} already`, {
      code: 'group-exists',
      cause: error,
    });
  }
  return id;
}

/** @throws RoomlineError `conflict` for a member, `not-found` for a user or group that is not there. */
export async function insertMembership(transaction: Transaction, membership: NewMembership): Promise<void> {
  const { userId, groupId, role } = membership;
  try {
    await transaction('group_members').insert({ user_id: userId, group_id: groupId, role });
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new RoomlineError('conflict', 'the user is a member already', { code: 'member-exists', cause: error });
    }
    if (isForeignKeyViolation(error)) throw new RoomlineError('not-found', 'no such user or group', { cause: error });
    throw error;
  }
}
