import { z } from 'zod';
import { bracketed } from '../bracketed.js';
import { loadConfig } from '../config.js';
import { VOICE_REQUEST_KINDS } from '../rooms/voice-requests.js';
import { type Arguments, type Command, CommandError, UsageError } from './command.js';
import type { Terminal } from './terminal.js';

const DEADLINE_MS = 15_000;

const answerSchema = z.looseObject({
  room: z.looseObject({ number: z.string(), kind: z.string(), uri: z.string(), expiresAt: z.string().optional() }),
  invitations: z.array(z.looseObject({ id: z.string(), to: z.string(), state: z.string() })),
});
const loginSchema = z.looseObject({ token: z.string() });
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

export const requestCommand: Command = {
  name: 'request',
  operands: ['KIND'],
  summary: 'make a voice request of a running gateway, and print the number to dial',
  details: `KIND is one of
  ${VOICE_REQUEST_KINDS.join('\n  ')}
The password comes from ROOMLINE_PASSWORD or from standard input; ROOMLINE_TOKEN, a login token or an API key
(rl_...), takes its place. Never from the command line, which every user of the machine can read.`,
  options: {
    user: { type: 'string', value: 'NAME', help: 'who asks' },
    group: { type: 'string', value: 'NAME', help: 'for voice-communication; needed by a user of several groups' },
    team: { type: 'string', value: 'ID', help: 'for temporary kinds: the same team gets the same room' },
    invite: {
      type: 'string',
      multiple: true,
      value: 'WHO',
      help: 'users or tel: numbers, with commas between, or all; may be given again',
    },
    url: { type: 'string', value: 'URL', help: "the gateway's; ROOMLINE_URL, or what its settings say, unless given" },
  },
  async run(given, terminal) {
    const body = bodyOf(given);
    const url = urlOf(given, terminal.environment);
    const user = given.text('user');
    const answer = await send(url, '/v1/voice-requests', body, answerSchema, await credentials(url, user, terminal));
    const { room, invitations } = answer;
    terminal.show(answer, [
      `room ${room.number}, ${room.uri}${room.expiresAt === undefined ? '' : `, until ${room.expiresAt}`}`,
      ...invitations.map(({ to, state }) => `invited ${to}: ${state}`),
    ]);
  },
};

function bodyOf(given: Arguments): object {
  const [text = ''] = given.operands;
  const kind = VOICE_REQUEST_KINDS.find((candidate) => candidate === text);
  if (kind === undefined) throw new UsageError(`KIND ${text} is none of ${VOICE_REQUEST_KINDS.join(', ')}`);
  const group = given.text('group');
  const team = given.text('team');
  const invited = given.texts('invite').flatMap(namesIn);
  const invite = invited.length === 1 && invited[0] === 'all' ? 'all' : invited;
  return {
    kind,
    ...(group === undefined ? {} : { group }),
    ...(team === undefined ? {} : { team }),
    ...(invited.length === 0 ? {} : { invite }),
  };
}

/** Neither user names nor numbers have commas. */
function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function urlOf(given: Arguments, environment: NodeJS.ProcessEnv): string {
  const url = given.text('url') ?? environment.ROOMLINE_URL ?? configuredUrl(environment);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError(`--url ${url} is not http://... or https://...`);
  return url.replace(/\/+$/, '');
}

/** Where a gateway with the same settings is. */
function configuredUrl(environment: NodeJS.ProcessEnv): string {
  const { advertise, http, tls } = loadConfig(environment);
  const secure = tls.selfSigned || tls.cert !== null;
  return `http${secure ? 's' : ''}://${bracketed(advertise)}:${http.port}`;
}

/** The headers that say who asks. */
async function credentials(url: string, user: string | undefined, terminal: Terminal): Promise<Record<string, string>> {
  const { ROOMLINE_TOKEN: token, ROOMLINE_PASSWORD: known } = terminal.environment;
  if (token !== undefined && token !== '') {
    const headers = { authorization: `Bearer ${token}` };
    return token.startsWith('rl_') && user !== undefined ? { ...headers, 'roomline-user': user } : headers;
  }
  if (user === undefined) throw new UsageError('--user is missing: say who asks');
  const password = known ?? (await terminal.readSecret(`Password of ${user}`));
  if (password === '')
    throw new CommandError('there is no password: set ROOMLINE_PASSWORD, or write it to standard input');
  const login = await send(url, '/v1/login', { user, password }, loginSchema);
  return { authorization: `Bearer ${login.token}` };
}

async function send<Schema extends z.ZodType>(
  url: string,
  path: string,
  body: object,
  schema: Schema,
  headers: Record<string, string> = {},
): Promise<z.output<Schema>> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    throw new CommandError(`no gateway answers at ${url} (${reasonOf(error)}): start it, or name another in --url`);
  }
  const content: unknown = await response.json().catch(() => undefined);
  const answer = schema.safeParse(content);
  if (response.ok && answer.success) return answer.data;
  throw new CommandError(refusal(url, response, content));
}

function refusal(url: string, { ok, status, headers }: Response, content: unknown): string {
  const refused = errorSchema.safeParse(content).data?.error;
  if (ok || refused === undefined) return `${url} answered ${status}, which is no answer of Roomline's`;
  const retryAfter = headers.get('retry-after');
  return `${refused.message} (${status} ${refused.code}${retryAfter === null ? '' : `, again in ${retryAfter} s`})`;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
