import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Invitation } from '../rooms/invitations.js';
import type { RoomFinder, RoomNumber } from '../rooms/room.js';
import { KEPT_MS, type VoiceRequestEntry, type VoiceRequestStore } from '../rooms/voice-requests.js';
import { inParts, insertMany } from './bulk.js';
import { type Database, isForeignKeyViolation, isUniqueViolation, type Queries, type Transaction } from './database.js';
import { selectInvitations, toInvitation, unfinishedFor } from './invitations.js';

interface AnsweredRow {
  digest: string;
  number: RoomNumber;
  requestId: string;
}

/** Requests for the same people at the same moment: one is faster, and the others find what it wrote. */
const MOST_TRIES = 10;

interface NewInvitation {
  readonly row: Record<string, string | number | null>;
  readonly invitation: Invitation;
}

export function createVoiceRequestStore(database: Database, { rooms }: { rooms: RoomFinder }): VoiceRequestStore {
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
      for (let tries = 1; ; tries++) {
        try {
          return await recordOnce(database, { ...entry, id: randomUUID(), now: new Date() });
        } catch (error) {
          // Somebody else invited one of them at the same moment: now that invitation is there to be joined.
          if (!isUniqueViolation(error) || tries === MOST_TRIES) throw explain(error);
        }
      }
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
      const rows = await database.read((queries) => selectOfRequest(queries, number, requestId));
      return { digest, answer: { room, invitations: rows.map(toInvitation) } };
    },
  };
}

type IdentifiedEntry = VoiceRequestEntry & { readonly id: string; readonly now: Date };

function explain(error: unknown): unknown {
  if (!isForeignKeyViolation(error)) return error;
  return new RoomlineError('conflict', 'the room ended, or a user was removed, while you asked: ask again', {
    code: 'room-ended',
    cause: error,
  });
}

/** One transaction; the invitations in the order they were asked for. */
function recordOnce(database: Database, entry: IdentifiedEntry): Promise<Invitation[]> {
  const { invitees } = entry;
  return database.write(async (transaction) => {
    await insertKey(transaction, entry);
    if (invitees.length === 0) return [];
    const invitations = await findUnfinished(transaction, entry);
    const earlier = new Map(invitations);
    const invited = invitees.flatMap((to, position) =>
      invitations.has(unfinishedFor(to)) ? [] : [newInvitation(entry, to, position)],
    );
    for (const { invitation } of invited) invitations.set(unfinishedFor(invitation.to), invitation);
    await insertMany(
      transaction,
      'invitations',
      invited.map(({ row }) => row),
    );
    await insertMerged(transaction, entry, earlier);
    await letIn(transaction, entry);
    return invitees.flatMap((to) => invitations.get(unfinishedFor(to)) ?? []);
  });
}

/** Who of the invitees is being called into the room, or will be, with their invitations. */
async function findUnfinished(
  transaction: Transaction,
  { invitees, room }: IdentifiedEntry,
): Promise<Map<string, Invitation>> {
  const found = new Map<string, Invitation>();
  for (const some of inParts(invitees.map(unfinishedFor))) {
    const rows = await selectInvitations(transaction).where('i.number', room.number).whereIn('i.unfinished_for', some);
    for (const row of rows) {
      const invitation = toInvitation(row);
      found.set(unfinishedFor(invitation.to), invitation);
    }
  }
  return found;
}

/** A request with a key shall be answered the same again, so that what it joined is kept in mind. */
async function insertMerged(
  transaction: Transaction,
  { id: request_id, invitees, idempotency }: IdentifiedEntry,
  earlier: ReadonlyMap<string, Invitation>,
): Promise<void> {
  if (idempotency === undefined) return;
  const rows = invitees.flatMap((to, position) => {
    const invitation = earlier.get(unfinishedFor(to));
    return invitation === undefined ? [] : [{ request_id, position, invitation_id: invitation.id }];
  });
  await insertMany(transaction, 'merged_invitations', rows);
}

/** Its own invitations and those it joined, in the order they were asked for. */
function selectOfRequest(queries: Queries, number: RoomNumber, requestId: string) {
  return selectInvitations(queries)
    .leftJoin('merged_invitations as m', (join) =>
      join.on('m.invitation_id', 'i.id').andOnVal('m.request_id', requestId),
    )
    .where('i.number', number)
    .andWhere((either) => either.where('i.request_id', requestId).orWhereNotNull('m.request_id'))
    .clearOrder()
    .orderByRaw('coalesce(m.position, i.position)');
}

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
async function letIn(transaction: Transaction, { invitees, room, now }: IdentifiedEntry): Promise<void> {
  const ids = [...new Set(invitees.flatMap((to) => ('user' in to ? [to.user.id] : [])))].sort();
  for (const some of inParts(ids)) {
    const members = new Set(await membersAmong(transaction, some, room.groupId));
    const strangers = some.filter((id) => !members.has(id));
    await insertStandings(transaction, room.number, strangers);
    await forgetEarlier(transaction, room.number, strangers, new Date(now.getTime() - KEPT_MS));
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

/** Who asked for a temporary room stays one who asked. */
async function insertStandings(transaction: Transaction, number: RoomNumber, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await transaction('room_standings')
    .insert(ids.map((user_id) => ({ number, user_id, standing: 'invited' })))
    .onConflict(['number', 'user_id'])
    // Nothing changes; to ignore the conflict would, on MySQL, ignore a room or user that is gone, too.
    .merge(['user_id']);
}

/** The new invitation is there to be cancelled, so those before it, which would be kept for that, need not be. */
async function forgetEarlier(
  transaction: Transaction,
  number: RoomNumber,
  ids: readonly string[],
  before: Date,
): Promise<void> {
  await transaction('invitations')
    .where('number', number)
    .whereIn('user_id', [...ids])
    .whereNull('unfinished_for')
    .andWhere('updated_at_ms', '<=', before.getTime())
    .delete();
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
      inviter: { id: asker.id, name: asker.name },
      to,
      state: 'queued',
      tries: 0,
      createdAt: now,
      updatedAt: now,
    },
  };
}
