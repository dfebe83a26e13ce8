import { isIP } from 'node:net';
import { z } from 'zod';
import { outsideCallSettings, trunksSettings } from './config-trunks.js';
import { readHostPort } from './network.js';
import { LANGUAGE_PATTERN } from './rooms/user.js';

const NO_PORT = 'is not a port: a whole number from 0 to 65535';
const port = z.int({ error: NO_PORT }).min(0, NO_PORT).max(65_535, NO_PORT);
const seconds = z.number().int().positive();
/** What a timer waits for: one of much more than two million seconds would be over at once. */
const timerSeconds = seconds.max(86_400, 'is more than a day');
const count = z.number().int().positive();

const numberRange = z
  .strictObject({ from: z.number().int().min(100), to: z.number().int().max(999_999_999_999) })
  .refine((range) => range.from <= range.to, 'from is larger than to')
  .refine((range) => String(range.from).length === String(range.to).length, 'from and to differ in length');

/** Of a shared secret. */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
/** Of a pair of keys. */
export const KEY_ALGORITHMS = [
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
    const read = readHostPort(address.trim());
    if (read === undefined) context.addIssue({ code: 'custom', message: `${address} is not host:port` });
    return read ?? { host: '', port: 0 };
  }),
);

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day, such as 22:00');

const quietHours = z
  .strictObject({
    from: timeOfDay,
    to: timeOfDay,
    timeZone: z.string().refine(isTimeZone, 'is not a time zone, such as Europe/Berlin'),
  })
  .refine(({ from, to }) => from !== to, 'begin when they end: that is all day, or never');

/** What a configuration file may say, each key by itself. */
export const configSchema = z.strictObject({
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
    rtpIdleSeconds: timerSeconds,
  }),
  liveness: z.strictObject({ optionsIntervalSeconds: timerSeconds, optionsTimeoutSeconds: timerSeconds }),
  invitations: z.strictObject({
    ringSeconds: timerSeconds,
    ringingPerRoom: z.number().int().min(3, 'is less than 3: an invitation of a few would take too long'),
    ringingAtOnce: z.number().int().min(3, 'is less than 3: an invitation of a few would take too long'),
    tries: z.number().int().min(1).max(10),
    retrySeconds: seconds,
    snoozeSeconds: seconds,
    quietHours: quietHours.nullable(),
    autoAnswer: z.enum(['off', 'alert-info', 'call-info']),
    announceJoins: z.boolean(),
  }),
  prompts: z.strictObject({
    language: z.string().regex(LANGUAGE_PATTERN, 'is not a language, such as en'),
    folder: z.string().min(1).nullable(),
  }),
  lobby: z.strictObject({
    accessNumbers: z.array(z.string().regex(/^\d{3,12}$/, 'is not 3 to 12 digits')),
    tries: z.number().int().min(1).max(10),
    digitSeconds: timerSeconds,
  }),
  trunks: trunksSettings,
  outsideCalls: outsideCallSettings,
  rooms: z.strictObject({
    maxParticipants: z.number().int().min(2),
    groupNumbers: numberRange,
    temporaryNumbers: numberRange,
    exclusiveNumbers: numberRange,
    temporaryEmptySeconds: z.number().int().min(60, 'is less than 60: callers need that long to dial'),
    temporaryMaxAgeSeconds: seconds,
    quarantineSeconds: z.number().int().min(60, 'is less than 60: a late caller would land among strangers'),
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
  shutdown: z.strictObject({ drainSeconds: timerSeconds }),
});

export type Settings = z.output<typeof configSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
