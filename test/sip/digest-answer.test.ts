import assert from 'node:assert/strict';
import { type AnswerRound, DigestAnswer } from '../../gateway/sip/digest-answer.js';
import { expectedResponse, hash, hashSecret, parseCredentials } from '../../gateway/sip/digest-credentials.js';
import type { Headers } from '../../gateway/sip/sip-server.js';

const CREDENTIALS = { username: 'al"ice', password: 'secret' };
const URI = 'sip:+4930123456@provider.example';

function challenge(status: 401 | 407, ...values: string[]) {
  const name = status === 401 ? 'www-authenticate' : 'proxy-authenticate';
  return { status, header: (asked: string) => (asked === name ? values.join(', ') : undefined) };
}

const MD5 = 'Digest realm="provider", nonce="n1", algorithm=MD5, qop="auth"';

/** Whether a header answers for a realm as the RFC says; its count. */
function checked(headers: Headers, name: string, realm = 'provider', method = 'INVITE'): string {
  const sent = parseCredentials(headers[name] ?? '', realm);
  assert.ok(sent !== undefined, `no credentials in ${headers[name]}`);
  assert.equal(sent.uri, URI);
  assert.equal(sent.username, CREDENTIALS.username);
  const ha1 = hashSecret(sent.algorithm, CREDENTIALS.username, realm, CREDENTIALS.password);
  assert.equal(sent.response, expectedResponse(ha1, method, sent));
  return sent.nc;
}

describe('what answers challenges', () => {
  let answer: DigestAnswer;
  let round: AnswerRound;

  beforeEach(() => {
    answer = new DigestAnswer(CREDENTIALS);
    round = answer.begin();
  });

  it('says nothing before it is asked', () => {
    assert.deepEqual(round.headers('INVITE', URI), {});
    assert.equal(round.take({ status: 403, header: () => MD5 }), false);
    assert.equal(round.take({ status: 401, header: () => undefined }), false);
  });

  it('answers 401 and 407, each in its own header', () => {
    assert.equal(round.take(challenge(407, MD5)), true);
    assert.equal(checked(round.headers('INVITE', URI), 'Proxy-Authorization'), '00000001');
    assert.equal(round.take(challenge(401, 'Digest realm="inside", nonce="n2", qop="auth"')), true);
    const both = round.headers('INVITE', URI);
    assert.equal(checked(both, 'Proxy-Authorization'), '00000002');
    assert.equal(checked(both, 'Authorization', 'inside'), '00000001');
  });

  it('takes the first of several challenges that it can answer', () => {
    const sha = 'Digest realm="provider", nonce="n1", algorithm=SHA-256, qop="auth"';
    const other = 'Digest realm="provider", nonce="n1", algorithm=SHA-512-256, qop="auth"';
    assert.equal(round.take(challenge(407, other, sha, MD5)), true);
    const headers = round.headers('INVITE', URI);
    checked(headers, 'Proxy-Authorization');
    assert.match(headers['Proxy-Authorization'] ?? '', /algorithm=SHA-256/);
  });

  it('chooses auth where auth-int is offered beside it, and cannot answer auth-int alone', () => {
    assert.equal(round.take(challenge(401, 'Digest realm="provider", nonce="n1", qop="auth-int"')), false);
    assert.equal(round.take(challenge(401, 'Digest realm="provider", nonce="n1", qop="auth-int,auth"')), true);
    checked(round.headers('INVITE', URI), 'Authorization');
  });

  it('answers a challenge without qop as RFC 2617 does, and gives opaque back', () => {
    assert.equal(round.take(challenge(401, 'digest realm="provider",nonce="n1",opaque="o\\"1"')), true);
    const value = round.headers('INVITE', URI).Authorization ?? '';
    const ha1 = hashSecret('MD5', CREDENTIALS.username, 'provider', CREDENTIALS.password);
    const response = hash('MD5', `${ha1}:n1:${hash('MD5', `INVITE:${URI}`)}`);
    assert.match(value, new RegExp(`response="${response}"`));
    assert.match(value, /opaque="o\\"1"/);
    assert.doesNotMatch(value, /qop|nc=|cnonce/);
  });

  it('gives up when the same is asked again, unless only the nonce was too old, and then not for ever', () => {
    assert.equal(round.take(challenge(407, MD5)), true);
    assert.equal(round.take(challenge(407, MD5)), false);
    let rounds = 0;
    while (round.take(challenge(407, `${MD5}, stale=true`))) rounds++;
    assert.equal(rounds, 3);
  });

  it('tells who asked once in the next request unasked, and takes a new challenge there', () => {
    assert.equal(round.take(challenge(407, MD5)), true);
    checked(round.headers('INVITE', URI), 'Proxy-Authorization');
    const next = answer.begin();
    assert.equal(checked(next.headers('BYE', URI), 'Proxy-Authorization', 'provider', 'BYE'), '00000002');
    assert.equal(next.take(challenge(407, MD5.replace('n1', 'n2'))), true);
    assert.equal(checked(next.headers('BYE', URI), 'Proxy-Authorization', 'provider', 'BYE'), '00000001');
    assert.equal(next.take(challenge(407, MD5.replace('n1', 'n3'))), false);
  });

  it('reads no challenge that is too long or names a parameter twice', () => {
    assert.equal(round.take(challenge(401, `${MD5}, opaque="${'x'.repeat(3000)}"`)), false);
    assert.equal(round.take(challenge(401, `${MD5}, nonce="n2"`)), false);
  });
});
