import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The package's root folder: holds `config/`, `sql/` and the built softphone. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

const port = z.number().int().min(0).max(65_535);
const seconds = z.number().int().positive();
const count = z.number().int().positive();
const hostPort = /^(\[[0-9a-fA-F:]+\]|[^\s:]+):(\d{1,5})$/;

const numberRange = z
  .strictObject({ from: z.number().int().min(100), to: z.number().int().max(999_999_999_999) })
  .refine((range) => range.from <= range.to, 'from is larger than to')
  .refine((range) => String(range.from).length === String(range.to).length, 'from and to differ in length');

const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
const KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const jwtSettings = z.strictObject({
  secret: z.string().min(32, 'is shorter than 32 characters').nullable(),
  jwks: z
    .string()
    .regex(/^(https:\/\/.|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]|\/)/, {
      error: 'is neither an https:// URL (http:// on loopback alone) nor an absolute file path',
    })
    .nullable(),
  issuer: z.string().min(1).nullable(),
  audience: z.string().min(1).nullable(),
  algorithms: z.array(z.enum([...HMAC_ALGORITHMS, ...KEY_ALGORITHMS])),
  userClaim: z.string().min(1),
  userIs: z.enum(['external-id', 'name']),
  maxAgeSeconds: seconds,
});

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'is not FIRST-LAST, such as 30000-39999')
  .transform((text) => {
    const [first = 0, last = 0] = text.split('-').map(Number);
    return { first, last };
  })
  .refine(({ first, last }) => first >= 1024 && last <= 65_535 && last - first >= 3, {
    error: 'is not a range of at least 4 ports between 1024 and 65535',
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
  tls: z.strictObject({ cert: z.string().nullable(), key: z.string().nullable(), selfSigned: z.boolean() }),
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
  invitations: z.strictObject({
    ringSeconds: seconds,
    ringingPerRoom: z.number().int().min(3, 'is less than 3: an invitation of a few would take too long'),
  }),
  rooms: z.strictObject({
    maxParticipants: z.number().int().min(2),
    groupNumbers: numberRange,
    temporaryNumbers: numberRange,
    exclusiveNumbers: numberRange,
    temporaryEmptySeconds: z.number().int().min(60, 'is less than 60: callers need that long to dial'),
    temporaryMaxAgeSeconds: seconds,
    quarantineSeconds: z.number().int().min(60, 'is less than 60: a late caller would land among strangers'),
    invitationSeconds: z.number().int().min(60),
    pin: z.strictObject({ triesPerCaller: count, triesPerRoom: count, windowSeconds: seconds }),
  }),
  role: z.enum(['both', 'directory', 'voice']),
  peer: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: 'is not http://... or https://...' }).nullable(),
    key: z
      .string()
      .regex(/^[\x21-\x7e]{32,256}$/, 'is not 32 to 256 visible ASCII characters')
      .nullable(),
    heartbeatSeconds: z.number().int().min(1).max(60),
  }),
  auth: z.strictObject({ jwt: jwtSettings }),
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
  const settings = readYaml(join(PACKAGE_ROOT, 'config', 'default.yaml'));
  const file = environment.ROOMLINE_CONFIG;
  if (file !== undefined && file !== '') merge(settings, readYaml(file));
  for (const [name, { path, read = String }] of Object.entries(ENVIRONMENT)) {
    const text = environment[name];
    if (text !== undefined && text !== '') setIn(settings, path, read(text));
  }
  if (given.role !== undefined) settings.role = given.role;
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
  checkNumbers(settings.rooms);
  checkPeer(settings);
  checkJwt(settings.auth.jwt);
  const demo = settings.seed === 'demo' || (settings.database.url === null && isLoopback(host));
  return { ...settings, advertise: advertise === 'localhost' ? '127.0.0.1' : advertise, demo };
}

/** What the voice server needs to know of temporary rooms. */
export function temporaryRoomLimits(rooms: Config['rooms']) {
  return {
    emptyMs: rooms.temporaryEmptySeconds * 1000,
    maxAgeMs: rooms.temporaryMaxAgeSeconds * 1000,
    quarantineMs: rooms.quarantineSeconds * 1000,
  };
}

/** Fewer would be used up by a handful of rooms while their numbers rest. */
const FEWEST_NUMBERS = 10;

function checkNumbers(rooms: Settings['rooms']): void {
  const ranges = (['groupNumbers', 'temporaryNumbers', 'exclusiveNumbers'] as const).map((name) => {
    const { from, to } = rooms[name];
    if (to - from + 1 < FEWEST_NUMBERS) {
      throw new ConfigError(`rooms.${name} has ${to - from + 1} numbers: give it at least ${FEWEST_NUMBERS}`);
    }
    return { name, from, to };
  });
  ranges.forEach((range, index) => {
    const other = ranges.slice(index + 1).find(({ from, to }) => from <= range.to && range.from <= to);
    if (other === undefined) return;
    throw new ConfigError(
      `rooms.${range.name} (${range.from} to ${range.to}) and rooms.${other.name} (${other.from} to ${other.to}) overlap: a number is of one kind`,
    );
  });
  if (rooms.temporaryMaxAgeSeconds < rooms.temporaryEmptySeconds) {
    throw new ConfigError(
      'rooms.temporaryMaxAgeSeconds is less than rooms.temporaryEmptySeconds: no room could be empty that long',
    );
  }
}

function checkPeer({ role, peer, database }: Settings): void {
  if (role === 'both') return;
  if (peer.key === null) {
    throw new ConfigError(`role ${role} needs peer.key (ROOMLINE_PEER_KEY), the same on directory and voice server`);
  }
  if (database.url === null) {
    throw new ConfigError(
      `role ${role} needs database.url (DATABASE_URL): directory and voice server share the database`,
    );
  }
}

/** A secret and public keys never go by the same algorithms: else a public key would pass for a secret. */
function checkJwt(jwt: Settings['auth']['jwt']): void {
  const { secret, jwks, issuer, audience, algorithms } = jwt;
  if (secret === null && jwks === null) {
    if (issuer !== null || audience !== null || algorithms.length > 0) {
      throw new ConfigError('auth.jwt needs a secret (ROOMLINE_JWT_SECRET) or jwks (ROOMLINE_JWT_JWKS)');
    }
    return;
  }
  if (secret !== null && jwks !== null) throw new ConfigError('auth.jwt has both a secret and jwks: choose one');
  if (issuer === null) throw new ConfigError('auth.jwt.issuer is missing: say which iss the tokens carry');
  if (audience === null) throw new ConfigError('auth.jwt.audience is missing: say which aud the tokens carry');
  if (algorithms.length === 0)
    throw new ConfigError('auth.jwt.algorithms is empty: name those the tokens are signed with');
  const fitting: readonly string[] = secret === null ? KEY_ALGORITHMS : HMAC_ALGORITHMS;
  const unfit = algorithms.find((algorithm) => !fitting.includes(algorithm));
  if (unfit === undefined) return;
  throw new ConfigError(
    `auth.jwt.algorithms has ${unfit}, which does not go with ${secret === null ? 'jwks' : 'a secret'}: choose of ${fitting.join(', ')}`,
  );
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
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`);
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
