import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Administration, UserRecord } from '../rooms/administration.js';
import type { SipSecrets } from '../rooms/sip-secrets.js';
import type { Caller } from './auth.js';
import { pageQuery } from './paging.js';
import { type Route, route } from './route.js';
import { languageSchema, NO_CONTENT, nameParameter, telephoneSchema, textSchema, userNameSchema } from './schemas.js';

const TAG = 'Users';

export const userSchema = z
  .object({
    id: z.string(),
    name: userNameSchema,
    displayName: z.string(),
    externalId: z.string().optional().describe('What the host application calls the user.'),
    admin: z.boolean(),
    disabled: z.boolean(),
    telephone: telephoneSchema
      .nullable()
      .describe('Their outside line, called when none of their devices is answered.'),
    language: languageSchema.nullable().describe('What prompts are spoken to them in; null for the default.'),
  })
  .meta({ id: 'User' });

const userChangeSchema = z
  .strictObject({
    displayName: textSchema(128).optional().describe('The name itself when a new user is given none.'),
    externalId: textSchema(128).optional(),
    admin: z.boolean().optional().describe('Needs the scope `admin`.'),
    disabled: z.boolean().optional().describe('True shuts the user out and keeps their name and number.'),
    telephone: telephoneSchema
      .nullable()
      .optional()
      .describe('Their outside line, in E.164: called over a trunk, where the rules allow it; null takes it away.'),
    language: languageSchema
      .nullable()
      .optional()
      .describe('What prompts are spoken to them in, of the `languages` of GET /v1/me; null for the default.'),
    password: z
      .string()
      .min(8)
      .max(256)
      .optional()
      .describe('For POST /v1/login; without one the host application vouches for the user.'),
  })
  .meta({ id: 'UserChange' });

export function userRoutes(deps: { administration: Administration; sipSecrets: SipSecrets }): Route[] {
  const { administration, sipSecrets } = deps;
  const ofUser = {
    path: '/v1/users/:name',
    tag: TAG,
    access: 'directory',
    params: { name: nameParameter('user') },
  } as const;

  async function mustFind(name: string): Promise<UserRecord> {
    const user = await administration.findUser(name);
    if (user !== undefined) return user;
    throw new RoomlineError('not-found', `there is no user ${name}`, { code: 'user-not-found' });
  }

  /** Else whoever may manage the directory could make themselves an administrator. */
  async function mustFindFor(caller: Caller, name: string): Promise<void> {
    const user = await mustFind(name);
    if (user.admin) mustBeAdmin(caller);
  }

  return [
    route({
      method: 'get',
      path: '/v1/users',
      tag: TAG,
      summary: 'List users, by name',
      access: 'directory',
      query: pageQuery,
      responses: { 200: { description: 'A page of users.', body: z.object({ users: z.array(userSchema) }) } },
      handle: async ({ query }) => ({
        status: 200,
        body: { users: (await administration.listUsers(query)).map(presentUserRecord) },
      }),
    }),
    route({
      ...ofUser,
      method: 'get',
      summary: 'See a user',
      responses: { 200: { description: 'The user.', body: userSchema } },
      handle: async ({ params: { name } }) => ({ status: 200, body: presentUserRecord(await mustFind(name)) }),
    }),
    route({
      ...ofUser,
      method: 'put',
      params: { name: { schema: userNameSchema, description: 'The user’s name, for good.' } },
      summary: 'Make a user, or change one',
      description: 'What is left out stays as it is. Administrators are changed by administrators alone.',
      body: userChangeSchema,
      responses: {
        200: { description: 'The user as they are now.', body: userSchema },
        201: { description: 'The new user.', body: userSchema },
      },
      errors: [403, 409],
      async handle({ caller, params: { name }, body }) {
        const present = await administration.findUser(name);
        if (body.admin === true || present?.admin === true) mustBeAdmin(caller);
        if (present !== undefined) {
          return { status: 200, body: presentUserRecord(await administration.updateUser(name, body)) };
        }
        const { disabled, displayName = name, ...rest } = body;
        const made = await administration.createUser({ ...rest, name, displayName });
        if (disabled !== true) return { status: 201, body: presentUserRecord(made) };
        return { status: 201, body: presentUserRecord(await administration.updateUser(name, { disabled })) };
      },
    }),
    route({
      ...ofUser,
      method: 'delete',
      summary: 'Remove a user for good',
      description: 'With their own room and its number. They lose access at once, also when in a room.',
      responses: NO_CONTENT,
      async handle({ caller, params: { name } }) {
        await mustFindFor(caller, name);
        await administration.removeUser(name);
        return { status: 204 };
      },
    }),
    route({
      ...ofUser,
      method: 'post',
      path: '/v1/users/:name/sip-secret',
      summary: 'Make a secret for the user’s desk phones',
      description: 'The one before is good no more.',
      responses: {
        201: {
          description: 'What to type into the phone; the secret is shown once.',
          body: z.object({ username: userNameSchema, secret: z.string() }),
        },
      },
      async handle({ caller, params: { name } }) {
        await mustFindFor(caller, name);
        return { status: 201, body: { username: name, secret: await sipSecrets.reset(name) } };
      },
    }),
    route({
      ...ofUser,
      method: 'post',
      path: '/v1/users/:name/revoke',
      summary: 'Log a user out everywhere',
      description: 'Tokens and softphone credentials issued until now are refused, and their calls end.',
      responses: NO_CONTENT,
      async handle({ caller, params: { name } }) {
        await mustFindFor(caller, name);
        await administration.revokeUser(name);
        return { status: 204 };
      },
    }),
  ];
}

function mustBeAdmin({ scopes }: Caller): void {
  if (scopes.has('admin')) return;
  throw new RoomlineError('forbidden', 'only an administrator may make or change one', {
    code: 'not-an-administrator',
  });
}

function presentUserRecord(user: UserRecord) {
  const { id, name, displayName, externalId, admin, disabled, telephone, language } = user;
  const theirs = externalId === undefined ? {} : { externalId };
  const lines = { telephone: telephone ?? null, language: language ?? null };
  return { id, name, displayName, ...theirs, admin, disabled, ...lines };
}
