import { readFile } from 'node:fs/promises';
import { hostDirectoryOf, importSchema } from '../api/directory-import.js';
import type { HostDirectory, UpsertOutcome } from '../rooms/administration.js';
import { type Command, CommandError } from './command.js';
import { withDirectory } from './open-directory.js';
import type { Terminal } from './terminal.js';

const MOST_ISSUES = 5;

export const importCommand: Command = {
  name: 'import',
  operands: ['FILE'],
  summary: 'take over the users, groups and members of a host application from a JSON file, all or none',
  details: `FILE ("-" for standard input) holds
  {"users":  [{"externalId": "u1", "name": "anna", "displayName": "Anna", "disabled": false}],
   "groups": [{"externalId": "g1", "name": "sales", "title": "Sales", "removed": false,
               "members": ["u1", {"user": "u2", "role": "moderator"}]}]}
as in a request to /v1/directory/import. What is known by its external id is updated, what is
new is added, what is not in the file stays as it is. The members of a group, where they are given, are all its members:
whoever is not among them is out, and out of its room.`,
  async run(given, terminal) {
    const [file = ''] = given.operands;
    const directory = parseDirectory(file, await readText(file, terminal));
    await withDirectory(terminal, async ({ administration }) => {
      const outcome = await administration.upsert(directory);
      terminal.show(outcome, linesOf(outcome));
    });
  },
};

async function readText(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.readAll();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

function parseDirectory(file: string, text: string): HostDirectory {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const result = importSchema.safeParse(content);
  if (result.success) return hostDirectoryOf(result.data);
  const { issues } = result.error;
  const lines = issues.slice(0, MOST_ISSUES).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  const more = issues.length > MOST_ISSUES ? [`and ${issues.length - MOST_ISSUES} more`] : [];
  throw new CommandError(`${file} holds no directory:\n${[...lines, ...more].map((line) => `  ${line}`).join('\n')}`);
}

function linesOf({ users, groups, members }: UpsertOutcome): string[] {
  return [
    `users    ${users.created} added, ${users.updated} updated, ${users.disabled} disabled`,
    `groups   ${groups.created} added, ${groups.updated} updated, ${groups.removed} removed`,
    `members  ${members.added} added, ${members.changed} changed, ${members.removed} removed`,
  ];
}
