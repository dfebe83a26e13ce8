import { RoomlineError } from '../errors.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { VoiceServerStore } from '../rooms/voice-server.js';
import { type Database, isForeignKeyViolation, isUniqueViolation, type Transaction } from './database.js';
import { endRooms } from './quarantine.js';

interface TemporaryRow {
  number: RoomNumber;
  expiresAtMs: number;
  hasPin: number;
}

interface ExclusiveRow {
  number: RoomNumber;
  title: string;
  hasPin: number;
}

const TEMPORARY = `
  select t.number as number, t.expires_at_ms as "expiresAtMs",
    case when r.pin_hash is null then 0 else 1 end as "hasPin"
  from temporary_rooms t
  join rooms r on r.number = t.number
  where t.team = ?`;

const EXCLUSIVE = `
  select x.number as number, u.display_name as title, case when r.pin_hash is null then 0 else 1 end as "hasPin"
  from exclusive_rooms x
  join rooms r on r.number = x.number
  join users u on u.id = x.owner_id
  where x.owner_id = ?`;

export function createVoiceServerStore(database: Database): VoiceServerStore {
  return {
    async joinTemporary(team, userId, now, freeAt) {
      const [row] = await database.select<TemporaryRow>(TEMPORARY, [team]);
      if (row === undefined) return undefined;
      const { number } = row;
      const joined = await whereUserIs(
        database.write(async (transaction) => {
          const live = await transaction('temporary_rooms')
            .where({ number, team })
            .andWhere('expires_at_ms', '>', now.getTime())
            .update({ seen_at_ms: now.getTime() });
          if (live > 0) {
            await addAsker(transaction, number, userId);
            return true;
          }
          const old = await transaction('temporary_rooms')
            .where({ number, team })
            .andWhere('expires_at_ms', '<=', now.getTime())
            .delete();
          if (old > 0) await endRooms(transaction, [number], freeAt);
          return false;
        }),
      );
      return joined ? toTemporaryRoom(team, row) : undefined;
    },

    async openTemporary({ number, team, expiresAt }, userId, now) {
      let taken: 'number-taken' | 'team-has-room' = 'number-taken';
      const opened = await whereUserIs(
        unlessTaken(
          database.write(async (transaction) => {
            taken = 'number-taken';
            await transaction('rooms').insert({ number, kind: 'temporary', created_at_ms: now.getTime() });
            taken = 'team-has-room';
            await transaction('temporary_rooms').insert({
              number,
              team,
              seen_at_ms: now.getTime(),
              expires_at_ms: expiresAt.getTime(),
            });
            await addAsker(transaction, number, userId);
          }),
        ),
      );
      return opened ? 'opened' : taken;
    },

    async findExclusive(ownerId) {
      const [row] = await database.select<ExclusiveRow>(EXCLUSIVE, [ownerId]);
      if (row === undefined) return undefined;
      const { number, title, hasPin } = row;
      return { number, kind: 'exclusive', title, ownerId, hasPin: hasPin === 1 };
    },

    async openExclusive({ number, ownerId }, now) {
      let taken: 'number-taken' | 'owner-has-room' = 'number-taken';
      const opened = await whereUserIs(
        unlessTaken(
          database.write(async (transaction) => {
            taken = 'number-taken';
            await transaction('rooms').insert({ number, kind: 'exclusive', created_at_ms: now.getTime() });
            taken = 'owner-has-room';
            await transaction('exclusive_rooms').insert({ number, owner_id: ownerId });
          }),
        ),
      );
      return opened ? 'opened' : taken;
    },

    takenAmong: (numbers) => findTaken(database, numbers),
  };
}

/** Those of the numbers that have a row, of whatever kind. */
export async function findTaken(database: Database, numbers: readonly RoomNumber[]): Promise<Set<RoomNumber>> {
  const taken = await database.read<RoomNumber[]>((queries) =>
    queries('rooms')
      .whereIn('number', [...numbers])
      .pluck('number'),
  );
  return new Set(taken);
}

async function addAsker(transaction: Transaction, number: RoomNumber, userId: string): Promise<void> {
  await transaction('room_standings')
    .insert({ number, user_id: userId, standing: 'asked' })
    .onConflict(['number', 'user_id'])
    .merge();
}

/** False when a unique key was in the way. */
async function unlessTaken(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

async function whereUserIs<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new RoomlineError('not-found', 'the user is gone', { code: 'user-not-found', cause: error });
  }
}

function toTemporaryRoom(team: string, { number, expiresAtMs, hasPin }: TemporaryRow): Room {
  return { number, kind: 'temporary', title: team, team, expiresAt: new Date(expiresAtMs), hasPin: hasPin === 1 };
}
