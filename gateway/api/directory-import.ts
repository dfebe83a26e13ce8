import { z } from 'zod';
import type { Administration, HostDirectory } from '../rooms/administration.js';
import { groupRoleSchema } from './me.js';
import { type Route, route } from './route.js';
import { languageSchema, telephoneSchema, textSchema, userNameSchema } from './schemas.js';

/** About 100,000 users; they are written in one transaction. */
const MOST_BYTES = 16_777_216;
const MOST_ENTRIES = 100_000;

const externalIdSchema = textSchema(128).describe('What the host application calls it.');

const hostUserSchema = z
  .strictObject({
    externalId: externalIdSchema,
    name: userNameSchema,
    displayName: textSchema(128),
    disabled: z.boolean().optional().describe('True for a user the host application has removed.'),
    telephone: telephoneSchema.nullable().optional().describe('null takes it away; left out, it stays.'),
    language: languageSchema.nullable().optional().describe('null takes it away; left out, it stays.'),
  })
  .meta({ id: 'HostUser' });

const hostMemberSchema = z
  .union([externalIdSchema, z.strictObject({ user: externalIdSchema, role: groupRoleSchema.default('member') })])
  .describe('A user’s external id, with a role or as a plain member.');

const hostGroupSchema = z
  .strictObject({
    externalId: externalIdSchema,
    name: textSchema(64),
    title: textSchema(128),
    members: z
      .array(hostMemberSchema)
      .max(MOST_ENTRIES)
      .optional()
      .describe('All of its members: who is not among them loses access at once. Left out, they stay.'),
    removed: z.boolean().optional().describe('True removes the group, its members and its number.'),
  })
  .meta({ id: 'HostGroup' });

/** What an import holds, be it a request's body or a file of the command line. */
export const importSchema = z
  .strictObject({
    users: z.array(hostUserSchema).max(MOST_ENTRIES).default([]),
    groups: z.array(hostGroupSchema).max(MOST_ENTRIES).default([]),
  })
  .meta({ id: 'DirectoryImport' });

const outcomeSchema = z
  .object({
    users: z.object({ created: z.int(), updated: z.int(), disabled: z.int() }),
    groups: z.object({ created: z.int(), updated: z.int(), removed: z.int() }),
    members: z.object({ added: z.int(), changed: z.int(), removed: z.int() }),
  })
  .meta({ id: 'DirectoryImportOutcome' });

export function directoryImportRoutes({ administration }: { administration: Administration }): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/directory/import',
      tag: 'Directory',
      summary: 'Take over users and groups of a host application',
      description:
        'By their external ids: what is new is made, what is there is changed, all of it or nothing. Users and ' +
        'groups that are not in the request stay as they are.',
      access: 'directory',
      body: importSchema,
      maxBodyBytes: MOST_BYTES,
      responses: { 200: { description: 'How many were made, changed and removed.', body: outcomeSchema } },
      errors: [409],
      async handle({ body }) {
        return { status: 200, body: await administration.upsert(hostDirectoryOf(body)) };
      },
    }),
  ];
}

/** The same for the directory: every member has a role. */
export function hostDirectoryOf({ users, groups }: z.output<typeof importSchema>): HostDirectory {
  return {
    users,
    groups: groups.map(({ members, ...group }) => ({
      ...group,
      members: members?.map((member) => (typeof member === 'string' ? { user: member, role: 'member' } : member)),
    })),
  };
}
