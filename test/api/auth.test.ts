import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { createHostTokens, type HostTokenOptions } from '../../gateway/api/host-token.js';
import { type ApiServer, startApiServer } from './api-server.js';

const SECRET = 'a secret the host application shares';
const ISSUER = 'https://host.example.com';
const AUDIENCE = 'roomline';

function claims(more: JWTPayload = {}): JWTPayload {
  const seconds = Math.floor(Date.now() / 1000);
  return { iss: ISSUER, aud: AUDIENCE, sub: 'host-17', iat: seconds, exp: seconds + 60, ...more };
}

type SigningKey = Parameters<SignJWT['sign']>[0];

const sign = (payload: JWTPayload, key: SigningKey = Buffer.from(SECRET), alg = 'HS256', kid?: string) =>
  new SignJWT(payload).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key);

describe('a token of the host application', () => {
  let api: ApiServer;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer({ jwt: { secret: SECRET, issuer: ISSUER, audience: AUDIENCE, algorithms: ['HS256'] } });
    await api.administration.updateUser('bob', { externalId: 'host-17' });
    await api.administration.createUser({ name: 'hugo', displayName: 'Hugo', externalId: 'host-18', admin: true });
  });
  after(() => api.close());

  const me = (token: string) => api.request('/v1/me', { token });

  it('is its user’s, by the external id', async () => {
    const answer = await me(await sign(claims()));
    assert.deepEqual([answer.status, answer.body.name], [200, 'bob']);
    const json = { kind: 'voice-communication' };
    assert.equal((await api.request('/v1/voice-requests', { token: await sign(claims()), json })).status, 201);
  });

  it('manages the directory when its user is an administrator', async () => {
    assert.equal((await api.request('/v1/users', { token: await sign(claims()) })).status, 403);
    assert.equal((await api.request('/v1/users', { token: await sign(claims({ sub: 'host-18' })) })).status, 200);
  });

  const forgeries: readonly [what: string, make: () => Promise<string> | string][] = [
    ['of another secret', () => sign(claims(), Buffer.from('another secret of at least 32 characters'))],
    ['signed with our own secret', () => sign(claims(), api.tokenSecret)],
    ['of an algorithm that was not agreed', () => sign(claims(), Buffer.from(SECRET), 'HS512')],
    ['without a signature (alg none)', () => new UnsecuredJWT(claims()).encode()],
    ['that has expired', () => sign(claims({ exp: Math.floor(Date.now() / 1000) - 60 }))],
    ['that never expires', () => sign(claims({ exp: undefined }))],
    ['that is good for years', () => sign(claims({ exp: Math.floor(Date.now() / 1000) + 100 * 86_400 }))],
    ['that is not good yet', () => sign(claims({ nbf: Math.floor(Date.now() / 1000) + 600 }))],
    ['that is issued in the future', () => sign(claims({ iat: Math.floor(Date.now() / 1000) + 30 }))],
    ['of another issuer', () => sign(claims({ iss: 'https://evil.example.com' }))],
    ['of no issuer', () => sign(claims({ iss: undefined }))],
    ['of our own issuer', () => sign(claims({ iss: 'roomline', aud: 'roomline-api', sub: 'bob' }))],
    ['for another audience', () => sign(claims({ aud: 'payroll' }))],
    ['for no audience', () => sign(claims({ aud: undefined }))],
    ['of nobody', () => sign(claims({ sub: undefined }))],
    ['of an empty name', () => sign(claims({ sub: '' }))],
    ['of a user who is not in the directory', () => sign(claims({ sub: 'host-99' }))],
    ['of a user’s name instead of their external id', () => sign(claims({ sub: 'alice' }))],
    ['that was changed after it was signed', async () => (await sign(claims())).replace(/\.[^.]+\./, '.e30.')],
    ['that is half of one', async () => (await sign(claims())).slice(0, 60)],
  ];
  for (const [what, make] of forgeries) {
    it(`${what} is refused with 401`, async () => {
      const answer = await me(await make());
      assert.equal(answer.status, 401, answer.text);
      assert.doesNotMatch(answer.text, /signature|secret|alg/i);
    });
  }

  it('that was issued before its user was revoked is refused', async () => {
    const hourAgo = Math.floor(Date.now() / 1000) - 3600;
    const [before, untold] = [await sign(claims({ iat: hourAgo })), await sign(claims({ iat: undefined }))];
    assert.deepEqual([(await me(before)).status, (await me(untold)).status], [200, 200]);
    await api.administration.revokeUser('bob');
    assert.deepEqual([(await me(before)).status, (await me(untold)).status], [401, 401]);
    assert.equal((await me(await sign(claims({ iat: Math.floor(Date.now() / 1000) + 1 })))).status, 200);
  });

  it('of a user who was disabled is refused', async () => {
    await api.administration.createUser({ name: 'ida', displayName: 'Ida', externalId: 'host-20' });
    const token = await sign(claims({ sub: 'host-20' }));
    assert.equal((await me(token)).status, 200);
    await api.administration.updateUser('ida', { disabled: true });
    assert.equal((await me(token)).status, 401);
  });
});

describe('a token of a host application with public keys', () => {
  let folder: string;
  let keys: Server;
  let api: ApiServer | undefined;
  let answerKeys: () => { status: number; body: string };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roomline-keys-'));
    keys = createServer((_request, response) => {
      const { status, body } = answerKeys();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(keys, 'listening');
  });
  after(async () => {
    keys.close();
    await rm(folder, { recursive: true });
  });
  afterEach(() => api?.close());

  async function start(jwks: string): Promise<ApiServer> {
    const started = await startApiServer({
      jwt: { jwks, issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'], userIs: 'name', userClaim: 'login' },
    });
    api = started;
    return started;
  }

  async function makeKey(kid: string) {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
  }

  it('is checked with those of a file, and names its user by the claim that was agreed', async () => {
    const { kid, privateKey, jwk } = await makeKey('one');
    const file = join(folder, 'jwks.json');
    await writeFile(file, JSON.stringify({ keys: [jwk] }));
    const { request } = await start(file);
    const good = await request('/v1/me', { token: await sign(claims({ login: 'carol' }), privateKey, 'ES256', kid) });
    assert.deepEqual([good.status, good.body.name], [200, 'carol']);
    const stranger = await makeKey('one');
    const forged = await sign(claims({ login: 'carol' }), stranger.privateKey, 'ES256', kid);
    assert.equal((await request('/v1/me', { token: forged })).status, 401);
    const confused = await sign(claims({ login: 'carol' }), Buffer.from(JSON.stringify(jwk)), 'HS256', kid);
    assert.equal((await request('/v1/me', { token: confused })).status, 401);
    const unknown = await sign(claims({ login: 'carol' }), privateKey, 'ES256', 'two');
    assert.equal((await request('/v1/me', { token: unknown })).status, 401);
  });

  it('is for nobody while the file is none, and the start says which', async () => {
    const file = join(folder, 'no-jwks.json');
    const options: HostTokenOptions = {
      secret: null,
      jwks: file,
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['ES256'],
      userClaim: 'sub',
      userIs: 'name',
      maxAgeSeconds: 60,
    };
    const users = {
      findByName: async () => undefined,
      findByExternalId: async () => undefined,
      findPasswordHash: async () => undefined,
    };
    const read = () => createHostTokens(options, users);
    const refused = {
      kind: 'invalid',
      message: /auth\.jwt\.jwks .*no-jwks\.json cannot be read as a JSON Web Key Set/,
    };
    await assert.rejects(read(), refused);
    for (const text of ['no JSON', '{}', '{"keys":7}']) {
      await writeFile(file, text);
      await assert.rejects(read(), refused, text);
    }
  });

  it('is checked with those of a URL; without an answer from there it is 503, and right after that it is heard', async () => {
    const { kid, privateKey, jwk } = await makeKey('one');
    answerKeys = () => ({ status: 500, body: '{}' });
    const { request } = await start(`http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`);
    const token = await sign(claims({ login: 'carol' }), privateKey, 'ES256', kid);
    const unavailable = await request('/v1/me', { token });
    assert.deepEqual([unavailable.status, unavailable.headers.has('retry-after')], [503, true]);
    answerKeys = () => ({ status: 200, body: JSON.stringify({ keys: [jwk] }) });
    assert.equal((await request('/v1/me', { token })).status, 200);
  });
});

describe('an API key', () => {
  let api: ApiServer;
  let admin: string;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer();
    admin = await api.loginAdmin();
  });
  after(() => api.close());

  const as = (user: string) => ({ 'roomline-user': user });
  const ask = (key: string, headers: Record<string, string>) =>
    api.request('/v1/voice-requests', { token: key, headers, json: { kind: 'exclusive-voice-communication' } });
  const make = (json: unknown) => api.request('/v1/api-keys', { token: admin, json });

  it('is made by an administrator, shown once, and acts for the user it names', async () => {
    const made = await make({ name: 'crm', scopes: ['rooms', 'requests'] });
    assert.equal(made.status, 201);
    const key = String(made.body.key);
    assert.match(key, /^rl_[A-Za-z0-9_-]{43}$/);
    const answer = await ask(key, as('carol'));
    assert.deepEqual([answer.status, (answer.body.room as { title: string }).title], [201, 'Carol']);
    assert.equal((await api.request('/v1/me', { token: key, headers: as('bob') })).body.name, 'bob');
    const list = await api.request('/v1/api-keys', { token: admin });
    assert.doesNotMatch(list.text, /rl_/);
    const { id, createdAt, ...listed } = (list.body.apiKeys as { id: string; createdAt: string }[])[0] ?? { id: '' };
    assert.deepEqual(listed, { name: 'crm', scopes: ['requests', 'rooms'] });
    assert.ok(Date.parse(createdAt ?? '') > 0);
    assert.equal((await api.request(`/v1/api-keys/${id}`, { method: 'DELETE', token: admin })).status, 204);
    const revoked = await ask(key, as('carol'));
    assert.deepEqual([revoked.status, revoked.body.error?.code], [401, 'bad-api-key']);
    assert.equal((await api.request(`/v1/api-keys/${id}`, { method: 'DELETE', token: admin })).status, 404);
  });

  it('must name a user for what a user does, and one there is', async () => {
    const key = await api.keyOf('requests', 'rooms');
    for (const [headers, code] of [
      [{}, 'user-required'],
      [as('mallory'), 'unknown-user'],
      [as('Alice'), 'unknown-user'],
      [as(`x' or '1'='1`), 'unknown-user'],
    ] as const) {
      const answer = await ask(key, headers);
      assert.deepEqual([answer.status, answer.body.error?.code], [400, code], JSON.stringify(headers));
    }
  });

  it('does what its scopes say and nothing else', async () => {
    const requests = await api.keyOf('requests');
    const rooms = await api.keyOf('rooms');
    const { body } = await ask(requests, as('alice'));
    const { number } = body.room as { number: string };
    const see = (key: string, user: string) => api.request(`/v1/rooms/${number}`, { token: key, headers: as(user) });
    assert.equal((await see(rooms, 'alice')).status, 200);
    assert.equal((await see(rooms, 'bob')).status, 403, 'the user it acts for may not');
    const refused = await see(requests, 'alice');
    assert.deepEqual([refused.status, refused.body.error?.code], [403, 'missing-scope']);
    assert.deepEqual(refused.body.error?.details, { scope: 'rooms' });
    assert.equal((await ask(rooms, as('alice'))).status, 403);
  });

  it('cannot be had by acting for an administrator', async () => {
    const key = await api.keyOf('requests', 'rooms', 'directory');
    const answer = await api.request('/v1/api-keys', { token: key, headers: as('root') });
    assert.deepEqual([answer.status, answer.body.error?.code], [403, 'missing-scope']);
  });

  it('that names a user in the header of a login token’s request changes nothing', async () => {
    const answer = await api.request('/v1/me', { token: await api.login('bob'), headers: as('alice') });
    assert.equal(answer.body.name, 'bob');
  });

  it('that is none is refused with 401', async () => {
    const good = await api.keyOf('requests');
    for (const key of ['rl_', 'rl_x', `rl_${'A'.repeat(43)}`, `${good}A`, good.slice(0, -1), good.toUpperCase()]) {
      assert.equal((await ask(key, as('alice'))).status, 401, key);
    }
  });

  it('that has expired is refused', async () => {
    const { key } = await api.apiKeys.create({
      name: 'short',
      scopes: ['requests'],
      expiresAt: new Date(Date.now() + 40),
    });
    const deadline = Date.now() + 5_000;
    while ((await ask(key, as('alice'))).status === 201) assert.ok(Date.now() < deadline, 'it is still good');
    assert.equal((await ask(key, as('alice'))).status, 401);
  });

  it('is refused when what it shall be is malformed', async () => {
    for (const json of [
      {},
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['everything'] },
      { name: 'x', scopes: 'admin' },
      { name: '', scopes: ['rooms'] },
      { name: 'n'.repeat(129), scopes: ['rooms'] },
      { name: 'x', scopes: ['rooms'], expiresAt: 'tomorrow' },
      { name: 'x', scopes: ['rooms'], expiresAt: '2020-01-01T00:00:00Z' },
      { name: 'x', scopes: ['rooms'], key: 'rl_mine' },
    ]) {
      assert.equal((await make(json)).status, 400, JSON.stringify(json));
    }
  });
});
