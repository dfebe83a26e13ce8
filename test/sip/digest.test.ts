import assert from 'node:assert/strict';
import { createSoftphoneCredentialIssuer } from '../../gateway/rooms/sip-account.js';
import { createAttemptLimit } from '../../gateway/sip/attempt-limit.js';
import { type Authentication, createAuthenticator } from '../../gateway/sip/digest.js';
import { createNonces } from '../../gateway/sip/nonce.js';
import type { Reply } from '../../gateway/sip/sip-server.js';
import { answerChallenge, type DigestChallenge, readChallenge } from '../support/sip-digest.js';
import { SipMessage } from '../support/sip-message.js';
import { FakeRequest, type FakeRequestOptions } from './fake-calls.js';
import { REALM, sipAccounts, user, users } from './fakes.js';

const URI = 'sip:2000@127.0.0.1:5060';

function setUp() {
  const clock = { now: 1_700_000_000_000 };
  const now = () => clock.now;
  const credentials = createSoftphoneCredentialIssuer({ secret: Buffer.alloc(32, 7), lifetimeMs: 3_600_000, now });
  const alice = { ...user('alice'), revokedBefore: new Date(0) };
  const authenticate = createAuthenticator({
    realm: REALM,
    nonces: createNonces({ lifetimeMs: 300_000, now }),
    attempts: createAttemptLimit({ attempts: 3, windowMs: 60_000, now }),
    users: users(alice, user('bob'), user('carol')),
    sipAccounts: sipAccounts({ alice: 'MD5', bob: 'SHA-256' }),
    credentials,
  });
  return { alice, clock, credentials, authenticate };
}

function from(name: string): Record<string, string> {
  return { from: `<sip:${name}@127.0.0.1>;tag=1`, to: '<sip:2000@127.0.0.1>' };
}

function invite(name: string, authorization?: string, options: Partial<FakeRequestOptions> = {}): FakeRequest {
  const headers = { ...from(name), ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
  return new FakeRequest({ method: 'INVITE', uri: URI, headers, ...options });
}

function refusal(authentication: Authentication): Reply {
  assert.ok(!authentication.authenticated, 'was let in');
  return authentication.reply;
}

/** Reads the challenge as a phone does. */
function challengeOf(authentication: Authentication): DigestChallenge {
  const { status, headers } = refusal(authentication);
  return readChallenge(new SipMessage(`SIP/2.0 ${status} x`, Object.entries(headers ?? {})));
}

function answer(challenge: DigestChallenge, name: string, password = `${name}-demo`, nc = 1, uri = URI): string {
  return answerChallenge(challenge, { username: name, password }, { method: 'INVITE', uri }, nc);
}

describe('digest authentication', () => {
  it('challenges an INVITE with 407 and a REGISTER with 401, once, in MD5', async () => {
    const { authenticate } = setUp();
    const proxy = refusal(await authenticate(invite('alice')));
    assert.equal(proxy.status, 407);
    assert.match(
      proxy.headers?.['Proxy-Authenticate'] ?? '',
      /^Digest realm="roomline", nonce="[^"]+", algorithm=MD5, qop="auth"$/,
    );
    const server = refusal(await authenticate(new FakeRequest({ method: 'REGISTER', headers: from('alice') })));
    assert.equal(server.status, 401);
    assert.match(server.headers?.['WWW-Authenticate'] ?? '', /^Digest realm="roomline"/);
  });

  it('lets in whoever knows the secret, as a desk phone', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const authentication = await authenticate(invite('alice', answer(challenge, 'alice')));
    assert.ok(authentication.authenticated);
    assert.ok('user' in authentication.identity);
    assert.equal(authentication.identity.user.name, 'alice');
    assert.equal(authentication.device, 'desk-phone');
  });

  it('lets in a softphone with issued credentials, until they expire', async () => {
    const { authenticate, credentials, clock } = setUp();
    const { username, password } = credentials.issue({ name: 'carol' });
    const first = challengeOf(await authenticate(invite('carol')));
    const authentication = await authenticate(invite('carol', answer(first, username, password)));
    assert.ok(authentication.authenticated);
    assert.equal(authentication.device, 'softphone');
    clock.now += 3_601_000;
    const second = challengeOf(await authenticate(invite('carol')));
    assert.equal(refusal(await authenticate(invite('carol', answer(second, username, password)))).status, 407);
  });

  it('lets in a guest with issued credentials, as nobody but that guest', async () => {
    const { authenticate, credentials } = setUp();
    const { aorUser, username, password } = credentials.issueGuest({ room: '2000', pinVersion: 7, name: 'Zoë' });
    const challenge = challengeOf(await authenticate(invite(aorUser)));
    const authentication = await authenticate(invite(aorUser, answer(challenge, username, password)));
    assert.ok(authentication.authenticated && 'guest' in authentication.identity);
    const { name, room, pinVersion } = authentication.identity.guest;
    assert.deepEqual([name, room, pinVersion], ['Zoë', '2000', 7]);
    assert.equal(authentication.device, 'softphone');
    for (const other of ['alice', 'guest', 'guest~0']) {
      const again = challengeOf(await authenticate(invite(other)));
      assert.equal(refusal(await authenticate(invite(other, answer(again, username, password)))).status, 403, other);
    }
    const forged = username.replace('~2000~', '~2001~');
    const last = challengeOf(await authenticate(invite(aorUser)));
    assert.equal(refusal(await authenticate(invite(aorUser, answer(last, forged, password)))).status, 407);
  });

  it('refuses what was issued to a softphone before its user was revoked, and no desk phone', async () => {
    const world = setUp();
    const { username, password } = world.credentials.issue({ name: 'alice' });
    world.alice.revokedBefore = new Date(world.clock.now + 1);
    const first = challengeOf(await world.authenticate(invite('alice')));
    assert.equal(refusal(await world.authenticate(invite('alice', answer(first, username, password)))).status, 403);
    const desk = challengeOf(await world.authenticate(invite('alice')));
    assert.ok((await world.authenticate(invite('alice', answer(desk, 'alice')))).authenticated);
    world.clock.now += 1;
    const renewed = world.credentials.issue({ name: 'alice' });
    const last = challengeOf(await world.authenticate(invite('alice')));
    assert.ok(
      (await world.authenticate(invite('alice', answer(last, renewed.username, renewed.password)))).authenticated,
    );
  });

  it('challenges an account of SHA-256 in SHA-256, but its browser in MD5', async () => {
    const { authenticate, credentials } = setUp();
    const challenge = challengeOf(await authenticate(invite('bob')));
    assert.equal(challenge.algorithm, 'SHA-256');
    assert.ok((await authenticate(invite('bob', answer(challenge, 'bob')))).authenticated);
    const options = { source: { transport: 'ws' as const } };
    const overWebSocket = challengeOf(await authenticate(invite('bob', undefined, options)));
    assert.equal(overWebSocket.algorithm, 'MD5');
    const { username, password } = credentials.issue({ name: 'bob' });
    assert.ok((await authenticate(invite('bob', answer(overWebSocket, username, password), options))).authenticated);
    const downgraded = answer({ ...challenge, algorithm: 'MD5' }, 'bob');
    assert.equal(refusal(await authenticate(invite('bob', downgraded))).status, 407);
  });

  it('does not tell accounts of SHA-256 from names that do not exist', async () => {
    const { authenticate } = setUp();
    assert.equal(challengeOf(await authenticate(invite('nobody-0'))).algorithm, 'MD5');
    await authenticate(invite('bob'));
    const names = Array.from({ length: 64 }, (_, index) => `nobody-${index}`);
    const algorithms = new Set<string>();
    for (const name of names) {
      const { algorithm } = challengeOf(await authenticate(invite(name)));
      algorithms.add(algorithm);
      assert.equal(challengeOf(await authenticate(invite(name))).algorithm, algorithm, 'keeps to what it said');
    }
    assert.deepEqual([...algorithms].sort(), ['MD5', 'SHA-256']);
    assert.equal(challengeOf(await authenticate(invite('carol'))).algorithm, 'MD5');
  });

  it('answers a reused count with a new, stale challenge', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const authorization = answer(challenge, 'alice');
    assert.ok((await authenticate(invite('alice', authorization))).authenticated);
    const replayed = challengeOf(await authenticate(invite('alice', authorization)));
    assert.equal(replayed.stale, true);
    assert.notEqual(replayed.nonce, challenge.nonce);
    assert.ok((await authenticate(invite('alice', answer(challenge, 'alice', 'alice-demo', 2)))).authenticated);
  });

  it('answers a nonce that is old, or not ours, with a new, stale challenge', async () => {
    const { authenticate, clock } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const foreign = { ...challenge, nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' };
    assert.equal(challengeOf(await authenticate(invite('alice', answer(foreign, 'alice')))).stale, true);
    clock.now += 300_000;
    const renewed = challengeOf(await authenticate(invite('alice', answer(challenge, 'alice'))));
    assert.equal(renewed.stale, true);
    assert.ok((await authenticate(invite('alice', answer(renewed, 'alice')))).authenticated);
  });

  it('refuses credentials made for another Request-URI', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const elsewhere = answer(challenge, 'alice', 'alice-demo', 1, 'sip:2001@127.0.0.1:5060');
    assert.equal(refusal(await authenticate(invite('alice', elsewhere))).status, 400);
  });

  it('requires qop and a count', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const authorization = answer({ ...challenge, qop: undefined }, 'alice');
    assert.equal(challengeOf(await authenticate(invite('alice', authorization))).stale, false);
  });

  it('refuses a From that is not the authenticated user, with 403', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('carol')));
    assert.equal(refusal(await authenticate(invite('carol', answer(challenge, 'alice')))).status, 403);
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const { authenticate } = setUp();
    const seen = [];
    for (const name of ['alice', 'mallory']) {
      const challenge = challengeOf(await authenticate(invite(name)));
      const { status, headers } = refusal(await authenticate(invite(name, answer(challenge, name, 'wrong'))));
      seen.push({ status, header: headers?.['Proxy-Authenticate']?.replace(/nonce="[^"]*"/, '') });
    }
    assert.deepEqual(seen[0], seen[1]);
  });

  it('looks at no more passwords after too many wrong ones from one source, and only there and for a while', async () => {
    const { authenticate, clock } = setUp();
    const attempt = async (password: string, address: string) => {
      const options = { source: { address } };
      const challenge = challengeOf(await authenticate(invite('alice', undefined, options)));
      return authenticate(invite('alice', answer(challenge, 'alice', password), options));
    };
    for (let count = 0; count < 3; count++) assert.equal(refusal(await attempt('wrong', '10.0.0.1')).status, 407);
    const refused = refusal(await attempt('alice-demo', '10.0.0.1'));
    assert.equal(refused.status, 403);
    assert.equal(refused.headers?.['Retry-After'], '60');
    assert.ok((await attempt('alice-demo', '10.0.0.2')).authenticated);
    clock.now += 60_000;
    assert.ok((await attempt('alice-demo', '10.0.0.1')).authenticated);
  });

  it('counts no challenge as a wrong password', async () => {
    const { authenticate } = setUp();
    for (let count = 0; count < 50; count++) await authenticate(invite('alice'));
    const challenge = challengeOf(await authenticate(invite('alice')));
    assert.ok((await authenticate(invite('alice', answer(challenge, 'alice')))).authenticated);
  });

  it('reads quoted values with escapes, another order, and credentials for others beside ours', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const ours = answer(challenge, 'alice').replace(/^Digest /, '');
    const shuffled = ours.split(', ').reverse().join(' ,\t').replace('"alice"', '"al\\ice"');
    const others = 'Digest username="x, Digest realm=\\"roomline\\"", realm="elsewhere", nonce="n"';
    assert.ok((await authenticate(invite('alice', `${others}, digest ${shuffled}`))).authenticated);
  });

  it('takes a parameter said twice for none', async () => {
    const { authenticate } = setUp();
    const challenge = challengeOf(await authenticate(invite('alice')));
    const authorization = `${answer(challenge, 'alice')}, username="bob"`;
    assert.equal(refusal(await authenticate(invite('alice', authorization))).status, 407);
  });

  it('refuses a From nobody can read', async () => {
    const { authenticate } = setUp();
    const request = new FakeRequest({ method: 'INVITE', headers: { from: '<sip:alice@h>, <sip:bob@h>' } });
    assert.equal(refusal(await authenticate(request)).status, 400);
  });
});
