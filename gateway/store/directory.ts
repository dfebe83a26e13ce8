import { RoomlineError } from '../errors.js';
import type { DirectoryStore } from '../rooms/directory.js';
import { type Database, isForeignKeyViolation, isUniqueViolation } from './database.js';
import { findTaken } from './voice-server.js';

export function createDirectoryStore(database: Database): DirectoryStore {
  async function findNumber(groupId: string): Promise<string | undefined> {
    const row = await database.read<{ number: string } | undefined>((queries) =>
      queries('rooms').where({ group_id: groupId }).first('number'),
    );
    return row?.number;
  }

  return {
    findNumber,

    takenAmong: (numbers) => findTaken(database, numbers),

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
