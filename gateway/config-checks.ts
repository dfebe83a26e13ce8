import { HMAC_ALGORITHMS, KEY_ALGORITHMS, type Settings } from './config-schema.js';
import { trunkContradictions } from './config-trunks.js';

/** Fewer would be used up by a handful of rooms while their numbers rest. */
const FEWEST_NUMBERS = 10;

/** What the keys of a configuration say against each other, a sentence each. */
export function contradictions(settings: Settings): string[] {
  return [
    ...ofPairs(settings),
    ...ofNumbers(settings.rooms),
    ...ofRole(settings),
    ...ofJwt(settings.auth.jwt),
    ...trunkContradictions(settings),
  ];
}

function* ofPairs({ tls, sip }: Settings): Generator<string> {
  if ((tls.cert === null) !== (tls.key === null)) {
    yield 'tls needs both a certificate (ROOMLINE_TLS_CERT) and a key (ROOMLINE_TLS_KEY)';
  }
  if (sip.minExpiresSeconds > sip.maxExpiresSeconds) {
    yield 'sip.minExpiresSeconds is larger than sip.maxExpiresSeconds';
  }
}

function* ofNumbers(rooms: Settings['rooms']): Generator<string> {
  const ranges = (['groupNumbers', 'temporaryNumbers', 'exclusiveNumbers'] as const).map((name) => ({
    name: `rooms.${name}`,
    ...rooms[name],
  }));
  for (const [index, { name, from, to }] of ranges.entries()) {
    const size = to - from + 1;
    if (size < FEWEST_NUMBERS) yield `${name} has ${size} numbers: give it at least ${FEWEST_NUMBERS}`;
    for (const other of ranges.slice(index + 1)) {
      if (other.from > to || from > other.to) continue;
      yield `${name} (${from} to ${to}) and ${other.name} (${other.from} to ${other.to}) overlap: a number is of one kind`;
    }
  }
  if (rooms.temporaryMaxAgeSeconds < rooms.temporaryEmptySeconds) {
    yield 'rooms.temporaryMaxAgeSeconds is less than rooms.temporaryEmptySeconds: no room could be empty that long';
  }
}

function* ofRole({ role, peer, database }: Settings): Generator<string> {
  if (role === 'both') return;
  if (peer.key === null) {
    yield `role ${role} needs peer.key (ROOMLINE_PEER_KEY), the same on directory and voice server`;
  }
  if (database.url === null) {
    yield `role ${role} needs database.url (DATABASE_URL): directory and voice server share the database`;
  }
}

/** A secret and public keys never go by the same algorithms: else a public key would pass for a secret. */
function* ofJwt({ secret, jwks, issuer, audience, algorithms }: Settings['auth']['jwt']): Generator<string> {
  if (secret === null && jwks === null) {
    if (issuer !== null || audience !== null || algorithms.length > 0) {
      yield 'auth.jwt needs a secret (ROOMLINE_JWT_SECRET) or jwks (ROOMLINE_JWT_JWKS)';
    }
    return;
  }
  if (secret !== null && jwks !== null) yield 'auth.jwt has both a secret and jwks: choose one';
  if (issuer === null) yield 'auth.jwt.issuer is missing: say which iss the tokens carry';
  if (audience === null) yield 'auth.jwt.audience is missing: say which aud the tokens carry';
  if (algorithms.length === 0) yield 'auth.jwt.algorithms is empty: name those the tokens are signed with';
  const fitting: readonly string[] = secret === null ? KEY_ALGORITHMS : HMAC_ALGORITHMS;
  const keys = secret === null ? 'jwks' : 'a secret';
  for (const unfit of algorithms.filter((algorithm) => !fitting.includes(algorithm))) {
    yield `auth.jwt.algorithms has ${unfit}, which does not go with ${keys}: choose of ${fitting.join(', ')}`;
  }
}
