import { randomBytes } from 'node:crypto';
import type { DigestAlgorithm } from '../rooms/sip-account.js';
import { hash, hashSecret, readDigests } from './digest-credentials.js';
import type { Credentials, Headers } from './sip-server.js';

/** Two who ask on the way, such as a proxy and who is behind it, each once more with a new nonce. */
const MOST_ROUNDS = 4;

const KINDS = [
  { status: 401, challenge: 'www-authenticate', credentials: 'Authorization' },
  { status: 407, challenge: 'proxy-authenticate', credentials: 'Proxy-Authorization' },
] as const;

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly qop: boolean;
  /** How often it was answered. */
  count: number;
}

/** What is looked at of a response that may be a challenge. */
export interface ChallengingResponse {
  readonly status: number;
  header(name: string): string | undefined;
}

/** What one request is sent with, at first and after each challenge. */
export interface AnswerRound {
  /** What to add to the request; nothing before the first challenge. */
  headers(method: string, uri: string): Headers;
  /** Takes a challenge; true when the request shall be sent again. */
  take(response: ChallengingResponse): boolean;
}

/**
 * Answers challenges with a name and password (RFC 3261 section 22.2, RFC 7616), for all requests of one call or one
 * registration: whoever asked once is told in the next requests without being asked again.
 */
export class DigestAnswer {
  readonly #credentials: Credentials;
  /** By the header that answers them. */
  readonly #challenges = new Map<string, Challenge>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** For one more request. */
  begin(): AnswerRound {
    const taken = new Set<string>();
    let rounds = 0;
    return {
      headers: (method, uri) => this.#headers(method, uri),
      take: (response) => {
        const kind = KINDS.find(({ status }) => status === response.status);
        const asked = kind === undefined ? undefined : readChallenge(response.header(kind.challenge) ?? '');
        if (kind === undefined || asked === undefined || rounds >= MOST_ROUNDS) return false;
        // Asked again in the same request, the answer was wrong, unless only its nonce was too old.
        if (taken.has(kind.credentials) && !asked.stale) return false;
        taken.add(kind.credentials);
        rounds += 1;
        this.#challenges.set(kind.credentials, asked.challenge);
        return true;
      },
    };
  }

  #headers(method: string, uri: string): Headers {
    const headers: Headers = {};
    for (const [name, challenge] of this.#challenges) {
      challenge.count += 1;
      headers[name] = formatAnswer(challenge, this.#credentials, method, uri);
    }
    return headers;
  }
}

/** The first that can be answered: whoever asks puts the one they like best on top (RFC 8760 section 2.4). */
function readChallenge(header: string): { challenge: Challenge; stale: boolean } | undefined {
  for (const params of readDigests(header)) {
    const algorithm = (params.get('algorithm') ?? 'MD5').toUpperCase();
    const qop = params.get('qop');
    const nonce = params.get('nonce') ?? '';
    if ((algorithm !== 'MD5' && algorithm !== 'SHA-256') || nonce === '') continue;
    if (qop !== undefined && !/(^|[\s,])auth([\s,]|$)/i.test(qop)) continue;
    const realm = params.get('realm') ?? '';
    const challenge: Challenge = {
      realm,
      nonce,
      opaque: params.get('opaque'),
      algorithm,
      qop: qop !== undefined,
      count: 0,
    };
    return { challenge, stale: params.get('stale')?.toLowerCase() === 'true' };
  }
  return undefined;
}

function formatAnswer(challenge: Challenge, { username, password }: Credentials, method: string, uri: string): string {
  const { realm, nonce, opaque, algorithm, qop, count } = challenge;
  const ha1 = hashSecret(algorithm, username, realm, password);
  const ha2 = hash(algorithm, `${method}:${uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const response = hash(algorithm, qop ? `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`);
  const parts = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
