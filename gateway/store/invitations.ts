import { RoomlineError } from '../errors.js';
import {
  type Invitation,
  type InvitationChange,
  type InvitationState,
  type InvitationStore,
  isFinished,
} from '../rooms/invitations.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Database, Queries } from './database.js';

interface InvitationRow {
  id: string;
  room: RoomNumber;
  inviterId: string;
  inviterName: string;
  userId: string | null;
  userName: string | null;
  tel: string | null;
  state: InvitationState;
  tries: number;
  snoozes: number;
  interruptions: number;
  cause: string | null;
  nextTryAtMs: number | null;
  answeredAtMs: number | null;
  createdAtMs: number;
  updatedAtMs: number;
}

const LONGEST_CAUSE = 255;

export function createInvitationStore(database: Database): InvitationStore {
  return {
    async listByRoom(room) {
      const rows = await database.read((queries) => selectInvitations(queries).where('i.number', room));
      return rows.map(toInvitation);
    },

    async find(id) {
      const [row] = await database.read((queries) => selectInvitations(queries).where('i.id', id));
      return row === undefined ? undefined : toInvitation(row);
    },

    async listUnfinished() {
      // Not `is not null`, for which SQLite reads the whole table.
      const rows = await database.read((queries) => selectInvitations(queries).where('i.unfinished_for', '>', ''));
      return rows.map(toInvitation);
    },

    update(id, change, unless) {
      return database.write(async (transaction) => {
        const changed = await transaction('invitations')
          .where({ id })
          .whereNotIn('state', [...unless])
          .update(toColumns(change));
        if (changed > 0 && change.state === 'cancelled') await withdraw(transaction, id);
        return changed > 0;
      });
    },

    advance({ id, tries }, change) {
      return database.write(async (transaction) => {
        const changed = await transaction('invitations')
          .where({ id, tries })
          .whereNotNull('unfinished_for')
          .update(toColumns(change));
        if (changed > 0 && change.state === 'cancelled') await withdraw(transaction, id);
        return changed > 0;
      });
    },
  };
}

function toColumns(change: InvitationChange) {
  const { state, tries, snoozes, interruptions, cause, nextTryAt, answeredAt } = change;
  return {
    state,
    cause: cause === undefined ? null : cut(cause),
    next_try_at_ms: nextTryAt?.getTime() ?? null,
    updated_at_ms: Date.now(),
    ...(tries === undefined ? {} : { tries }),
    ...(snoozes === undefined ? {} : { snoozes }),
    ...(interruptions === undefined ? {} : { interruptions }),
    ...(answeredAt === undefined ? {} : { answered_at_ms: answeredAt.getTime() }),
    ...(isFinished(change) ? { unfinished_for: null } : {}),
  };
}

/** What no two unfinished invitations into one room have alike. */
export function unfinishedFor(to: Invitation['to']): string {
  return 'user' in to ? to.user.id : `tel:${to.tel}`;
}

/** A cancelled invitation lets its user in no more, unless another one does. */
async function withdraw(transaction: Queries, id: string): Promise<void> {
  const invited = await transaction('invitations')
    .where({ id })
    .first<{ number: RoomNumber; user_id: string | null } | undefined>('number', 'user_id');
  if (invited === undefined || invited.user_id === null) return;
  const { number, user_id } = invited;
  const other = await transaction('invitations')
    .where({ number, user_id })
    .whereNot({ id })
    .whereNot('state', 'cancelled')
    .first('id');
  if (other === undefined) {
    await transaction('room_standings').where({ number, user_id, standing: 'invited' }).delete();
  }
}

/** In the order they were asked for. */
export function selectInvitations(queries: Queries) {
  return queries('invitations as i')
    .join('users as a', 'a.id', 'i.inviter_id')
    .leftJoin('users as u', 'u.id', 'i.user_id')
    .orderBy(['i.created_at_ms', 'i.request_id', 'i.position'])
    .select<InvitationRow[]>({
      id: 'i.id',
      room: 'i.number',
      inviterId: 'i.inviter_id',
      inviterName: 'a.name',
      userId: 'i.user_id',
      userName: 'u.name',
      tel: 'i.tel',
      state: 'i.state',
      tries: 'i.tries',
      snoozes: 'i.snoozes',
      interruptions: 'i.interruptions',
      cause: 'i.cause',
      nextTryAtMs: 'i.next_try_at_ms',
      answeredAtMs: 'i.answered_at_ms',
      createdAtMs: 'i.created_at_ms',
      updatedAtMs: 'i.updated_at_ms',
    });
}

export function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    room: row.room,
    inviter: { id: row.inviterId, name: row.inviterName },
    to: inviteeOf(row),
    state: row.state,
    tries: row.tries,
    ...(row.snoozes === 0 ? {} : { snoozes: row.snoozes }),
    ...(row.interruptions === 0 ? {} : { interruptions: row.interruptions }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    ...(row.nextTryAtMs === null ? {} : { nextTryAt: new Date(row.nextTryAtMs) }),
    ...(row.answeredAtMs === null ? {} : { answeredAt: new Date(row.answeredAtMs) }),
    createdAt: new Date(row.createdAtMs),
    updatedAt: new Date(row.updatedAtMs),
  };
}

function inviteeOf({ id, userId, userName, tel }: InvitationRow): Invitation['to'] {
  if (userId !== null && userName !== null) return { user: { id: userId, name: userName } };
  if (tel !== null) return { tel };
  throw new RoomlineError('internal', `invitation ${id} is for nobody`);
}

function cut(cause: string): string {
  return [...cause].slice(0, LONGEST_CAUSE).join('');
}
