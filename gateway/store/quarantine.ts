import type { RoomNumber } from '../rooms/room.js';
import type { Transaction } from './database.js';

/** The kind a number has while it rests. */
export const QUARANTINED = 'quarantined';

/**
 * Takes rooms from their numbers, with all that was written of them: who may enter, who is invited, what requests
 * were answered. The numbers rest, so that a late caller does not land among strangers.
 */
export async function endRooms(transaction: Transaction, numbers: readonly RoomNumber[], freeAt: Date): Promise<void> {
  if (numbers.length === 0) return;
  for (const table of ['temporary_rooms', 'exclusive_rooms', 'room_standings', 'idempotency_keys', 'invitations']) {
    await transaction(table)
      .whereIn('number', [...numbers])
      .delete();
  }
  await transaction('rooms')
    .whereIn('number', [...numbers])
    .update({ kind: QUARANTINED, group_id: null, pin_hash: null, announces_joins: null, free_at_ms: freeAt.getTime() });
}
