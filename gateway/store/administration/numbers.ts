import { RoomlineError } from '../../errors.js';
import type { AdministrationStore } from '../../rooms/administration-store.js';
import type { RoomNumber } from '../../rooms/room.js';
import { type Database, isUniqueViolation, type Transaction } from '../database.js';
import { endRooms, QUARANTINED } from '../quarantine.js';
import { findTaken } from '../voice-server.js';
import { Changes } from './changes.js';
import { lockGroup, mustFindGroup, numberOf } from './groups.js';

type NumberAdministration = Pick<AdministrationStore, 'takenAmong' | 'bindNumber' | 'releaseNumber'>;

export function createNumberAdministration(database: Database): NumberAdministration {
  return {
    takenAmong: (numbers) => findTaken(database, numbers),

    async bindNumber(group, number, freeAt) {
      try {
        return await database.write(async (transaction) => {
          const changes = new Changes();
          const { id } = await lockGroup(transaction, group);
          const before = await numberOf(transaction, id);
          if (before !== number) {
            const choices = before === undefined ? undefined : await findChoices(transaction, before);
            if (before !== undefined) {
              await endRooms(transaction, [before], freeAt);
              changes.endedRooms.push(before);
            }
            await takeNumber(transaction, number, { kind: 'group', group_id: id, ...choices });
          }
          return Object.assign(changes, { result: await mustFindGroup(transaction, group) });
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new RoomlineError('conflict', `number ${number} is another room's`, {
          code: 'number-taken',
          cause: error,
        });
      }
    },

    releaseNumber(group, freeAt) {
      return database.write(async (transaction) => {
        const changes = new Changes();
        const { id } = await lockGroup(transaction, group);
        const number = await numberOf(transaction, id);
        if (number === undefined) return changes;
        await endRooms(transaction, [number], freeAt);
        changes.endedRooms.push(number);
        return changes;
      });
    },
  };
}

/** What a group chose for its room, and the PIN its guests know, whatever its number. */
async function findChoices(transaction: Transaction, number: RoomNumber) {
  return transaction('rooms')
    .where({ number })
    .first<{ pin_hash: string | null; pin_version: number | null; announces_joins: number | null } | undefined>(
      'pin_hash',
      'pin_version',
      'announces_joins',
    );
}

async function takeNumber(
  transaction: Transaction,
  number: RoomNumber,
  columns: Record<string, string | number | null>,
): Promise<void> {
  const resting = await transaction('rooms')
    .where({ number, kind: QUARANTINED })
    .update({ ...columns, free_at_ms: null, created_at_ms: Date.now() });
  if (resting === 0) await transaction('rooms').insert({ ...columns, number, created_at_ms: Date.now() });
}
