import type { Transaction } from './database.js';

/** What one statement reads or writes: SQLite takes 500 rows at most, of a few columns more bindings than that. */
const AT_ONCE = 200;

export function* inParts<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += AT_ONCE) yield all.slice(start, start + AT_ONCE);
}

export async function insertMany(
  transaction: Transaction,
  table: string,
  rows: readonly Record<string, string | number | null>[],
): Promise<void> {
  for (const some of inParts(rows)) await transaction(table).insert(some);
}
