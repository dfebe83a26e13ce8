import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Administration, GroupRecord, MemberRecord } from '../rooms/administration.js';
import type { Caller } from './auth.js';
import { groupRoleSchema } from './me.js';
import { pageQuery } from './paging.js';
import { type Route, route } from './route.js';
import { NO_CONTENT, nameParameter, roomNumberSchema, textSchema, userNameSchema } from './schemas.js';

const TAG = 'Groups';

export const groupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    title: z.string(),
    externalId: z.string().optional().describe('What the host application calls the group.'),
    number: roomNumberSchema.optional().describe('There once the group has one.'),
    hasPin: z.boolean(),
  })
  .meta({ id: 'Group' });

const memberSchema = z
  .object({
    user: userNameSchema,
    displayName: z.string(),
    externalId: z.string().optional(),
    role: groupRoleSchema,
  })
  .meta({ id: 'Member' });

const groupChangeSchema = z
  .strictObject({
    title: textSchema(128).optional().describe('The name itself when a new group is given none.'),
    externalId: textSchema(128).optional(),
  })
  .meta({ id: 'GroupChange' });

const roleSchema = z.strictObject({ role: groupRoleSchema.default('member') }).optional();

const numberSchema = z
  .strictObject({ number: roomNumberSchema.optional().describe('A free one when it is left out.') })
  .optional();

export function groupRoutes({ administration }: { administration: Administration }): Route[] {
  const ofGroup = { path: '/v1/groups/:name', tag: TAG, params: { name: nameParameter('group') } } as const;

  async function mustFind(name: string): Promise<GroupRecord> {
    const group = await administration.findGroup(name);
    if (group !== undefined) return group;
    throw new RoomlineError('not-found', `there is no group ${name}`, { code: 'group-not-found' });
  }

  return [
    route({
      method: 'get',
      path: '/v1/groups',
      tag: TAG,
      summary: 'List groups, by name',
      access: 'directory',
      query: pageQuery,
      responses: { 200: { description: 'A page of groups.', body: z.object({ groups: z.array(groupSchema) }) } },
      handle: async ({ query }) => ({
        status: 200,
        body: { groups: (await administration.listGroups(query)).map(presentGroup) },
      }),
    }),
    route({
      ...ofGroup,
      method: 'get',
      summary: 'See a group and its number',
      description: 'For its members too.',
      access: 'token',
      responses: { 200: { description: 'The group.', body: groupSchema } },
      async handle({ caller, params: { name } }) {
        const group = await mustFind(name);
        mustSee(caller, name);
        return { status: 200, body: presentGroup(group) };
      },
    }),
    route({
      ...ofGroup,
      method: 'put',
      summary: 'Make a group, or change one',
      description: 'What is left out stays as it is.',
      access: 'directory',
      params: { name: { schema: textSchema(64), description: 'The group’s name.' } },
      body: groupChangeSchema,
      responses: {
        200: { description: 'The group as it is now.', body: groupSchema },
        201: { description: 'The new group.', body: groupSchema },
      },
      errors: [409],
      async handle({ params: { name }, body }) {
        if ((await administration.findGroup(name)) !== undefined) {
          return { status: 200, body: presentGroup(await administration.updateGroup(name, body)) };
        }
        const { title = name, ...rest } = body;
        return { status: 201, body: presentGroup(await administration.createGroup({ ...rest, name, title })) };
      },
    }),
    route({
      ...ofGroup,
      method: 'delete',
      summary: 'Remove a group',
      description: 'Its number leads nowhere from now on, and whoever is in its room leaves.',
      access: 'directory',
      responses: NO_CONTENT,
      async handle({ params: { name } }) {
        await administration.removeGroup(name);
        return { status: 204 };
      },
    }),
    ...memberRoutes(administration, mustFind),
    ...numberRoutes(administration),
  ];
}

function memberRoutes(administration: Administration, mustFind: (name: string) => Promise<GroupRecord>): Route[] {
  const ofMember = {
    path: '/v1/groups/:name/members/:user',
    tag: TAG,
    access: 'directory',
    params: { name: nameParameter('group'), user: nameParameter('user') },
  } as const;

  return [
    route({
      method: 'get',
      path: '/v1/groups/:name/members',
      tag: TAG,
      summary: 'List a group’s members, by name',
      description: 'For its members too.',
      access: 'token',
      params: { name: nameParameter('group') },
      query: pageQuery,
      responses: { 200: { description: 'A page of members.', body: z.object({ members: z.array(memberSchema) }) } },
      async handle({ caller, params: { name }, query }) {
        await mustFind(name);
        mustSee(caller, name);
        return { status: 200, body: { members: (await administration.listMembers(name, query)).map(presentMember) } };
      },
    }),
    route({
      ...ofMember,
      method: 'put',
      summary: 'Make a user a member, or give a member another role',
      body: roleSchema,
      responses: { 200: { description: 'The member.', body: memberSchema } },
      async handle({ params: { name, user }, body }) {
        const member = await administration.putMember(name, user, body?.role ?? 'member');
        return { status: 200, body: presentMember(member) };
      },
    }),
    route({
      ...ofMember,
      method: 'delete',
      summary: 'Take a member out of a group',
      description: 'They lose access at once, also when in the room.',
      responses: NO_CONTENT,
      async handle({ params: { name, user } }) {
        await administration.removeMember(name, user);
        return { status: 204 };
      },
    }),
  ];
}

function numberRoutes(administration: Administration): Route[] {
  const ofNumber = {
    path: '/v1/groups/:name/number',
    tag: TAG,
    access: 'directory',
    params: { name: nameParameter('group') },
  } as const;

  return [
    route({
      ...ofNumber,
      method: 'put',
      summary: 'Bind a number to a group',
      description: 'A number the group had before is released: it rests before it is handed out again.',
      body: numberSchema,
      responses: { 200: { description: 'The group with its number.', body: groupSchema } },
      errors: [409],
      async handle({ params: { name }, body }) {
        return { status: 200, body: presentGroup(await administration.bindNumber(name, body?.number)) };
      },
    }),
    route({
      ...ofNumber,
      method: 'delete',
      summary: 'Release a group’s number',
      description: 'The next request binds another.',
      responses: NO_CONTENT,
      async handle({ params: { name } }) {
        await administration.releaseNumber(name);
        return { status: 204 };
      },
    }),
  ];
}

function mustSee({ scopes, user }: Caller, group: string): void {
  const ofMember = scopes.has('rooms') && user?.memberships.some((membership) => membership.group === group) === true;
  if (scopes.has('directory') || ofMember) return;
  throw new RoomlineError('forbidden', `you are not a member of group ${group}`, { code: 'not-a-member' });
}

function presentGroup({ id, name, title, externalId, number, hasPin }: GroupRecord) {
  return {
    id,
    name,
    title,
    ...(externalId === undefined ? {} : { externalId }),
    ...(number === undefined ? {} : { number }),
    hasPin,
  };
}

function presentMember({ user, displayName, externalId, role }: MemberRecord) {
  return { user, displayName, ...(externalId === undefined ? {} : { externalId }), role };
}
