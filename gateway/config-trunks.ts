import { isIP } from 'node:net';
import { z } from 'zod';
import type { DeepReadonly } from './frozen.js';
import { overlap, readHostPort, readNetwork } from './network.js';
import { isTelephoneNumber } from './rooms/telephone-number.js';
import { LANGUAGE_PATTERN } from './rooms/user.js';

const DIALLED = /^[\w*+.-]*\{(e164|plus|national)\}[\w*+.-]*$/;
const NOT_DIALLED = 'is not one of {e164}, {plus}, {national} with digits around it, such as 00{e164}';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'is not a name of small letters')
  .refine((text) => !text.endsWith('-inbound'), 'ends in -inbound, as do variables of passwords');
/** Of a SIP URI or digest; nothing that would have to be escaped there. */
const sipUser = z
  .string()
  .regex(/^[\w!~*'().&=+$,;?/@%-]{1,128}$/, 'has blanks, quotes or characters no user name has');
const secret = z.string().min(1).max(128);
const prefix = (digits: string) => new RegExp(`^\\+\\d{${digits}}$`);

const trunkSettings = z.strictObject({
  host: z
    .string()
    .refine((host) => isIP(host) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/.test(host), 'is no host'),
  port: z.int().min(1).max(65_535).default(5060),
  transport: z.enum(['udp', 'tcp']).default('udp'),
  outboundProxy: z
    .string()
    .refine((text) => readHostPort(text) !== undefined, 'is not host:port')
    .nullable()
    .default(null),
  username: sipUser.nullable().default(null),
  authUsername: sipUser.nullable().default(null),
  password: secret.nullable().default(null),
  register: z.boolean().default(false),
  registerSeconds: z.int().min(60).max(86_400).default(600),
  dial: z.string().regex(DIALLED, NOT_DIALLED).default('{plus}'),
  dialAbroad: z.string().regex(DIALLED, NOT_DIALLED).nullable().default(null),
  countryCode: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'is not a country code, such as "49"')
    .nullable()
    .default(null),
  callerId: z.string().refine(isTelephoneNumber, 'is not a number in E.164').nullable().default(null),
  assertIdentity: z.boolean().default(false),
  atOnce: z.int().positive().default(10),
  inboundFrom: z
    .array(
      z
        .string()
        .refine((text) => readNetwork(text) !== undefined, 'is not an address or a network such as 192.0.2.0/24'),
    )
    .default([]),
  inboundUsername: sipUser.nullable().default(null),
  inboundPassword: secret.nullable().default(null),
  accessNumbers: z.array(z.string().regex(/^\+?\d{3,15}$/, 'is not a number')).default([]),
  language: z.string().regex(LANGUAGE_PATTERN, 'is not a language, such as en').nullable().default(null),
});

export const trunksSettings = z.record(name, trunkSettings);

export const outsideCallSettings = z.strictObject({
  allow: z.array(z.string().regex(prefix('0,15'), 'is not + and the first digits of numbers')),
  deny: z.array(z.string().regex(prefix('1,15'), 'is not + and the first digits of numbers')),
  perUserPerHour: z.int().positive(),
  perHour: z.int().positive(),
  atOnce: z.int().positive(),
});

/** A trunk, as it is configured. */
export type TrunkSettings = DeepReadonly<z.output<typeof trunkSettings>>;

/** The variable of a trunk's password: ROOMLINE_TRUNK_CITY_WEST_PASSWORD for city-west. */
export function passwordVariable(trunk: string, inbound: boolean): string {
  return `ROOMLINE_TRUNK_${trunk.toUpperCase().replaceAll('-', '_')}${inbound ? '_INBOUND' : ''}_PASSWORD`;
}

type NumberRanges = Readonly<
  Record<'groupNumbers' | 'temporaryNumbers' | 'exclusiveNumbers', { readonly from: number; readonly to: number }>
>;

/** What is said of trunks and of the lobby's numbers that cannot be, a sentence each. */
export function* trunkContradictions(settings: {
  readonly trunks: Readonly<Record<string, TrunkSettings>>;
  readonly lobby: { readonly accessNumbers: readonly string[] };
  readonly rooms: NumberRanges;
}): Generator<string> {
  const trunks = Object.entries(settings.trunks);
  for (const [name, trunk] of trunks) yield* ofTrunk(name, trunk);
  for (const [index, [name, trunk]] of trunks.entries()) {
    for (const [otherName, other] of trunks.slice(index + 1)) yield* ofTwo(name, trunk, otherName, other);
  }
  yield* ofAccessNumbers('lobby.accessNumbers', settings.lobby.accessNumbers, settings.rooms);
  for (const [name, { accessNumbers }] of trunks) {
    yield* ofAccessNumbers(`trunks.${name}.accessNumbers`, accessNumbers, settings.rooms);
  }
}

function* ofTrunk(name: string, trunk: TrunkSettings): Generator<string> {
  const at = `trunks.${name}`;
  const { username, authUsername, password } = trunk;
  if (trunk.register && (username === null || password === null)) {
    yield `${at} registers: say its username and its password (${passwordVariable(name, false)})`;
  } else if (password !== null && username === null && authUsername === null) {
    yield `${at} has a password and no username: say whose it is`;
  } else if (authUsername !== null && password === null) {
    yield `${at} has an authUsername and no password (${passwordVariable(name, false)})`;
  }
  if (trunk.dial.includes('{national}') && trunk.countryCode === null) {
    yield `${at}.dial has {national} and no countryCode: say which country's numbers lose it, such as "49"`;
  }
  if (trunk.dialAbroad !== null) {
    if (trunk.countryCode === null) yield `${at}.dialAbroad needs countryCode: abroad is where numbers begin otherwise`;
    if (trunk.dialAbroad.includes('{national}')) yield `${at}.dialAbroad has {national}: write {e164} or {plus} there`;
  }
  if (trunk.assertIdentity && trunk.callerId === null) {
    yield `${at} has assertIdentity and no callerId: say which number is asserted`;
  }
  if ((trunk.inboundUsername === null) !== (trunk.inboundPassword === null)) {
    yield `${at} needs both inboundUsername and inboundPassword (${passwordVariable(name, true)}), or neither`;
  }
}

function* ofTwo(name: string, trunk: TrunkSettings, otherName: string, other: TrunkSettings): Generator<string> {
  if (trunk.inboundUsername !== null && trunk.inboundUsername === other.inboundUsername) {
    yield `trunks.${name} and trunks.${otherName} have the same inboundUsername: calls could be of either`;
  }
  for (const address of trunk.inboundFrom) {
    for (const otherAddress of other.inboundFrom) {
      const [left, right] = [readNetwork(address), readNetwork(otherAddress)];
      if (left === undefined || right === undefined || !overlap(left, right)) continue;
      const both = address === otherAddress ? address : `addresses of ${address} and ${otherAddress}`;
      yield `trunks.${name} and trunks.${otherName} both have ${both} in inboundFrom: calls could be of either`;
    }
  }
}

function* ofAccessNumbers(at: string, numbers: readonly string[], rooms: NumberRanges): Generator<string> {
  for (const number of numbers) {
    const digits = number.replace('+', '');
    for (const name of ['groupNumbers', 'temporaryNumbers', 'exclusiveNumbers'] as const) {
      const { from, to } = rooms[name];
      if (digits.length !== String(from).length || Number(digits) < from || Number(digits) > to) continue;
      yield `${at} has ${number}, which lies in rooms.${name} (${from} to ${to}): it could be a room's`;
    }
  }
}
