import { createHmac, randomBytes } from 'node:crypto';
import type { Device } from '../rooms/roster.js';
import type {
  DigestAlgorithm,
  ResolvedCredentials,
  SipAccountStore,
  SoftphoneCredentialIssuer,
} from '../rooms/sip-account.js';
import type { UserStore } from '../rooms/user.js';
import { isDigestTarget, userOf } from './address.js';
import type { AttemptLimit } from './attempt-limit.js';
import {
  type DigestCredentials,
  equalInConstantTime,
  expectedResponse,
  hashSecret,
  parseCredentials,
} from './digest-credentials.js';
import { aorUserOf, type PhoneIdentity } from './identity.js';
import type { Nonces } from './nonce.js';
import type { IncomingRequest, Reply } from './sip-server.js';

export type Authentication =
  | { readonly authenticated: true; readonly identity: PhoneIdentity; readonly device: Device }
  | { readonly authenticated: false; readonly reply: Reply };

/** Finds out who sent a request (RFC 3261 section 22, RFC 7616), or what to reply to it instead. */
export type Authenticate = (request: IncomingRequest) => Promise<Authentication>;

export interface AuthenticatorOptions {
  realm: string;
  nonces: Nonces;
  attempts: AttemptLimit;
  users: UserStore;
  sipAccounts: SipAccountStore;
  credentials: SoftphoneCredentialIssuer;
}

/** Whose credentials a digest user name stands for, and the HA1 to check them with. */
interface Secret {
  readonly owner: ResolvedCredentials['owner'];
  /** When ephemeral credentials were issued; a desk phone's account has no such time. */
  readonly issuedAt?: Date;
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
}

/** A REGISTER is for us as a server, everything else passes us as a proxy would: phones answer either. */
const CHALLENGES = {
  server: { status: 401, challenge: 'WWW-Authenticate', credentials: 'authorization' },
  proxy: { status: 407, challenge: 'Proxy-Authenticate', credentials: 'proxy-authorization' },
} as const;

export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { realm, nonces, attempts, users, sipAccounts, credentials } = options;
  const decoySecret = randomBytes(32);
  /** True once an account with SHA-256 was seen: from then on names that do not exist may seem to have it too. */
  let sha256InUse = false;

  /** The one algorithm a user is challenged with; a browser's SIP.js knows MD5 only. */
  async function algorithmFor(name: string, overWebSocket: boolean): Promise<DigestAlgorithm> {
    if (overWebSocket) return 'MD5';
    const account = await sipAccounts.findByUserName(name);
    if (account !== undefined) {
      sha256InUse ||= account.algorithm === 'SHA-256';
      return account.algorithm;
    }
    if (!sha256InUse || (await users.findByName(name)) !== undefined) return 'MD5';
    return (createHmac('sha256', decoySecret).update(name).digest()[0] ?? 0) & 1 ? 'SHA-256' : 'MD5';
  }

  async function challenge(request: IncomingRequest, name: string, stale: boolean): Promise<Authentication> {
    const kind = challengeKind(request);
    const algorithm = await algorithmFor(name, request.source.transport === 'ws');
    const nonce = nonces.issue(request.source.address);
    const value = `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
    return refuse({ status: kind.status, headers: { [kind.challenge]: value } });
  }

  async function findSecret(sent: DigestCredentials): Promise<Secret | undefined> {
    const { username, algorithm } = sent;
    const softphone = credentials.resolve(username);
    if (softphone !== undefined) {
      const ha1 = hashSecret(algorithm, username, realm, softphone.password);
      return { owner: softphone.owner, issuedAt: softphone.issuedAt, algorithm, ha1 };
    }
    const account = await sipAccounts.findByUserName(username);
    return account && { owner: { userName: username }, algorithm: account.algorithm, ha1: account.ha1 };
  }

  /** Who it is, unless they are no more or what they were issued was revoked. */
  async function identify({ owner, issuedAt }: Secret): Promise<PhoneIdentity | undefined> {
    if ('guest' in owner) return owner;
    const user = await users.findByName(owner.userName);
    const revoked = user !== undefined && issuedAt !== undefined && issuedAt < user.revokedBefore;
    return user === undefined || revoked ? undefined : { user };
  }

  return async (request) => {
    const name = userOf(request.header('from'));
    if (name === undefined) return refuse({ status: 400, reason: 'Unreadable From' });
    const sent = readCredentials(request, realm);
    if (sent === undefined) return challenge(request, name, false);
    if (!isDigestTarget(sent.uri, request.uri))
      return refuse({ status: 400, reason: 'Digest URI Is Not The Request-URI' });

    const source = request.source.address;
    const waitSeconds = attempts.waitSeconds(source, sent.username);
    if (waitSeconds > 0) return refuse({ status: 403, headers: { 'Retry-After': String(waitSeconds) } });
    if (nonces.check(sent.nonce, source) === 'stale') return challenge(request, name, true);

    const secret = await findSecret(sent);
    if (secret !== undefined && secret.algorithm !== sent.algorithm) return challenge(request, name, false);
    // Without a secret the same work is done, so that the time it takes does not tell who exists.
    const expected = expectedResponse(secret?.ha1 ?? '', request.method, sent);
    if (!equalInConstantTime(expected, sent.response) || secret === undefined) {
      attempts.failed(source, sent.username);
      return challenge(request, name, false);
    }
    if (nonces.use(sent.nonce, source, Number.parseInt(sent.nc, 16)) === 'stale') return challenge(request, name, true);
    attempts.succeeded(source, sent.username);
    const identity = await identify(secret);
    if (identity === undefined) return refuse({ status: 403 });
    if (aorUserOf(identity) !== name) return refuse({ status: 403, reason: 'From Is Not The Authenticated User' });
    return { authenticated: true, identity, device: secret.issuedAt === undefined ? 'desk-phone' : 'softphone' };
  };
}

function challengeKind(request: IncomingRequest) {
  return request.method === 'REGISTER' ? CHALLENGES.server : CHALLENGES.proxy;
}

function readCredentials(request: IncomingRequest, realm: string): DigestCredentials | undefined {
  const header = request.header(challengeKind(request).credentials);
  return header === undefined ? undefined : parseCredentials(header, realm);
}

function refuse(reply: Reply): Authentication {
  return { authenticated: false, reply };
}
