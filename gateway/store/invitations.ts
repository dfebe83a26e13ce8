import { RoomlineError } from '../errors.js';
import {
  ENDED_INVITATION_STATES,
  INVITATION_STATES,
  type Invitation,
  type InvitationState,
  type InvitationStore,
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
  cause: string | null;
  updatedAtMs: number;
}

const LONGEST_CAUSE = 255;
/** Somebody is still being called, or will be. */
const UNFINISHED = INVITATION_STATES.filter((state) => !ENDED_INVITATION_STATES.includes(state));

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

    update(id, change, unless) {
      const { state, tries, cause } = change;
      return database.write(async (transaction) => {
        const changed = await transaction('invitations')
          .where({ id })
          .whereNotIn('state', [...unless])
          .update({
            state,
            updated_at_ms: Date.now(),
            ...(tries === undefined ? {} : { tries }),
            ...(cause === undefined ? {} : { cause: cut(cause) }),
          });
        if (changed > 0 && state === 'cancelled') await withdraw(transaction, id);
        return changed > 0;
      });
    },

    failAbandoned(before, now) {
      return database.write<number>((transaction) =>
        transaction('invitations')
          .whereIn('state', [...UNFINISHED])
          .andWhere('updated_at_ms', '<=', before.getTime())
          .update({ state: 'failed', cause: 'the gateway stopped while calling', updated_at_ms: now.getTime() }),
      );
    },
  };
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
      cause: 'i.cause',
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
    ...(row.cause === null ? {} : { cause: row.cause }),
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
