import type { NumberRange } from '../rooms/allocation.js';
import { ENDED_INVITATION_STATES } from '../rooms/invitations.js';
import type { NumberCounter } from '../rooms/number-usage.js';
import type { RoomNumber } from '../rooms/room.js';
import type { RoomKeepingStore } from '../rooms/room-keeper.js';
import { inParts } from './bulk.js';
import type { Database, Queries } from './database.js';
import { endRooms, QUARANTINED } from './quarantine.js';

const NUMBERS_AT_ONCE = 200;

type Ended = Awaited<ReturnType<RoomKeepingStore['endOverdue']>>;

export function createRoomKeepingStore(database: Database): RoomKeepingStore & NumberCounter {
  /** What is overdue is looked up again where it is ended: someone may have asked for the room meanwhile. */
  async function endSome(column: 'seen_at_ms' | 'expires_at_ms', until: number, freeAt: Date): Promise<RoomNumber[]> {
    const due = await database.read((queries) => selectDue(queries, column, until).limit(NUMBERS_AT_ONCE));
    if (due.length === 0) return [];
    return database.write(async (transaction) => {
      const ended = await selectDue(transaction, column, until).whereIn('number', due).forUpdate();
      await endRooms(transaction, ended, freeAt);
      return ended;
    });
  }

  async function endAll(column: 'seen_at_ms' | 'expires_at_ms', until: number, freeAt: Date): Promise<RoomNumber[]> {
    const all: RoomNumber[] = [];
    for (;;) {
      const some = await endSome(column, until, freeAt);
      all.push(...some);
      if (some.length < NUMBERS_AT_ONCE) return all;
    }
  }

  return {
    async touch(numbers, now) {
      const gone: RoomNumber[] = [];
      for (const some of inParts(numbers)) {
        const live = await database.write(async (transaction) => {
          await transaction('temporary_rooms').whereIn('number', some).update({ seen_at_ms: now.getTime() });
          return transaction('rooms')
            .whereIn('number', some)
            .andWhereNot('kind', QUARANTINED)
            .pluck<RoomNumber[]>('number');
        });
        const rooms = new Set(live);
        gone.push(...some.filter((number) => !rooms.has(number)));
      }
      return gone;
    },

    async touchAll(now) {
      await database.write(async (transaction) => {
        await transaction('temporary_rooms').update({ seen_at_ms: now.getTime() });
      });
    },

    async endOverdue(emptyBefore, now, freeAt) {
      const expired = await endAll('expires_at_ms', now.getTime(), freeAt);
      const empty = await endAll('seen_at_ms', emptyBefore.getTime() - 1, freeAt);
      return [
        ...expired.map((number): Ended[number] => ({ number, cause: 'expired' })),
        ...empty.map((number): Ended[number] => ({ number, cause: 'empty' })),
      ];
    },

    releaseQuarantined(now) {
      return database.write<number>((transaction) =>
        transaction('rooms').where('kind', QUARANTINED).andWhere('free_at_ms', '<=', now.getTime()).delete(),
      );
    },

    async purge(before) {
      await database.write(async (transaction) => {
        await transaction('idempotency_keys').where('created_at_ms', '<=', before.getTime()).delete();
        await selectEndedInvitations(transaction, before)
          .andWhere((either) => either.where('state', 'cancelled').orWhereNotExists(letsSomebodyIn(transaction)))
          .delete();
      });
    },

    async countTaken({ from, to }: NumberRange) {
      // Numbers are texts: of one length they are in the order of numbers.
      const row = await database.read((queries) =>
        queries('rooms')
          .whereBetween('number', [String(from), String(to)])
          .andWhereRaw('length(number) = ?', [String(from).length])
          .count({ taken: '*' })
          .first(),
      );
      return Number(row?.taken ?? 0);
    },
  };
}

function selectEndedInvitations(queries: Queries, before: Date) {
  return queries('invitations')
    .whereIn('state', [...ENDED_INVITATION_STATES])
    .whereNull('unfinished_for')
    .andWhere('updated_at_ms', '<=', before.getTime());
}

/** The standing that an invitation gives stays as long as it is not cancelled: so it must be there to be cancelled. */
function letsSomebodyIn(queries: Queries) {
  return queries('room_standings as s')
    .whereRaw('s.number = invitations.number and s.user_id = invitations.user_id')
    .andWhere('s.standing', 'invited')
    .select(queries.raw('1'));
}

function selectDue(queries: Queries, column: string, until: number) {
  return queries('temporary_rooms').where(column, '<=', until).pluck<RoomNumber[]>('number');
}
