import type { OutsideCallStore, PlacedCalls } from '../rooms/outside-calls.js';
import type { Database, Queries } from './database.js';

interface CountRow {
  calls: number | string;
  oldestAtMs: number | string | null;
}

export function createOutsideCallStore(database: Database): OutsideCallStore {
  return {
    take({ id, userId, placedAt }, { since, perUser, all }) {
      return database.write(async (transaction) => {
        // A write to one row first: whoever counts at the same time waits for it, and then sees what was written here.
        await transaction('outside_call_turns').where({ id: 1 }).update({ taken_at_ms: placedAt.getTime() });
        const ofAll = await count(transaction, since);
        if (ofAll.calls >= all) return { refused: 'hour-limit' as const, oldestAt: ofAll.oldestAt ?? placedAt };
        const ofUser = await count(transaction, since, userId);
        if (ofUser.calls >= perUser) return { refused: 'user-limit' as const, oldestAt: ofUser.oldestAt ?? placedAt };
        await transaction('outside_calls').insert({ id, user_id: userId, placed_at_ms: placedAt.getTime() });
        return 'taken' as const;
      });
    },

    count(userId, since) {
      return database.read(async (queries) => ({
        ofUser: await count(queries, since, userId),
        ofAll: await count(queries, since),
      }));
    },

    async purge(before) {
      await database.write((transaction) =>
        transaction('outside_calls').where('placed_at_ms', '<', before.getTime()).delete(),
      );
    },
  };
}

async function count(queries: Queries, since: Date, userId?: string): Promise<PlacedCalls> {
  const row = await queries('outside_calls')
    .where('placed_at_ms', '>', since.getTime())
    .modify((query) => {
      if (userId !== undefined) void query.andWhere('user_id', userId);
    })
    .count({ calls: '*' })
    .min({ oldestAtMs: 'placed_at_ms' })
    .first<CountRow | undefined>();
  const calls = Number(row?.calls ?? 0);
  const oldestAtMs = row?.oldestAtMs ?? null;
  return oldestAtMs === null ? { calls } : { calls, oldestAt: new Date(Number(oldestAtMs)) };
}
