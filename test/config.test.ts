import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, isLoopback, loadConfig } from '../gateway/config.js';

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  assert.fail('the configuration was taken');
}

describe('the configuration', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomline-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function file(text: string): NodeJS.ProcessEnv {
    const path = join(folder, 'roomline.yaml');
    writeFileSync(path, text);
    return { ROOMLINE_CONFIG: path };
  }

  it('is the demo on loopback when nothing is said', () => {
    const config = loadConfig({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.advertise, '127.0.0.1');
    assert.equal(config.http.port, 8080);
    assert.equal(config.sip.port, 5060);
    assert.deepEqual(config.media.rtpPorts, { first: 30000, last: 39999 });
    assert.equal(config.demo, true);
  });

  it('is still the demo with other ports and another data folder', () => {
    const config = loadConfig({ ROOMLINE_HTTP_PORT: '0', ROOMLINE_SIP_PORT: '0', ROOMLINE_DATA: folder });
    assert.equal(config.demo, true);
    assert.equal(config.http.port, 0);
  });

  it('is no demo with a database, or off loopback, unless asked for', () => {
    assert.equal(loadConfig({ DATABASE_URL: 'mysql://u:p@127.0.0.1/roomline' }).demo, false);
    assert.equal(loadConfig({ ROOMLINE_HOST: '192.0.2.7' }).demo, false);
    assert.equal(loadConfig({ DATABASE_URL: 'sqlite:/tmp/x', ROOMLINE_SEED: 'demo' }).demo, true);
  });

  it('takes a file over the defaults and the environment over the file', () => {
    const environment = file('http: { port: 8081 }\nsip: { port: 5070 }\n');
    const config = loadConfig({ ...environment, ROOMLINE_SIP_PORT: '5080' });
    assert.equal(config.http.port, 8081);
    assert.equal(config.http.tokenSeconds, 43_200);
    assert.equal(config.sip.port, 5080);
  });

  it('listens at the address localhost stands for', () => {
    const config = loadConfig({ ROOMLINE_HOST: 'localhost' });
    assert.deepEqual([config.host, config.advertise, config.demo], ['127.0.0.1', '127.0.0.1', true]);
  });

  it('splits a drachtio-server address, whose secret may hold colons', () => {
    const config = loadConfig({ ROOMLINE_DRACHTIO: '127.0.0.1:9022:a:b' });
    assert.deepEqual(config.sip.drachtio, { host: '127.0.0.1', port: 9022, secret: 'a:b' });
  });

  it('splits the addresses of several rtpengines', () => {
    const config = loadConfig({ ROOMLINE_RTPENGINE: '127.0.0.1:2223, 127.0.0.2:2224' });
    assert.deepEqual(config.media.rtpengine, [
      { host: '127.0.0.1', port: 2223 },
      { host: '127.0.0.2', port: 2224 },
    ]);
  });

  const refusals: [string, NodeJS.ProcessEnv, RegExp][] = [
    ['a port that is no number', { ROOMLINE_HTTP_PORT: 'http' }, /^http\.port \(ROOMLINE_HTTP_PORT\): is not a port/],
    ['a port beyond 65535', { ROOMLINE_SIP_PORT: '70000' }, /^sip\.port \(ROOMLINE_SIP_PORT\): is not a port/],
    ['a port below 0', { ROOMLINE_SIP_PORT: '-1' }, /^sip\.port \(ROOMLINE_SIP_PORT\): is not a port/],
    ['a port range that runs backwards', { ROOMLINE_RTP_PORTS: '40000-30000' }, /ROOMLINE_RTP_PORTS/],
    ['ports too few for one call', { ROOMLINE_RTP_PORTS: '30000-30006' }, /ROOMLINE_RTP_PORTS\): .*at least 8 ports/],
    ['a database nobody knows', { DATABASE_URL: 'postgres://x' }, /database\.url \(DATABASE_URL\)/],
    ['a wildcard without an address to tell', { ROOMLINE_HOST: '0.0.0.0' }, /ROOMLINE_ADVERTISE/],
    ['a certificate without its key', { ROOMLINE_TLS_CERT: '/x.pem' }, /ROOMLINE_TLS_KEY/],
    ['an unknown kind of TLS', { ROOMLINE_TLS: 'letsencrypt' }, /ROOMLINE_TLS\): is not self-signed/],
    ['a drachtio address without secret', { ROOMLINE_DRACHTIO: '127.0.0.1:9022' }, /host:port:secret/],
    ['an unknown role', { ROOMLINE_ROLE: 'boss' }, /role \(ROOMLINE_ROLE\)/],
    [
      'a role of two without the key they share',
      { ROOMLINE_ROLE: 'voice', DATABASE_URL: 'sqlite:/x' },
      /ROOMLINE_PEER_KEY/,
    ],
    [
      'a role of two without their database',
      { ROOMLINE_ROLE: 'directory', ROOMLINE_PEER_KEY: 'k'.repeat(32) },
      /DATABASE_URL/,
    ],
    ['a peer key anybody could guess', { ROOMLINE_PEER_KEY: 'secret' }, /peer\.key \(ROOMLINE_PEER_KEY\): is not 32/],
    ['a peer that is no URL', { ROOMLINE_PEER_URL: 'voice:8080' }, /peer\.url \(ROOMLINE_PEER_URL\)/],
    ['a short secret of host tokens', { ROOMLINE_JWT_SECRET: 'short' }, /auth\.jwt\.secret \(ROOMLINE_JWT_SECRET\)/],
    ['keys fetched in the clear', { ROOMLINE_JWT_JWKS: 'http://example.com/jwks' }, /auth\.jwt\.jwks/],
    ['a file that is not there', { ROOMLINE_CONFIG: '/nowhere/roomline.yaml' }, /\/nowhere\/roomline\.yaml/],
  ];
  for (const [what, environment, message] of refusals) {
    it(`refuses ${what}, naming it`, () => assert.match(refusal(environment), message));
  }

  it('refuses unknown keys and broken YAML of a file', () => {
    assert.match(refusal(file('htpp: { port: 1 }')), /htpp/);
    assert.match(refusal(file('http: [')), /roomline\.yaml/);
    assert.match(refusal(file('rooms: { groupNumbers: { from: 200, to: 7999 } }')), /differ in length/);
  });

  for (const [what, rooms, message] of [
    [
      'ranges that overlap',
      'temporaryNumbers: { from: 7000, to: 9999 }',
      /rooms\.groupNumbers \(2000 to 7999\) and rooms\.temporaryNumbers \(7000 to 9999\) overlap/,
    ],
    ['a range within another', 'exclusiveNumbers: { from: 200000, to: 200100 }', /temporaryNumbers .* overlap/],
    ['a range of nine', 'groupNumbers: { from: 200, to: 208 }', /rooms\.groupNumbers has 9 numbers: .* at least 10/],
    ['a range that runs backwards', 'groupNumbers: { from: 300, to: 200 }', /from is larger than to/],
    ['numbers of two digits', 'groupNumbers: { from: 10, to: 99 }', /groupNumbers\.from/],
    ['numbers of thirteen digits', 'groupNumbers: { from: 1000000000000, to: 1000000000100 }', /groupNumbers\.to/],
    [
      'rooms that end before one can dial',
      'temporaryEmptySeconds: 59',
      /rooms\.temporaryEmptySeconds: is less than 60/,
    ],
    ['numbers that do not rest', 'quarantineSeconds: 0', /rooms\.quarantineSeconds: is less than 60/],
    ['rooms too old before they are empty', 'temporaryMaxAgeSeconds: 299', /temporaryMaxAgeSeconds is less than/],
    ['a lifetime that is no whole number', 'temporaryEmptySeconds: 60.5', /rooms\.temporaryEmptySeconds/],
  ] as const) {
    it(`refuses ${what}, naming what to mend`, () => assert.match(refusal(file(`rooms: { ${rooms} }`)), message));
  }

  for (const [section, key] of [
    ['invitations', 'ringSeconds'],
    ['lobby', 'digitSeconds'],
    ['media', 'rtpIdleSeconds'],
    ['liveness', 'optionsIntervalSeconds'],
    ['liveness', 'optionsTimeoutSeconds'],
    ['shutdown', 'drainSeconds'],
  ]) {
    it(`refuses a ${key} of more than a day, which no timer could wait for`, () => {
      const said = refusal(file(`${section}: { ${key}: 86401 }`));
      assert.equal(said, `${section}.${key}: is more than a day`);
      loadConfig(file(`${section}: { ${key}: 86400 }`));
    });
  }

  it('takes ranges that touch, and those of other lengths', () => {
    const rooms = 'groupNumbers: { from: 200, to: 299 }, temporaryNumbers: { from: 300, to: 309 }';
    assert.deepEqual(loadConfig(file(`rooms: { ${rooms} }`)).rooms.temporaryNumbers, { from: 300, to: 309 });
  });

  const JWT = "issuer: 'https://host.example', audience: roomline";
  for (const [what, jwt, message] of [
    ['without issuer, audience and algorithms', '', /issuer is missing.*audience is missing.*algorithms is empty/s],
    ['signed by anything', `${JWT}, algorithms: [none]`, /auth\.jwt\.algorithms/],
    [
      'of a secret signed with public keys',
      `${JWT}, algorithms: [HS256, RS256]`,
      /has RS256, which does not go with a secret/,
    ],
    ['with both a secret and keys', `${JWT}, algorithms: [HS256], jwks: /etc/jwks.json`, /both a secret and jwks/],
  ] as const) {
    it(`refuses host tokens ${what}`, () => {
      const environment = file(`auth: { jwt: { ${jwt} } }`);
      assert.match(refusal({ ...environment, ROOMLINE_JWT_SECRET: 's'.repeat(32) }), message);
    });
  }

  it('refuses to take a public key for a shared secret', () => {
    const jwt = `${JWT}, jwks: 'https://host.example/jwks', algorithms: [HS256]`;
    assert.match(refusal(file(`auth: { jwt: { ${jwt} } }`)), /has HS256, which does not go with jwks/);
  });

  it('takes host tokens that say all of it', () => {
    const environment = file(`auth: { jwt: { ${JWT}, algorithms: [HS256] } }`);
    const { jwt } = loadConfig({ ...environment, ROOMLINE_JWT_SECRET: 's'.repeat(32) }).auth;
    assert.deepEqual([jwt.algorithms, jwt.userIs, jwt.jwks], [['HS256'], 'external-id', null]);
  });

  it('says in one line what is wrong with a file that is no YAML', () => {
    const message = refusal(file('http: {\n  port: 1\n  port: [2\n}}}\n'));
    assert.match(message, /^ROOMLINE_CONFIG: cannot read .*roomline\.yaml: .*line \d+/);
    assert.doesNotMatch(message, /\n/);
  });

  it('refuses a file that says nothing in place of keys, whatever the environment says of them', () => {
    assert.match(refusal({ ...file('http:\n'), ROOMLINE_HTTP_PORT: '8080' }), /^http: /m);
    assert.match(refusal({ ...file('auth: { jwt: none }\n'), ROOMLINE_JWT_SECRET: 's'.repeat(32) }), /^auth\.jwt: /m);
  });

  it('names every wrong key at once', () => {
    const message = refusal({ ROOMLINE_HTTP_PORT: 'x', ROOMLINE_SIP_PORT: 'y' });
    assert.equal(message.split('\n').length, 2);
  });

  it('cannot be changed once loaded', () => {
    const config = loadConfig({});
    assert.throws(() => Object.assign(config.http, { port: 1 }), TypeError);
  });

  it('tells loopback from the world', () => {
    assert.ok(isLoopback('127.0.0.3') && isLoopback('::1') && isLoopback('localhost'));
    assert.ok(!isLoopback('0.0.0.0') && !isLoopback('192.0.2.1'));
  });
});
