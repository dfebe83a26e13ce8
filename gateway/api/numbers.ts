import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Administration } from '../rooms/administration.js';
import type { RoomFinder } from '../rooms/room.js';
import { type Route, route } from './route.js';
import { roomNumberSchema, roomParameter } from './schemas.js';

const numberSchema = z
  .object({
    number: roomNumberSchema,
    kind: z.enum(['group', 'temporary', 'exclusive']),
    title: z.string(),
    group: z.string().optional().describe('The name of the group it is bound to.'),
  })
  .meta({ id: 'Number' });

export function numberRoutes(deps: { rooms: RoomFinder; administration: Administration }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/numbers/:number',
      tag: 'Groups',
      summary: 'See whose number it is',
      access: 'directory',
      params: { number: roomParameter },
      responses: { 200: { description: 'The number and what it is bound to.', body: numberSchema } },
      async handle({ params: { number } }) {
        const room = await deps.rooms.find(number);
        if (room === undefined) {
          throw new RoomlineError('not-found', `there is no room ${number}`, { code: 'room-not-found' });
        }
        const group = room.kind === 'group' ? await deps.administration.findGroupByNumber(number) : undefined;
        return {
          status: 200,
          body: { number, kind: room.kind, title: room.title, ...(group === undefined ? {} : { group: group.name }) },
        };
      },
    }),
  ];
}
