import { RoomlineError } from '../errors.js';
import type { DirectoryStore } from '../rooms/directory.js';
import type { RoomKind } from '../rooms/room.js';
import { type Database, isForeignKeyViolation, isUniqueViolation } from './database.js';

interface RoomRow {
  number: string;
  kind: RoomKind;
  groupId: string | null;
  title: string | null;
}

const ROOM = `
  select r.number as number, r.kind as kind, r.group_id as "groupId", g.title as title
  from rooms r
  left join user_groups g on g.id = r.group_id
  where r.number = ?`;

export function createDirectoryStore(database: Database): DirectoryStore {
  async function findNumber(groupId: string): Promise<string | undefined> {
    const row = await database.read<{ number: string } | undefined>((queries) =>
      queries('rooms').where({ group_id: groupId }).first('number'),
    );
    return row?.number;
  }

  return {
    findNumber,

    async findRoom(number) {
      const [row] = await database.select<RoomRow>(ROOM, [number]);
      if (row === undefined) return undefined;
      const room = { number: row.number, kind: row.kind, title: row.title ?? row.number, hasPin: false };
      return row.groupId === null ? room : { ...room, groupId: row.groupId };
    },

    async bind(groupId, number) {
      try {
        await database.write(async (transaction) => {
          await transaction('rooms').insert({ number, kind: 'group', group_id: groupId, created_at_ms: Date.now() });
        });
        return 'bound';
      } catch (error) {
        if (isForeignKeyViolation(error)) {
          throw new RoomlineError('not-found', 'the group is gone', { code: 'group-not-found', cause: error });
        }
        if (!isUniqueViolation(error)) throw error;
        // Which of the two keys it was is worded differently by every database: ask instead.
        return (await findNumber(groupId)) === undefined ? 'number-taken' : 'group-bound';
      }
    },
  };
}
