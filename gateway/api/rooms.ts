import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Directory } from '../rooms/directory.js';
import type { Room } from '../rooms/room.js';
import type { LiveRooms, Participant, Roster } from '../rooms/roster.js';
import type { Addresses } from './addresses.js';
import type { Asker, Auth } from './auth.js';
import type { BodyReader } from './request-body.js';
import { accessRoom } from './room-access.js';

const participantChangeSchema = z.strictObject({ muted: z.boolean() });

export function addRooms(
  router: Router,
  deps: {
    auth: Auth;
    readBody: BodyReader;
    directory: Directory;
    roster: Roster;
    liveRooms: LiveRooms;
    addresses: Addresses;
  },
): void {
  const { auth, directory, liveRooms, roster } = deps;

  /** Moderators may act on anyone in their room, others on themselves. */
  async function findActedOn(ctx: RouterContext, { user }: Asker): Promise<Participant> {
    const { number = '', id = '' } = ctx.params;
    const { role } = await accessRoom(directory, number, user);
    const found = roster.find(id);
    if (found === undefined || found.room !== number) {
      throw new RoomlineError('not-found', `that participant is not in room ${number}`, {
        code: 'participant-not-found',
      });
    }
    if (role !== 'moderator' && found.participant.user !== user.name) {
      throw new RoomlineError('forbidden', 'only a moderator may do that to others', { code: 'not-a-moderator' });
    }
    return found.participant;
  }

  router.get(
    '/v1/rooms/:number',
    auth.guard(async (ctx, { user }) => {
      const { room } = await accessRoom(directory, ctx.params.number ?? '', user);
      ctx.body = presentRoom(room, roster.participants(room.number), deps.addresses);
    }),
  );

  router.patch(
    '/v1/rooms/:number/participants/:id',
    auth.guard(async (ctx, asker) => {
      const { muted } = await deps.readBody(ctx, participantChangeSchema);
      const participant = await findActedOn(ctx, asker);
      await liveRooms.setMuted(participant.id, muted);
      ctx.body = presentParticipant(roster.find(participant.id)?.participant ?? participant);
    }),
  );

  router.delete(
    '/v1/rooms/:number/participants/:id',
    auth.guard(async (ctx, asker) => {
      const participant = await findActedOn(ctx, asker);
      await liveRooms.remove(participant.id);
      ctx.status = 204;
    }),
  );
}

export function presentRoom(room: Room, participants: readonly Participant[], addresses: Addresses) {
  return {
    number: room.number,
    kind: room.kind,
    title: room.title,
    uri: addresses.roomUri(room.number),
    participants: participants.map(presentParticipant),
  };
}

export function presentParticipant(participant: Participant) {
  const { id, user, name, device, muted, talking, held, role, joinedAt } = participant;
  const whose = user === undefined ? {} : { user };
  return { id, ...whose, name, device, muted, talking, held, role, joinedAt: joinedAt.toISOString() };
}
