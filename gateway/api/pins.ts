import { z } from 'zod';
import { PIN_PATTERN, type Pins } from '../rooms/pins.js';
import type { RoomFinder } from '../rooms/room.js';
import type { Roster } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';
import { accessRoom, notModerator } from './room-access.js';
import { type Route, route } from './route.js';
import { NO_CONTENT, roomParameter } from './schemas.js';

export const pinSchema = z.string().regex(PIN_PATTERN, 'is not 4 to 12 digits').describe('4 to 12 digits.');

const newPinSchema = z
  .strictObject({ pin: pinSchema.optional().describe('4 to 12 digits; one is made up when it is left out.') })
  .optional();

export function pinRoutes(deps: { rooms: RoomFinder; roster: Roster; pins: Pins }): Route[] {
  const { pins } = deps;
  const ofRoom = {
    path: '/v1/rooms/:number/pin',
    tag: 'Guests',
    access: 'rooms',
    params: { number: roomParameter },
    errors: [403],
  } as const;

  async function mustSetPin(number: string, user: User): Promise<void> {
    const { setsPin } = await accessRoom(deps, number, user);
    if (!setsPin) throw notModerator('set or remove the PIN');
  }

  return [
    route({
      ...ofRoom,
      method: 'put',
      summary: 'Give a room a PIN for guests',
      description:
        'For owners, moderators, and whoever asked for a temporary room. Guests who came in with the PIN before leave.',
      body: newPinSchema,
      responses: {
        200: { description: 'The PIN, for the one time it is shown.', body: z.object({ pin: pinSchema }) },
      },
      async handle({ caller: { user }, params: { number }, body }) {
        await mustSetPin(number, user);
        return { status: 200, body: { pin: await pins.set(number, body?.pin) } };
      },
    }),
    route({
      ...ofRoom,
      method: 'delete',
      summary: 'Take a room’s PIN away',
      description: 'No guest may enter any more; those who are in leave.',
      responses: NO_CONTENT,
      async handle({ caller: { user }, params: { number } }) {
        await mustSetPin(number, user);
        await pins.remove(number);
        return { status: 204 };
      },
    }),
  ];
}
