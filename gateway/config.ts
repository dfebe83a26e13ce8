import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The package's root folder: holds `config/`, `sql/` and the built softphone. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

const NO_PORT = 'is not a port: a whole number from 0 to 65535';
const port = z.int({ error: NO_PORT }).min(0, NO_PORT).max(65_535, NO_PORT);
const seconds = z.number().int().positive();
const hostPort = /^(\[[0-9a-fA-F:]+\]|[^\s:]+):(\d{1,5})$/;

const numberRange = z
  .strictObject({ from: z.number().int().min(100), to: z.number().int().max(999_999_999_999) })
  .refine((range) => range.from <= range.to, 'from is larger than to')
  .refine((range) => String(range.from).length === String(range.to).length, 'from and to differ in length');

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'is not FIRST-LAST, such as 30000-39999')
  .transform((text) => {
    const [first = 0, last = 0] = text.split('-').map(Number);
    return { first, last };
  })
  .refine(({ first, last }) => first >= 1024 && last <= 65_535 && last - first >= 7, {
    // A call takes four, and the gateway two for itself.
    error: 'is not a range of at least 8 ports between 1024 and 65535',
  });

const drachtioAddress = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}:\S+$/, 'is not host:port:secret')
  .transform((text) => {
    const [host = '', portText = '', ...secret] = text.split(':');
    return { host, port: Number(portText), secret: secret.join(':') };
  });

const ngAddresses = z.string().transform((text, context) =>
  text.split(',').map((address) => {
    const match = hostPort.exec(address.trim());
    if (match === null) context.addIssue({ code: 'custom', message: `${address} is not host:port` });
    return { host: match?.[1] ?? '', port: Number(match?.[2]) };
  }),
);

const schema = z.strictObject({
  host: z.string().refine((host) => isIP(host) !== 0 || host === 'localhost', 'is not an IP address'),
  advertise: z.string().nullable(),
  data: z.string().min(1),
  seed: z.enum(['demo']).nullable(),
  http: z.strictObject({
    port,
    maxBodyBytes: z.number().int().min(1024),
    allowedOrigins: z.array(z.url()),
    tokenSeconds: seconds,
  }),
  tls: z.strictObject({
    cert: z.string().nullable(),
    key: z.string().nullable(),
    selfSigned: z.boolean({ error: 'is not self-signed (in a file: true or false)' }),
  }),
  sip: z.strictObject({
    port,
    realm: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'has blanks, quotes or control characters'),
    minExpiresSeconds: seconds,
    maxExpiresSeconds: seconds,
    maxContacts: z.number().int().positive(),
    nonceSeconds: seconds,
    minSessionSeconds: z.number().int().min(90),
    drachtio: drachtioAddress.nullable(),
    wsUrl: z.url({ protocol: /^wss?$/ }).nullable(),
    credentialSeconds: seconds,
  }),
  media: z.strictObject({
    rtpPorts: portRange,
    rtpengine: ngAddresses.nullable(),
    mixerThreads: z.number().int().min(1).max(64),
    rtpIdleSeconds: seconds,
  }),
  liveness: z.strictObject({ optionsIntervalSeconds: seconds, optionsTimeoutSeconds: seconds }),
  rooms: z.strictObject({ maxParticipants: z.number().int().min(2), groupNumbers: numberRange }),
  database: z.strictObject({
    url: z
      .string()
      .regex(/^(mysql:\/\/.|sqlite:.)/, 'is neither mysql://... nor sqlite:PATH')
      .nullable(),
    maxConnections: z.number().int().positive(),
  }),
  log: z.strictObject({
    level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    format: z.enum(['pretty', 'json', 'auto']),
  }),
  shutdown: z.strictObject({ drainSeconds: seconds }),
});

type Settings = z.output<typeof schema>;
type DeepReadonly<T> = { readonly [Key in keyof T]: T[Key] extends object ? DeepReadonly<T[Key]> : T[Key] };

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
  DATABASE_URL: { path: ['database', 'url'] },
  ROOMLINE_LOG_LEVEL: { path: ['log', 'level'] },
  ROOMLINE_LOG_FORMAT: { path: ['log', 'format'] },
};

/** A configuration that cannot be run; the message names every key at fault. */
export class ConfigError extends Error {}

/**
 * Reads the defaults, the file named by `ROOMLINE_CONFIG` and the environment, later ones winning.
 * @throws ConfigError naming each wrong key, its source variable and what is wrong with it.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const settings = readYaml(join(PACKAGE_ROOT, 'config', 'default.yaml'));
  const file = environment.ROOMLINE_CONFIG;
  if (file !== undefined && file !== '') merge(settings, readYaml(file));
  for (const [name, { path, read = String }] of Object.entries(ENVIRONMENT)) {
    const text = environment[name];
    if (text !== undefined && text !== '') setIn(settings, path, read(text));
  }
  const result = schema.safeParse(settings);
  if (!result.success) throw new ConfigError(result.error.issues.map(describeIssue).join('\n'));
  return deepFreeze(complete(result.data));
}

function complete(settings: Settings): Config {
  const { host, sip, tls } = settings;
  const advertise = settings.advertise ?? host;
  if (isWildcard(advertise)) {
    throw new ConfigError(`host ${host} listens everywhere: say in ROOMLINE_ADVERTISE which address phones shall use`);
  }
  if ((tls.cert === null) !== (tls.key === null)) {
    throw new ConfigError('tls needs both a certificate (ROOMLINE_TLS_CERT) and a key (ROOMLINE_TLS_KEY)');
  }
  if (sip.minExpiresSeconds > sip.maxExpiresSeconds) {
    throw new ConfigError('sip.minExpiresSeconds is larger than sip.maxExpiresSeconds');
  }
  const demo = settings.seed === 'demo' || (settings.database.url === null && isLoopback(host));
  return { ...settings, host: withoutName(host), advertise: withoutName(advertise), demo };
}

/** Sockets are bound to addresses. */
function withoutName(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
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

type Tree = Record<string, unknown>;

function readYaml(file: string): Tree {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // YAML's own message goes on with the lines around the fault.
    const [reason = ''] = (error as Error).message.split('\n', 1);
    throw new ConfigError(`cannot read ${file}: ${reason.replace(/:$/, '')}`);
  }
  if (!isTree(content)) throw new ConfigError(`${file} holds no keys`);
  return content;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (isTree(present) && isTree(value)) merge(present, value);
    else into[key] = value;
  }
}

function setIn(tree: Tree, [key, ...rest]: readonly [string, ...string[]], value: unknown): void {
  const [next, ...others] = rest;
  if (next === undefined) tree[key] = value;
  else setIn(tree[key] as Tree, [next, ...others], value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
