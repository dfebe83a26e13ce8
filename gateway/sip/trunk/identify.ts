import { networkMatcher, readNetwork } from '../../network.js';
import { fromDialledForm } from '../../rooms/telephone-number.js';
import { isDigestTarget, parseNameAddr, parseUri, splitList, userOf } from '../address.js';
import type { Challenges } from '../challenges.js';
import {
  type DigestCredentials,
  equalInConstantTime,
  expectedResponse,
  hashSecret,
  parseCredentials,
} from '../digest-credentials.js';
import type { IdentifyTrunk, TrunkCall } from '../lobby.js';
import type { IncomingInvite } from '../sip-server.js';
import type { Trunk } from './trunk.js';

/**
 * Tells calls from trunks: by the credentials they show, else by the address they come from. What shows no trunk's
 * credentials is left to be challenged like any phone, by the same nonces.
 */
export function createTrunkIdentifier(options: {
  trunks: readonly Trunk[];
  realm: string;
  challenges: Challenges;
}): IdentifyTrunk {
  const { trunks, realm, challenges } = options;
  const byAddress = trunks.map((trunk) => ({ trunk, matches: networkMatcher(networksOf(trunk)) }));

  function byCredentials(invite: IncomingInvite, sent: DigestCredentials): Trunk | undefined {
    const trunk = trunks.find(({ settings }) => settings.inboundUsername === sent.username);
    const password = trunk?.settings.inboundPassword ?? null;
    const { address } = invite.source;
    if (trunk === undefined || password === null || sent.algorithm !== 'MD5') return undefined;
    if (!isDigestTarget(sent.uri, invite.uri) || challenges.attempts.waitSeconds(address, sent.username) > 0)
      return undefined;
    if (challenges.nonces.check(sent.nonce, address) === 'stale') return undefined;
    const expected = expectedResponse(hashSecret('MD5', sent.username, realm, password), invite.method, sent);
    if (!equalInConstantTime(expected, sent.response)) return undefined;
    return challenges.nonces.use(sent.nonce, address, Number.parseInt(sent.nc, 16)) === 'fresh' ? trunk : undefined;
  }

  return async (invite) => {
    const header = invite.header('proxy-authorization');
    const sent = header === undefined ? undefined : parseCredentials(header, realm);
    const trunk =
      sent === undefined
        ? byAddress.find(({ matches }) => matches(invite.source.address))?.trunk
        : byCredentials(invite, sent);
    return trunk && describe(trunk, invite);
  };
}

function networksOf({ settings }: Trunk) {
  return settings.inboundFrom.flatMap((text) => readNetwork(text) ?? []);
}

function describe(trunk: Trunk, invite: IncomingInvite): TrunkCall {
  const { accessNumbers, language } = trunk.settings;
  const dialled = dialledNumber(trunk, invite);
  const wanted = formsOf(trunk, dialled);
  return {
    trunk: trunk.name,
    caller: callerOf(trunk, invite),
    dialled: digitsOf(dialled),
    accessNumber: accessNumbers.some((number) => formsOf(trunk, number).some((form) => wanted.includes(form))),
    ...(language === null ? {} : { language }),
  };
}

/**
 * Peers call the number in the Request-URI, or the contact we registered and say the number beside it: in
 * P-Called-Party-ID (RFC 7315 section 4.2) or in To.
 */
function dialledNumber({ settings }: Trunk, invite: IncomingInvite): string {
  const user = parseUri(invite.uri)?.user.split(';', 1)[0] ?? '';
  const numbers = user === settings.username ? [] : [user];
  for (const name of ['p-called-party-id', 'to']) numbers.push(userOf(invite.header(name))?.split(';', 1)[0] ?? '');
  return [...numbers, user].find((number) => /^\+?[\d.()-]+$/.test(number)) ?? '';
}

/** The ways one number may be written by a peer. */
function formsOf({ settings }: Trunk, number: string): string[] {
  const full = fromDialledForm(number, settings);
  return [digitsOf(number), ...(full === undefined ? [] : [digitsOf(full)])].filter((form) => form !== '');
}

function digitsOf(number: string): string {
  return number.replace(/\D/g, '');
}

/** Empty when the caller wants it withheld (RFC 3323 section 4.2), or it is none. */
function callerOf({ settings }: Trunk, invite: IncomingInvite): string {
  if (/\b(id|user)\b/i.test(invite.header('privacy') ?? '')) return '';
  const asserted = splitList(invite.header('p-asserted-identity') ?? '').map(
    (value) => parseNameAddr(value)?.uri ?? '',
  );
  const from = parseNameAddr(invite.header('from') ?? '')?.uri ?? '';
  for (const uri of [...asserted, from]) {
    const user = (/^tel:([^;]*)/i.exec(uri)?.[1] ?? parseUri(uri)?.user ?? '').split(';', 1)[0] ?? '';
    if (/^\+?[\d.()-]{2,24}$/.test(user)) return fromDialledForm(user, settings) ?? digitsOf(user);
  }
  return '';
}
