import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Invitation } from '../rooms/invitations.js';
import type { Room, RoomFinder, RoomNumber } from '../rooms/room.js';
import type { VoiceRequestEntry, VoiceRequestStore } from '../rooms/voice-requests.js';
import { inParts, insertMany } from './bulk.js';
import { type Database, isForeignKeyViolation, isUniqueViolation, type Transaction } from './database.js';
import { selectInvitations, toInvitation, unfinishedFor } from './invitations.js';

interface AnsweredRow {
  digest: string;
  number: RoomNumber;
  requestId: string;
}

interface NewInvitation {
  readonly row: { user_id: string | null; [column: string]: string | number | null };
  readonly invitation: Invitation;
}

export function createVoiceRequestStore(
  database: Database,
  options: {
    rooms: RoomFinder;
    /** How long an invitation to a group's or a person's room lets someone in. */
    invitationMs: number;
  },
): VoiceRequestStore {
  const { rooms, invitationMs } = options;

  return {
    async findUserIds(names) {
      const ids = new Map<string, string>();
      for (const some of inParts(names)) {
        const users = await database.read<{ id: string; name: string }[]>((queries) =>
          queries('users').whereIn('name', some).whereNull('disabled_at_ms').select('id', 'name'),
        );
        for (const { id, name } of users) ids.set(name, id);
      }
      return ids;
    },

    async record(entry) {
      const request = { ...entry, id: randomUUID(), now: new Date() };
      const invited = entry.invitees.map((to, position) => newInvitation(request, to, position));
      const until = entry.room.kind === 'temporary' ? null : request.now.getTime() + invitationMs;
      try {
        await database.write(async (transaction) => {
          await insertKey(transaction, request);
          if (invited.length === 0) return;
          await insertMany(
            transaction,
            'invitations',
            invited.map(({ row }) => row),
          );
          await insertInvited(transaction, entry.room, invited, until);
        });
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error;
        throw new RoomlineError('conflict', 'the room ended, or a user was removed, while you asked: ask again', {
          code: 'room-ended',
          cause: error,
        });
      }
      return invited.map(({ invitation }) => invitation);
    },

    async findAnswered(askerId, key) {
      const [earlier] = await database.select<AnsweredRow>(
        `select digest, number, request_id as "requestId" from idempotency_keys
         where asker_id = ? and idempotency_key = ?`,
        [askerId, key],
      );
      if (earlier === undefined) return undefined;
      const { digest, number, requestId } = earlier;
      const room = await rooms.find(number);
      // It ended between the two: its keys went with it.
      if (room === undefined) return undefined;
      const rows = await database.read((queries) =>
        selectInvitations(queries).where('i.number', number).andWhere('i.request_id', requestId),
      );
      return { digest, answer: { room, invitations: rows.map(toInvitation) } };
    },
  };
}

type IdentifiedEntry = VoiceRequestEntry & { readonly id: string; readonly now: Date };

async function insertKey(transaction: Transaction, entry: IdentifiedEntry): Promise<void> {
  const { id, asker, room, idempotency, now } = entry;
  if (idempotency === undefined) return;
  try {
    await transaction('idempotency_keys').insert({
      asker_id: asker.id,
      idempotency_key: idempotency.key,
      digest: idempotency.digest,
      request_id: id,
      number: room.number,
      created_at_ms: now.getTime(),
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new RoomlineError('conflict', 'another request with this Idempotency-Key was faster', {
      code: 'idempotency-key-taken',
      cause: error,
    });
  }
}

/** Members need no standing to enter their group's room, and shall have none once they are members no more. */
async function insertInvited(
  transaction: Transaction,
  room: Room,
  invited: readonly NewInvitation[],
  untilMs: number | null,
): Promise<void> {
  const ids = [...new Set(invited.flatMap(({ row }) => (row.user_id === null ? [] : [row.user_id])))].sort();
  for (const some of inParts(ids)) {
    const members = new Set(await membersAmong(transaction, some, room.groupId));
    const strangers = some.filter((id) => !members.has(id));
    await insertEntrants(transaction, room.number, strangers, untilMs);
  }
}

async function membersAmong(
  transaction: Transaction,
  ids: readonly string[],
  groupId: string | undefined,
): Promise<string[]> {
  if (groupId === undefined) return [];
  return transaction('group_members')
    .where('group_id', groupId)
    .whereIn('user_id', [...ids])
    .pluck('user_id');
}

/** Who asked for a temporary room stays one who asked; an invitation is as long as the latest. */
async function insertEntrants(
  transaction: Transaction,
  number: RoomNumber,
  ids: readonly string[],
  untilMs: number | null,
): Promise<void> {
  if (ids.length === 0) return;
  await transaction('room_entrants')
    .insert(ids.map((user_id) => ({ number, user_id, standing: 'invited', until_ms: untilMs })))
    .onConflict(['number', 'user_id'])
    .merge(['until_ms']);
}

function newInvitation(
  { id: requestId, asker, room, now }: IdentifiedEntry,
  to: Invitation['to'],
  position: number,
): NewInvitation {
  const id = randomUUID();
  const at = now.getTime();
  return {
    row: {
      id,
      request_id: requestId,
      position,
      number: room.number,
      inviter_id: asker.id,
      user_id: 'user' in to ? to.user.id : null,
      tel: 'tel' in to ? to.tel : null,
      state: 'queued',
      tries: 0,
      unfinished_for: unfinishedFor(to),
      created_at_ms: at,
      updated_at_ms: at,
    },
    invitation: {
      id,
      room: room.number,
      inviterId: asker.id,
      to,
      state: 'queued',
      tries: 0,
      createdAt: now,
      updatedAt: now,
    },
  };
}
