import { z } from 'zod';
import { bracketed } from '../bracketed.js';
import { loadConfig } from '../config.js';
import { type Arguments, CommandError, type OptionSpecs, UsageError } from './command.js';
import type { Terminal } from './terminal.js';

const DEADLINE_MS = 15_000;

/** Commands that ask a running gateway take these. */
export const GATEWAY_OPTIONS: OptionSpecs = {
  user: { type: 'string', value: 'NAME', help: 'who asks' },
  url: { type: 'string', value: 'URL', help: "the gateway's; ROOMLINE_URL, or what its settings say, unless given" },
};

/** For the help of those commands. */
export const WHO_ASKS = `The password comes from ROOMLINE_PASSWORD or from standard input; ROOMLINE_TOKEN, a login token or an API key
(rl_...), takes its place. Never from the command line, which every user of the machine can read.`;

/** A running gateway, asked in somebody's name. */
export interface GatewayClient {
  /** @throws CommandError saying what the gateway refuses and why, or that none answers. */
  ask<Schema extends z.ZodType>(method: string, path: string, schema: Schema, body?: object): Promise<z.output<Schema>>;
}

const loginSchema = z.looseObject({ token: z.string() });
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/** Logs in where that is needed. */
export async function connectGateway(given: Arguments, terminal: Terminal): Promise<GatewayClient> {
  const url = urlOf(given, terminal.environment);
  const headers = await credentials(url, given.text('user'), terminal);
  return { ask: (method, path, schema, body) => send(url, { method, path, headers, body }, schema) };
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
  const login = await send(url, { method: 'POST', path: '/v1/login', body: { user, password } }, loginSchema);
  return { authorization: `Bearer ${login.token}` };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: object | undefined;
}

async function send<Schema extends z.ZodType>(
  url: string,
  { method, path, headers, body }: Asked,
  schema: Schema,
): Promise<z.output<Schema>> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    throw new CommandError(`no gateway answers at ${url} (${reasonOf(error)}): start it, or name another in --url`);
  }
  const content: unknown = response.status === 204 ? {} : await response.json().catch(() => undefined);
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
