import { API_KEY_SCOPES, type ApiKey, type ApiKeyScope } from '../rooms/api-keys.js';
import { type Arguments, type Command, UsageError } from './command.js';
import { withDirectory } from './open-directory.js';
import { table } from './terminal.js';

const DAY_MS = 86_400_000;
const MOST_DAYS = 36_500;

const create: Command = {
  name: 'key create',
  operands: ['NAME'],
  summary: 'make an API key for a server that acts for users, and show it once',
  details: `Scopes: requests (voice requests for the user named in Roomline-User), rooms (who is in them, mute and remove),
directory (look groups and numbers up), admin (manage users, groups and numbers).`,
  options: {
    scope: { type: 'string', multiple: true, value: 'SCOPE', help: `${API_KEY_SCOPES.join(', ')}; may be given again` },
    days: { type: 'string', value: 'N', help: 'how long it is good for; for good unless given' },
  },
  async run(given, terminal) {
    const [name = ''] = given.operands;
    const scopes = scopesOf(given);
    const expiresAt = expiryOf(given);
    await withDirectory(terminal, async ({ apiKeys }) => {
      const made = await apiKeys.create({ name, scopes, ...(expiresAt === undefined ? {} : { expiresAt }) });
      terminal.show(made, [
        `key ${made.apiKey.id} (${name}) for ${scopes.join(', ')}`,
        `${made.key}  (shown this once)`,
      ]);
    });
  },
};

const revoke: Command = {
  name: 'key revoke',
  operands: ['ID'],
  summary: 'make an API key worthless, at once',
  async run(given, terminal) {
    const [id = ''] = given.operands;
    await withDirectory(terminal, async ({ apiKeys }) => {
      await apiKeys.revoke(id);
      terminal.show({ id }, [`key ${id} is revoked`]);
    });
  },
};

const list: Command = {
  name: 'key list',
  operands: [],
  summary: 'list all API keys, revoked ones included',
  run: (_given, terminal) =>
    withDirectory(terminal, async ({ apiKeys }) => {
      const keys = await apiKeys.list();
      const rows = keys.map((key) => [key.id, key.name, key.scopes.join(','), dateOf(key.createdAt), stateOf(key)]);
      terminal.show({ keys }, table(['ID', 'NAME', 'SCOPES', 'MADE', 'STATE'], rows));
    }),
};

export const keyCommands: readonly Command[] = [create, revoke, list];

function scopesOf(given: Arguments): ApiKeyScope[] {
  const texts = given.texts('scope').flatMap((text) => text.split(','));
  if (texts.length === 0) throw new UsageError(`--scope is missing: name at least one of ${API_KEY_SCOPES.join(', ')}`);
  return texts.map((text) => {
    const scope = API_KEY_SCOPES.find((candidate) => candidate === text);
    if (scope === undefined) throw new UsageError(`--scope ${text} is none of ${API_KEY_SCOPES.join(', ')}`);
    return scope;
  });
}

function expiryOf(given: Arguments): Date | undefined {
  const text = given.text('days');
  if (text === undefined) return undefined;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
    throw new UsageError(`--days ${text} is not a number of days from 1 to ${MOST_DAYS}`);
  }
  return new Date(Date.now() + days * DAY_MS);
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== undefined) return `revoked ${dateOf(revokedAt)}`;
  if (expiresAt === undefined) return 'good';
  return expiresAt.getTime() <= Date.now() ? `expired ${dateOf(expiresAt)}` : `good until ${dateOf(expiresAt)}`;
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
