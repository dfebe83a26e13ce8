import { z } from 'zod';
import type { User } from '../rooms/user.js';
import { type Route, route } from './route.js';
import { roomNumberSchema, userNameSchema } from './schemas.js';

export const groupRoleSchema = z.enum(['moderator', 'member', 'listener']);

const meSchema = z
  .object({
    id: z.string(),
    name: userNameSchema,
    displayName: z.string(),
    admin: z.boolean().describe('May manage users, groups and numbers.'),
    groups: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        role: groupRoleSchema,
        number: roomNumberSchema.optional().describe('There once the group has one.'),
      }),
    ),
  })
  .meta({ id: 'Me' });

export function meRoutes(): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/me',
      tag: 'Login',
      summary: 'Who you are, and your groups',
      access: 'user',
      responses: { 200: { description: 'The user of the token.', body: meSchema } },
      handle: ({ caller: { user } }) => ({ status: 200, body: presentUser(user) }),
    }),
  ];
}

function presentUser({ id, name, displayName, admin, memberships }: User) {
  return {
    id,
    name,
    displayName,
    admin,
    groups: memberships.map(({ group, title, role, number }) => ({
      name: group,
      title,
      role,
      ...(number === undefined ? {} : { number }),
    })),
  };
}
