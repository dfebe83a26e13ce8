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
    languages: z.array(languageSchema).describe('Those there are prompts in, for you to choose of.'),
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
  .strictObject({
    language: languageSchema
      .nullable()
      .describe('One of `languages`, or of its regions (`zh-TW` is spoken in `zh`); null is the default language.'),
  })
  .meta({ id: 'MeChange' });

export function meRoutes(deps: {
  administration: Pick<Administration, 'updateUser'>;
  languages: () => Promise<readonly string[]>;
}): Route[] {
  const { administration, languages } = deps;
  return [
    route({
      method: 'get',
      path: '/v1/me',
      tag: 'Login',
      summary: 'Who you are, and your groups',
      access: 'user',
      responses: { 200: { description: 'The user of the token.', body: meSchema } },
      handle: async ({ caller: { user } }) => ({ status: 200, body: presentMe(user, await languages()) }),
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
        const changed = language === null ? others : { ...others, language };
        return { status: 200, body: presentMe(changed, await languages()) };
      },
    }),
  ];
}

function presentMe(
  { id, name, displayName, admin, telephone, language, memberships }: User,
  languages: readonly string[],
) {
  return {
    id,
    name,
    displayName,
    admin,
    telephone: telephone ?? null,
    language: language ?? null,
    languages: [...languages],
    groups: memberships.map(({ group, title, role, number }) => ({
      name: group,
      title,
      role,
      ...(number === undefined ? {} : { number }),
    })),
  };
}
