import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { RoomFinder } from '../rooms/room.js';
import type { RoomSettings } from '../rooms/room-settings.js';
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
    handRaised: z.boolean().optional().describe('Raised by themselves, lowered by those who moderate, too.'),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'say muted, role or handRaised, or several of them',
  )
  .meta({ id: 'ParticipantChange', minProperties: 1 });

const roomChangeSchema = z
  .strictObject({
    locked: z.boolean().optional().describe('Nobody enters a locked room but moderators and the owner.'),
    announceJoins: z.boolean().optional().describe('Whether those in the room are told the name of each who joins.'),
  })
  .refine(({ locked, announceJoins }) => locked !== undefined || announceJoins !== undefined, 'changes nothing')
  .meta({ id: 'RoomChange' });

export interface RoomDeps {
  readonly rooms: RoomFinder;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
  readonly addresses: Addresses;
  readonly roomSettings: RoomSettings;
}

export function roomRoutes(deps: RoomDeps): Route[] {
  const { addresses, liveRooms, roster } = deps;
  const roomPath = {
    path: '/v1/rooms/:number',
    tag: TAG,
    access: 'rooms',
    params: { number: roomParameter },
    errors: [403],
  } as const;
  const participantPath = {
    path: '/v1/rooms/:number/participants/:id',
    tag: TAG,
    access: 'rooms',
    params: { number: roomParameter, id: idParameter('participant') },
    errors: [403],
  } as const;

  return [
    route({
      ...roomPath,
      method: 'get',
      summary: 'See a room and who is in it',
      responses: { 200: { description: 'The room.', body: liveRoomSchema } },
      async handle({ caller: { user }, params: { number } }) {
        const access = await accessRoom(deps, number, user);
        return { status: 200, body: presentLiveRoom({ access, user, roster, addresses }) };
      },
    }),
    route({
      ...roomPath,
      method: 'patch',
      summary: 'Lock a room or unlock it, and choose whether it hears who joins',
      description:
        'For those who moderate. A room can be locked while somebody is in it: nobody enters then but moderators and the ' +
        'owner, and it is unlocked once the last has left.',
      body: roomChangeSchema,
      responses: { 200: { description: 'The room as it is now.', body: liveRoomSchema } },
      async handle({ caller: { user }, params: { number }, body: { locked, announceJoins } }) {
        const before = await accessRoom(deps, number, user);
        if (!before.moderates) throw notModerator('change the room');
        if (locked !== undefined) await liveRooms.setLocked(number, locked);
        if (announceJoins !== undefined) await deps.roomSettings.setAnnouncesJoins(number, announceJoins);
        const access = await accessRoom(deps, number, user);
        return { status: 200, body: presentLiveRoom({ access, user, roster, addresses }) };
      },
    }),
    route({
      ...roomPath,
      method: 'post',
      path: '/v1/rooms/:number/mute-all',
      summary: 'Mute everybody in a room but those who moderate',
      responses: {
        200: {
          description: 'How many were heard before.',
          body: z.object({ muted: z.int() }).meta({ id: 'MutedAll' }),
        },
      },
      async handle({ caller: { user }, params: { number } }) {
        const { moderates } = await accessRoom(deps, number, user);
        if (!moderates) throw notModerator('mute everybody');
        return { status: 200, body: { muted: await liveRooms.muteAll(number) } };
      },
    }),
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

function checkRaise({ user: whose }: Participant, { user }: UserCaller): void {
  if (whose === user.name) return;
  throw new RoomlineError('forbidden', 'everybody raises their own hand: others may lower it', {
    code: 'not-your-hand',
  });
}

export function notModerator(what: string): RoomlineError {
  return new RoomlineError('forbidden', `only a moderator or the owner may ${what}`, { code: 'not-a-moderator' });
}
