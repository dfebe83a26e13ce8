import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Invitation } from '../rooms/invitations.js';
import type { RoomFinder } from '../rooms/room.js';
import type { RoomInvitations } from '../rooms/room-invitations.js';
import type { Roster } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';
import { inviteSchema } from './invitees.js';
import { accessRoom, notModerator } from './room-access.js';
import { invitationSchema, presentInvitation } from './room-view.js';
import { type Route, route } from './route.js';
import { idParameter, NO_CONTENT, roomParameter } from './schemas.js';

const bodySchema = z
  .strictObject({
    invite: inviteSchema.describe('Whom to call; `all` is all of the room’s group but you.'),
  })
  .meta({ id: 'Invite' });

export function invitationRoutes(deps: { rooms: RoomFinder; roster: Roster; invitations: RoomInvitations }): Route[] {
  const { invitations } = deps;
  const ofRoom = {
    path: '/v1/rooms/:number/invitations',
    tag: 'Invitations',
    access: 'rooms',
    params: { number: roomParameter },
    errors: [403],
  } as const;

  return [
    route({
      ...ofRoom,
      method: 'get',
      summary: 'See who was invited into a room, and what became of it',
      responses: {
        200: { description: 'Every invitation.', body: z.object({ invitations: z.array(invitationSchema) }) },
      },
      async handle({ caller: { user }, params: { number } }) {
        await accessRoom(deps, number, user);
        return { status: 200, body: { invitations: (await invitations.list(number)).map(presentInvitation) } };
      },
    }),
    route({
      ...ofRoom,
      method: 'post',
      summary: 'Invite more people into a room',
      description:
        'For those whose room it is: a group’s members, a temporary team, an owner. The invited bring nobody. Whoever ' +
        'is being called already is not called twice: the answer has that invitation. Whose invitation has ended is ' +
        'called anew.',
      errors: [403, 429],
      body: bodySchema,
      responses: {
        201: {
          description: 'The invitations; calling begins at once.',
          body: z.object({ invitations: z.array(invitationSchema) }),
        },
      },
      async handle({ caller: { user }, params: { number }, body: { invite } }) {
        const { room, belongs } = await accessRoom(deps, number, user);
        if (!belongs) {
          throw new RoomlineError('forbidden', 'you are invited here yourself, and may not invite others', {
            code: 'not-yours-to-invite',
          });
        }
        const placed = await invitations.invite(user, room, invite);
        return { status: 201, body: { invitations: placed.map(presentInvitation) } };
      },
    }),
    route({
      ...ofRoom,
      method: 'delete',
      summary: 'Cancel every invitation that has not led into the room',
      description:
        'Your own, and those of others where you moderate; also those that have ended, by which whoever declined or was ' +
        'busy may still dial in.',
      responses: {
        200: {
          description: 'How many were cancelled.',
          body: z.object({ cancelled: z.int() }).meta({ id: 'CancelledInvitations' }),
        },
      },
      async handle({ caller: { user }, params: { number } }) {
        const { moderates } = await accessRoom(deps, number, user);
        const cancelled = await invitations.cancelAll(number, moderates ? undefined : user.id);
        return { status: 200, body: { cancelled } };
      },
    }),
    route({
      ...ofRoom,
      method: 'delete',
      path: '/v1/rooms/:number/invitations/:id',
      params: { number: roomParameter, id: idParameter('invitation') },
      summary: 'Cancel an invitation',
      description:
        'For whoever invited and those who moderate. One who may enter by this invitation alone may no more, and ' +
        'leaves the room.',
      responses: NO_CONTENT,
      async handle({ caller: { user }, params: { number, id } }) {
        const { moderates } = await accessRoom(deps, number, user);
        const invitation = await invitations.find(number, id);
        if (!isOf(invitation, user, moderates)) throw notModerator('cancel the invitations of others');
        await invitations.cancel(invitation);
        return { status: 204 };
      },
    }),
  ];
}

function isOf(invitation: Invitation, user: User, moderates: boolean): boolean {
  return moderates || invitation.inviter.id === user.id;
}
