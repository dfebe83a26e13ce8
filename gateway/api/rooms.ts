import { z } from 'zod';
import type { RoomFinder } from '../rooms/room.js';
import type { RoomSettings } from '../rooms/room-settings.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { Addresses } from './addresses.js';
import { accessRoom, notModerator } from './room-access.js';
import { liveRoomSchema, presentLiveRoom } from './room-view.js';
import { type Route, route } from './route.js';
import { roomParameter } from './schemas.js';

const roomChangeSchema = z
  .strictObject({
    locked: z.boolean().optional().describe('Nobody enters a locked room but moderators and the owner.'),
    announceJoins: z.boolean().optional().describe('Whether those in the room are told the name of each who joins.'),
  })
  .refine(({ locked, announceJoins }) => locked !== undefined || announceJoins !== undefined, 'changes nothing')
  .meta({ id: 'RoomChange' });

interface RoomDeps {
  readonly rooms: RoomFinder;
  readonly roster: Roster;
  readonly liveRooms: LiveRooms;
  readonly addresses: Addresses;
  readonly roomSettings: RoomSettings;
  /** Of rooms for which nobody has chosen. */
  readonly announceJoins: boolean;
}

export function roomRoutes(deps: RoomDeps): Route[] {
  const { liveRooms, roomSettings } = deps;
  const roomPath = {
    path: '/v1/rooms/:number',
    tag: 'Rooms',
    access: 'rooms',
    params: { number: roomParameter },
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
        return { status: 200, body: presentLiveRoom({ ...deps, access, user }) };
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
        if (announceJoins !== undefined) await roomSettings.setAnnouncesJoins(number, announceJoins);
        const access = await accessRoom(deps, number, user);
        return { status: 200, body: presentLiveRoom({ ...deps, access, user }) };
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
  ];
}
