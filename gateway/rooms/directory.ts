import { freeNumbers, type NumberRange } from './allocation.js';
import type { RoomNumber } from './room.js';
import { numbersExhausted } from './voice-server.js';

/** Where the directory keeps its group bindings. */
export interface DirectoryStore {
  /** The number bound to a group. */
  findNumber(groupId: string): Promise<RoomNumber | undefined>;
  /**
   * Binds the number to the group. Unique keys decide: `number-taken` when another room has the number,
   * `group-bound` when the group got a number meanwhile.
   */
  bind(groupId: string, number: RoomNumber): Promise<'bound' | 'number-taken' | 'group-bound'>;
  /** Those of the numbers that are in use or rest. */
  takenAmong(numbers: readonly RoomNumber[]): Promise<ReadonlySet<RoomNumber>>;
}

/** The first server: keeps which group has which room number. */
export interface Directory {
  /** The group's room number, bound now if it had none; the same for all who ask at once, ever after. */
  numberOf(groupId: string): Promise<RoomNumber>;
}

export function createDirectory(store: DirectoryStore, range: NumberRange): Directory {
  async function bindFirstFree(groupId: string): Promise<RoomNumber> {
    for await (const number of freeNumbers(range, (numbers) => store.takenAmong(numbers))) {
      const outcome = await store.bind(groupId, number);
      if (outcome === 'bound') return number;
      if (outcome === 'group-bound') {
        const bound = await store.findNumber(groupId);
        if (bound !== undefined) return bound;
      }
    }
    throw numbersExhausted('group', range);
  }

  return {
    async numberOf(groupId) {
      return (await store.findNumber(groupId)) ?? bindFirstFree(groupId);
    },
  };
}
