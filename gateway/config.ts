import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { contradictions } from './config-checks.js';
import { configSchema, type Settings } from './config-schema.js';
import { passwordVariable } from './config-trunks.js';
import { type DeepReadonly, deepFreeze } from './frozen.js';
import { isTree, laidOver, parseYaml, type Tree } from './yaml-tree.js';

/** The package's root folder: holds `config/`, `sql/` and the built softphone. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

/** Everything Roomline can be told, validated. `advertise` is always an address phones can be told. */
export type Config = DeepReadonly<Omit<Settings, 'advertise'> & { advertise: string; demo: boolean }>;

/** Where each environment variable goes, and how its text is read. */
const ENVIRONMENT: Record<string, { path: readonly [string, ...string[]]; read?: (text: string) => unknown }> = {
  ROOMLINE_HOST: { path: ['host'] },
  ROOMLINE_ADVERTISE: { path: ['advertise'] },
  ROOMLINE_DATA: { path: ['data'] },
  ROOMLINE_SEED: { path: ['seed'] },
  ROOMLINE_HTTP_PORT: { path: ['http', 'port'], read: Number },
  ROOMLINE_SIP_PORT: { path: ['sip', 'port'], read: Number },
  ROOMLINE_RTP_PORTS: { path: ['media', 'rtpPorts'] },
  ROOMLINE_TLS_CERT: { path: ['tls', 'cert'] },
  ROOMLINE_TLS_KEY: { path: ['tls', 'key'] },
  ROOMLINE_TLS: { path: ['tls', 'selfSigned'], read: (text) => (text === 'self-signed' ? true : text) },
  ROOMLINE_DRACHTIO: { path: ['sip', 'drachtio'] },
  ROOMLINE_SIP_WS_URL: { path: ['sip', 'wsUrl'] },
  ROOMLINE_RTPENGINE: { path: ['media', 'rtpengine'] },
  ROOMLINE_ROLE: { path: ['role'] },
  ROOMLINE_PEER_URL: { path: ['peer', 'url'] },
  ROOMLINE_PEER_KEY: { path: ['peer', 'key'] },
  ROOMLINE_JWT_SECRET: { path: ['auth', 'jwt', 'secret'] },
  ROOMLINE_JWT_JWKS: { path: ['auth', 'jwt', 'jwks'] },
  DATABASE_URL: { path: ['database', 'url'] },
  ROOMLINE_LOG_LEVEL: { path: ['log', 'level'] },
  ROOMLINE_LOG_FORMAT: { path: ['log', 'format'] },
};

/** A configuration that cannot be run; the message names every key at fault. */
export class ConfigError extends Error {}

/**
 * Reads the defaults, the file named by `ROOMLINE_CONFIG`, the environment and what the command line says, later ones
 * winning.
 * @throws ConfigError naming each wrong key, its source variable and what is wrong with it.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, given: { role?: string } = {}): Config {
  const settings = readFiles(environment.ROOMLINE_CONFIG);
  for (const [name, { path, read = String }] of Object.entries(ENVIRONMENT)) {
    const text = environment[name];
    if (text !== undefined && text !== '') setIn(settings, path, read(text));
  }
  setTrunkPasswords(settings, environment);
  if (given.role !== undefined) settings.role = given.role;
  const result = configSchema.safeParse(settings);
  if (!result.success) throw new ConfigError(result.error.issues.map(describeIssue).join('\n'));
  return deepFreeze(complete(result.data));
}

/** Passwords of trunks may come from the environment, by the trunk's name. */
function setTrunkPasswords({ trunks }: Tree, environment: NodeJS.ProcessEnv): void {
  const unknown = new Set(Object.keys(environment).filter((name) => /^ROOMLINE_TRUNK_\w+_PASSWORD$/.test(name)));
  for (const [trunk, settings] of Object.entries(isTree(trunks) ? trunks : {})) {
    for (const [key, inbound] of Object.entries({ password: false, inboundPassword: true })) {
      const variable = passwordVariable(trunk, inbound);
      const text = environment[variable];
      unknown.delete(variable);
      if (text !== undefined && text !== '' && isTree(settings)) settings[key] = text;
    }
  }
  const [stray] = unknown;
  if (stray !== undefined) throw new ConfigError(`${stray} is the password of no trunk there is: look at its name`);
}

function complete(settings: Settings): Config {
  const { host } = settings;
  const advertise = settings.advertise ?? host;
  if (isWildcard(advertise)) {
    throw new ConfigError(`host ${host} listens everywhere: say in ROOMLINE_ADVERTISE which address phones shall use`);
  }
  const wrong = contradictions(settings);
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  const demo = settings.seed === 'demo' || (settings.database.url === null && isLoopback(host));
  return { ...settings, host: withoutName(host), advertise: withoutName(advertise), demo };
}

/** Sockets are bound to addresses. */
function withoutName(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** What the voice server needs to know of temporary rooms. */
export function temporaryRoomLimits(rooms: Config['rooms']) {
  return {
    emptyMs: rooms.temporaryEmptySeconds * 1000,
    maxAgeMs: rooms.temporaryMaxAgeSeconds * 1000,
    quarantineMs: rooms.quarantineSeconds * 1000,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  const variable = Object.entries(ENVIRONMENT).find(([, target]) => target.path.join('.') === path.join('.'))?.[0];
  const name = variable === undefined ? path.join('.') : `${path.join('.')} (${variable})`;
  return `${name === '' ? 'the file' : name}: ${issue.message}`;
}

/** The defaults, and what a file of one's own says in their place. */
function readFiles(own: string | undefined): Tree {
  const defaults = readYaml(join(PACKAGE_ROOT, 'config', 'default.yaml'));
  return own === undefined || own === '' ? defaults : (laidOver(defaults, readYaml(own, 'ROOMLINE_CONFIG: ')) as Tree);
}

function readYaml(file: string, setting = ''): Tree {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${setting}cannot read ${file}: ${(error as Error).message}`);
  }
  if (!isTree(content)) throw new ConfigError(`${setting}${file} holds no keys`);
  return content;
}

function setIn(tree: Tree, [key, ...rest]: readonly [string, ...string[]], value: unknown): void {
  const [next, ...others] = rest;
  const inner = tree[key];
  if (next === undefined) tree[key] = value;
  // A file that says nothing, or something else, in place of keys is refused for that.
  else if (isTree(inner)) setIn(inner, [next, ...others], value);
}
