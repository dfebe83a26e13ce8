import { RoomlineError } from '../errors.js';
import { type NumberRange, proposeNumbers } from './allocation.js';
import type { Room, RoomNumber } from './room.js';

/** Where the directory keeps its group bindings. */
export interface DirectoryStore {
  findRoom(number: RoomNumber): Promise<Room | undefined>;
  /** The number bound to a group. */
  findNumber(groupId: string): Promise<RoomNumber | undefined>;
  /**
   * Binds the number to the group. Unique keys decide: `number-taken` when another room has the number,
   * `group-bound` when the group got a number meanwhile.
   */
  bind(groupId: string, number: RoomNumber): Promise<'bound' | 'number-taken' | 'group-bound'>;
}

/** The first server: keeps which group has which room number. */
export interface Directory {
  /** The group's room number, bound now if it had none; the same for all who ask at once, ever after. */
  numberOf(groupId: string): Promise<RoomNumber>;
  findRoom(number: RoomNumber): Promise<Room | undefined>;
}

export function createDirectory(store: DirectoryStore, range: NumberRange): Directory {
  async function bindFirstFree(groupId: string): Promise<RoomNumber> {
    for (const number of proposeNumbers(range)) {
      const outcome = await store.bind(groupId, number);
      if (outcome === 'bound') return number;
      if (outcome === 'group-bound') {
        const bound = await store.findNumber(groupId);
        if (bound !== undefined) return bound;
      }
    }
    throw new RoomlineError('unavailable', `no free room number found between ${range.from} and ${range.to}`, {
      code: 'numbers-exhausted',
      retryAfterSeconds: 60,
    });
  }

  return {
    async numberOf(groupId) {
      return (await store.findNumber(groupId)) ?? bindFirstFree(groupId);
    },
    findRoom: (number) => store.findRoom(number),
  };
}
