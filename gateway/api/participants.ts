import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { RoomFinder } from '../rooms/room.js';
import type { LiveRooms, Participant, Roster } from '../rooms/roster.js';
import type { UserCaller } from './auth.js';
import { accessRoom, notModerator } from './room-access.js';
import { participantSchema, presentParticipant } from './room-view.js';
import { type Route, route } from './route.js';
import { idParameter, NO_CONTENT, roomParameter } from './schemas.js';

const participantChangeSchema = z
  .strictObject({
    muted: z.boolean().optional().describe('Muted at the mixer: they still hear the room.'),
    role: z.enum(['moderator', 'speaker', 'listener']).optional().describe('For as long as they are in the room.'),
    handRaised: z.boolean().optional().describe('Raised by themselves, lowered by those who moderate, too.'),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'say muted, role or handRaised, or several of them',
  )
  .meta({ id: 'ParticipantChange', minProperties: 1 });

interface ParticipantDeps {
  readonly rooms: RoomFinder;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
}

export function participantRoutes(deps: ParticipantDeps): Route[] {
  const { liveRooms, roster } = deps;
  const participantPath = {
    path: '/v1/rooms/:number/participants/:id',
    tag: 'Rooms',
    access: 'rooms',
    params: { number: roomParameter, id: idParameter('participant') },
    errors: [403],
  } as const;

  return [
    route({
      ...participantPath,
      method: 'patch',
      summary: 'Mute a participant, lower their hand, or give them another role',
      description:
        'Those who moderate may do so to anyone but an owner’s role; everybody may mute themselves, and raise and lower ' +
        'their own hand.',
      body: participantChangeSchema,
      responses: { 200: { description: 'The participant as they are now.', body: participantSchema } },
      async handle({ caller, params, body: { muted, role, handRaised } }) {
        const { participant, moderates } = await findActedOn(deps, caller, params);
        if (handRaised === true) checkRaise(participant, caller);
        if (role !== undefined) checkRoleChange(participant, moderates);
        if (role !== undefined) await liveRooms.setRole(participant.id, role);
        if (muted !== undefined) await liveRooms.setMuted(participant.id, muted);
        if (handRaised !== undefined) await liveRooms.setHandRaised(participant.id, handRaised);
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
  deps: ParticipantDeps,
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

function checkRaise({ user: whose }: Participant, { user }: UserCaller): void {
  if (whose === user.name) return;
  throw new RoomlineError('forbidden', 'everybody raises their own hand: others may lower it', {
    code: 'not-your-hand',
  });
}
