import { z } from 'zod';
import type { Administration } from '../rooms/administration.js';
import type { User } from '../rooms/user.js';
import { type Route, route } from './route.js';
import { languageSchema, roomNumberSchema, telephoneSchema, userNameSchema } from './schemas.js';

export const groupRoleSchema = z.enum(['moderator', 'member', 'listener']);

const meSchema = z
  .object({
    id: z.string(),
    name: userNameSchema,
    displayName: z.string(),
    admin: z.boolean().describe('May manage users, groups and numbers.'),
    telephone: telephoneSchema.nullable().describe('Your outside line; an administrator sets it.'),
    language: languageSchema.nullable().describe('What prompts are spoken to you in; null for the default.'),
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

const meChangeSchema = z
  .strictObject({ language: languageSchema.nullable().describe('null is the default language.') })
  .meta({ id: 'MeChange' });

export function meRoutes({ administration }: { administration: Pick<Administration, 'updateUser'> }): Route[] {
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
    route({
      method: 'patch',
      path: '/v1/me',
      tag: 'Login',
      summary: 'Choose the language prompts are spoken to you in',
      access: 'user',
      body: meChangeSchema,
      responses: { 200: { description: 'You, as you are now.', body: meSchema } },
      async handle({ caller: { user }, body: { language } }) {
        await administration.updateUser(user.name, { language });
        const { language: _before, ...others } = user;
        return { status: 200, body: presentUser(language === null ? others : { ...others, language }) };
      },
    }),
  ];
}

function presentUser({ id, name, displayName, admin, telephone, language, memberships }: User) {
  return {
    id,
    name,
    displayName,
    admin,
    telephone: telephone ?? null,
    language: language ?? null,
    groups: memberships.map(({ group, title, role, number }) => ({
      name: group,
      title,
      role,
      ...(number === undefined ? {} : { number }),
    })),
  };
}
