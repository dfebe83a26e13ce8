import assert from 'node:assert/strict';
import { type Challenges, createChallenges } from '../../../gateway/sip/challenges.js';
import type { IdentifyTrunk, TrunkCall } from '../../../gateway/sip/lobby.js';
import type { Headers } from '../../../gateway/sip/sip-server.js';
import { createTrunkIdentifier } from '../../../gateway/sip/trunk/identify.js';
import { answerChallenge } from '../../support/sip-digest.js';
import { FakeRequest } from '../fake-calls.js';
import { REALM } from '../fakes.js';
import { trunks } from './trunk-settings.js';

const URI = 'sip:+4930555000@192.0.2.1';
const FROM = '"Erin" <sip:+4930123456@city.example>;tag=1';
const TO = `<${URI}>`;

const SETTINGS = {
  city: {
    host: 'city.example',
    username: 'roomline',
    password: 'secret',
    countryCode: '49',
    inboundFrom: ['198.51.100.0/24', '2001:db8::7'],
    accessNumbers: ['+4930555000', '77000'],
    language: 'zh',
  },
  west: { host: 'west.example', inboundUsername: 'west', inboundPassword: 'hush', inboundFrom: ['203.0.113.1'] },
};

describe('a call from a trunk', () => {
  let challenges: Challenges;
  let identify: IdentifyTrunk;

  beforeEach(() => {
    challenges = createChallenges({ nonceSeconds: 300 });
    identify = createTrunkIdentifier({ trunks: trunks(SETTINGS), realm: REALM, challenges });
  });

  function invite(address: string, headers: Headers = {}, uri = URI): FakeRequest {
    return new FakeRequest({ method: 'INVITE', uri, headers: { from: FROM, to: TO, ...headers }, source: { address } });
  }

  async function identified(...request: Parameters<typeof invite>): Promise<TrunkCall> {
    const call = await identify(invite(...request));
    if (call === undefined || 'reply' in call) assert.fail('not a trunk’s');
    return call;
  }

  describe('is told by its address', () => {
    for (const [address, trunk] of [
      ['198.51.100.7', 'city'],
      ['::ffff:198.51.100.7', 'city'],
      ['2001:db8::7', 'city'],
      ['203.0.113.1', 'west'],
      ['203.0.113.2', undefined],
      ['2001:db8::8', undefined],
    ] as const) {
      it(`${address}: ${trunk ?? 'nobody’s'}`, async () => {
        const call = await identify(invite(address));
        assert.equal(call === undefined || 'reply' in call ? undefined : call.trunk, trunk);
      });
    }
  });

  it('says who calls, what was dialled and whether that is an access number', async () => {
    assert.deepEqual(await identified('198.51.100.7'), {
      trunk: 'city',
      caller: '+4930123456',
      dialled: '4930555000',
      accessNumber: true,
      language: 'zh',
    });
  });

  for (const [what, uri, headers, dialled, accessNumber] of [
    ['in the national form', 'sip:030555000@192.0.2.1', {}, '030555000', true],
    ['in the international form', 'sip:004930555000@192.0.2.1;user=phone', {}, '004930555000', true],
    ['with parameters', 'sip:+4930555000;npdi@192.0.2.1', {}, '4930555000', true],
    ['short', 'sip:77000@192.0.2.1', {}, '77000', true],
    ['that is a room’s', 'sip:2000@192.0.2.1', {}, '2000', false],
    ['of nobody', 'sip:+4930555001@192.0.2.1', {}, '4930555001', false],
    ['in To, the contact in the Request-URI', 'sip:roomline@192.0.2.1:5060', {}, '4930555000', true],
    [
      'in P-Called-Party-ID before To',
      'sip:roomline@192.0.2.1',
      { 'p-called-party-id': '<sip:2000@city.example>' },
      '2000',
      false,
    ],
    ['nowhere', 'sip:roomline@192.0.2.1', { to: '<sip:roomline@city.example>' }, '', false],
  ] as const) {
    it(`may have its number ${what}`, async () => {
      const call = await identified('198.51.100.7', headers, uri);
      assert.deepEqual([call.dialled, call.accessNumber], [dialled, accessNumber]);
    });
  }

  for (const [what, headers, caller] of [
    ['in the national form', { from: '<sip:030123456@city.example>;tag=1' }, '+4930123456'],
    ['as the trunk asserts it', { 'p-asserted-identity': '"E" <sip:+4930999999@city.example>' }, '+4930999999'],
    ['as a tel URI asserts it', { 'p-asserted-identity': '<tel:+4930999999;cpc=ordinary>' }, '+4930999999'],
    ['as digits that are no number of the world', { from: '<sip:123@city.example>;tag=1' }, '123'],
    ['not at all when it is withheld', { privacy: 'id;critical' }, ''],
    ['not at all when it is anonymous', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' }, ''],
    ['not at all when it cannot be read', { from: 'nonsense' }, ''],
  ] as const) {
    it(`shows its caller ${what}`, async () => {
      assert.equal((await identified('198.51.100.7', headers)).caller, caller);
    });
  }

  function signed(
    address: string,
    { username = 'west', password = 'hush', nc = 1, nonce = '', uri = URI } = {},
  ): Headers {
    const fresh = nonce === '' ? challenges.nonces.issue(address) : nonce;
    const challenge = { realm: REALM, nonce: fresh, algorithm: 'MD5', qop: 'auth', opaque: undefined, stale: false };
    const answer = answerChallenge(
      { header: 'Proxy-Authorization', ...challenge },
      { username, password },
      { method: 'INVITE', uri },
      nc,
    );
    return { 'proxy-authorization': answer };
  }

  it('is told by its credentials, from wherever it comes', async () => {
    assert.equal((await identified('192.0.2.99', signed('192.0.2.99'))).trunk, 'west');
  });

  it('is left to be challenged with wrong credentials, a foreign or used nonce, or another URI', async () => {
    const address = '192.0.2.99';
    const nonce = challenges.nonces.issue(address);
    assert.equal((await identified(address, signed(address, { nonce }))).trunk, 'west');
    for (const headers of [
      signed(address, { nonce }),
      signed(address, { password: 'wrong' }),
      signed(address, { username: 'east' }),
      signed('192.0.2.98'),
      signed(address, { uri: 'sip:+4930555001@192.0.2.1' }),
    ]) {
      assert.equal(await identify(invite(address, headers)), undefined);
    }
    assert.equal((await identified(address, signed(address, { nonce, nc: 2 }))).trunk, 'west');
  });

  it('is not looked at any more after too many wrong passwords', async () => {
    const address = '192.0.2.99';
    for (let tries = 0; tries < 10; tries++) challenges.attempts.failed(address, 'west');
    assert.equal(await identify(invite(address, signed(address))), undefined);
    assert.equal((await identified('192.0.2.98', signed('192.0.2.98'))).trunk, 'west');
  });

  it('is a phone’s, though from a trunk’s address, when it shows credentials of a user', async () => {
    const headers = signed('198.51.100.7', { username: 'alice', password: 'alice-demo' });
    assert.equal(await identify(invite('198.51.100.7', headers)), undefined);
  });
});
