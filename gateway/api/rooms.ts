import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { RoomFinder } from '../rooms/room.js';
import type { LiveRooms, Participant, Roster } from '../rooms/roster.js';
import type { Addresses } from './addresses.js';
import type { UserCaller } from './auth.js';
import { accessRoom } from './room-access.js';
import { liveRoomSchema, participantSchema, presentLiveRoom, presentParticipant } from './room-view.js';
import { type Route, route } from './route.js';
import { idParameter, NO_CONTENT, roomParameter } from './schemas.js';

const TAG = 'Rooms';

const participantChangeSchema = z
  .strictObject({
    muted: z.boolean().optional().describe('Muted at the mixer: they still hear the room.'),
    role: z.enum(['moderator', 'speaker', 'listener']).optional().describe('For as long as they are in the room.'),
  })
  .refine(({ muted, role }) => muted !== undefined || role !== undefined, 'say muted, role or both')
  .meta({ id: 'ParticipantChange', minProperties: 1 });

export interface RoomDeps {
  readonly rooms: RoomFinder;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
  readonly addresses: Addresses;
}

export function roomRoutes(deps: RoomDeps): Route[] {
  const { addresses, liveRooms, roster } = deps;
  const participantPath = {
    path: '/v1/rooms/:number/participants/:id',
    tag: TAG,
    access: 'rooms',
    params: { number: roomParameter, id: idParameter('participant') },
    errors: [403],
  } as const;

  return [
    route({
      method: 'get',
      path: '/v1/rooms/:number',
      tag: TAG,
      summary: 'See a room and who is in it',
      access: 'rooms',
      params: { number: roomParameter },
      responses: { 200: { description: 'The room.', body: liveRoomSchema } },
      errors: [403],
      async handle({ caller: { user }, params: { number } }) {
        const { room } = await accessRoom(deps, number, user);
        return { status: 200, body: presentLiveRoom(room, roster.participants(number), addresses) };
      },
    }),
    route({
      ...participantPath,
      method: 'patch',
      summary: 'Mute a participant, or give them another role',
      description: 'Those who moderate may do so to anyone but an owner’s role; everybody may mute themselves.',
      body: participantChangeSchema,
      responses: { 200: { description: 'The participant as they are now.', body: participantSchema } },
      async handle({ caller, params, body: { muted, role } }) {
        const { participant, moderates } = await findActedOn(deps, caller, params);
        if (role !== undefined) checkRoleChange(participant, moderates);
        if (role !== undefined) await liveRooms.setRole(participant.id, role);
        if (muted !== undefined) await liveRooms.setMuted(participant.id, muted);
        return { status: 200, body: presentParticipant(roster.find(participant.id)?.participant ?? participant) };
      },
    }),
    route({
      ...participantPath,
      method: 'delete',
      summary: 'Send a participant out of the room',
      description: 'Those who moderate may do so to anyone, everybody to themselves.',
      responses: NO_CONTENT,
      async handle({ caller, params }) {
        const { participant } = await findActedOn(deps, caller, params);
        await liveRooms.remove(participant.id);
        return { status: 204 };
      },
    }),
  ];
}

/** Those who moderate may act on anyone in their room, others on themselves. */
async function findActedOn(
  deps: RoomDeps,
  { user }: UserCaller,
  { number, id }: { number: string; id: string },
): Promise<{ participant: Participant; moderates: boolean }> {
  const { moderates } = await accessRoom(deps, number, user);
  const found = deps.roster.find(id);
  if (found === undefined || found.room !== number) {
    throw new RoomlineError('not-found', `that participant is not in room ${number}`, {
      code: 'participant-not-found',
    });
  }
  if (!moderates && found.participant.user !== user.name) throw notModerator('do that to others');
  return { participant: found.participant, moderates };
}

function checkRoleChange(participant: Participant, moderates: boolean): void {
  if (!moderates) throw notModerator('change roles');
  if (participant.role !== 'owner') return;
  throw new RoomlineError('forbidden', 'the room is the owner’s: their role stays', { code: 'owner-stays' });
}

export function notModerator(what: string): RoomlineError {
  return new RoomlineError('forbidden', `only a moderator or the owner may ${what}`, { code: 'not-a-moderator' });
}
