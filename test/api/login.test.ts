import assert from 'node:assert/strict';
import { SignJWT, UnsecuredJWT } from 'jose';
import { LoginThrottle } from '../../gateway/api/login-throttle.js';
import { createTokens } from '../../gateway/api/token.js';
import { type ApiServer, startApiServer } from './api-server.js';

describe('POST /v1/login', () => {
  let api: ApiServer;
  let nowMs = 0;

  beforeEach(async function () {
    this.timeout(60_000);
    nowMs = 1_000_000;
    const limits = { perUserAndAddress: 3, perUser: 50, perAddress: 5, windowMs: 60_000 };
    api = await startApiServer({ loginThrottle: new LoginThrottle(limits, () => nowMs) });
  });
  afterEach(() => api.close());

  const login = (user: unknown, password: unknown, more: object = {}) =>
    api.request('/v1/login', { json: { user, password, ...more } });

  it('answers a token that opens the API', async () => {
    const answer = await login('alice', 'alice-demo');
    assert.equal(answer.status, 200);
    const me = await api.request('/v1/me', { token: String(answer.body.token) });
    assert.equal(me.status, 200);
    const { id, ...shown } = me.body;
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.deepEqual(shown, {
      name: 'alice',
      displayName: 'Alice',
      admin: false,
      telephone: null,
      language: null,
      languages: ['en', 'zh'],
      groups: [{ name: 'engineering', title: 'Engineering', role: 'moderator' }],
    });
  });

  it('lets users choose the language they are spoken to in, and nothing else', async () => {
    const token = await api.login('bob');
    const change = (json: unknown) => api.request('/v1/me', { method: 'PATCH', token, json });
    assert.equal((await change({ language: 'zh' })).body.language, 'zh');
    assert.equal((await api.request('/v1/me', { token })).body.language, 'zh');
    assert.equal((await change({ language: 'zh-TW' })).body.language, 'zh-TW', 'spoken in zh');
    assert.equal((await change({ language: null })).body.language, null);
    assert.equal((await api.request('/v1/me', { token })).body.language, null);
    for (const json of [
      {},
      { language: 'Chinese' },
      { language: 5 },
      { language: 'zh', admin: true },
      { telephone: '+4930123456' },
    ]) {
      assert.equal((await change(json)).status, 400, JSON.stringify(json));
    }
    assert.equal((await api.request('/v1/me', { method: 'PATCH', json: { language: 'zh' } })).status, 401);
  });

  it('lists the languages a voice server speaks, and refuses others', async () => {
    const token = await api.login('carol');
    const change = (language: string) => api.request('/v1/me', { method: 'PATCH', token, json: { language } });
    const refused = await change('zz');
    assert.equal(refused.status, 400);
    const { error } = refused.body;
    assert.equal(error?.code, 'unknown-language');
    assert.match(error.message, /"zz": choose of en, zh$/);
    assert.deepEqual(error.details, { unknown: ['zz'], languages: ['en', 'zh'] });
    await api.store.spokenLanguages.replace(['de', 'en']);
    assert.deepEqual((await api.request('/v1/me', { token })).body.languages, ['de', 'en']);
    assert.deepEqual((await change('de')).body.languages, ['de', 'en']);
    assert.equal((await change('zh')).status, 400);
    assert.equal((await api.request('/v1/me', { token })).body.language, 'de');
    await api.store.spokenLanguages.replace(['en', 'zh']);
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const wrong = await login('alice', 'bob-demo');
    const unknown = await login('mallory', 'bob-demo');
    assert.deepEqual([wrong.status, wrong.body], [401, unknown.body]);
    assert.equal(unknown.status, 401);
  });

  it('compares names exactly', async () => {
    for (const name of ['Alice', 'alice ', 'álice', `alice' --`]) {
      assert.equal((await login(name, 'alice-demo')).status, 401, name);
    }
  });

  for (const [what, user, password, more] of [
    ['a number for a user', 5, 'x', {}],
    ['no password', 'alice', undefined, {}],
    ['an object for a password', 'alice', { $ne: '' }, {}],
    ['an empty password', 'alice', '', {}],
    ['a password of 2,000 characters', 'alice', 'x'.repeat(2000), {}],
    ['an unknown key', 'alice', 'alice-demo', { remember: true }],
  ] as const) {
    it(`refuses ${what} with 400`, async () => {
      const answer = await login(user, password, more);
      assert.deepEqual([answer.status, answer.body.error?.code], [400, 'invalid-request']);
    });
  }

  it('answers 429 with Retry-After after too many failures, also to the right password, until the time is over', async () => {
    for (let index = 0; index < 3; index++) assert.equal((await login('alice', 'wrong')).status, 401);
    const refused = await login('alice', 'alice-demo');
    assert.deepEqual([refused.status, refused.body.error?.code], [429, 'too-many-logins']);
    assert.equal(refused.headers.get('retry-after'), '60');
    assert.equal((await login('bob', 'bob-demo')).status, 200);
    nowMs += 60_000;
    assert.equal((await login('alice', 'alice-demo')).status, 200);
  });

  it('hears no more guesses than allowed when they come all at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => login('alice', 'wrong')));
    const heard = answers.filter(({ status }) => status === 401).length;
    // Two are in the works at any time, so one may slip in beside the third.
    assert.ok(heard === 3 || heard === 4, `${heard} were heard`);
    assert.equal(answers.filter(({ status }) => status === 429).length, 20 - heard);
  });

  it('stops an address that tries one password on many users', async () => {
    for (const name of ['alice', 'bob', 'carol', 'dave', 'erin']) await login(name, 'wrong');
    assert.equal((await login('erin', 'erin-demo')).status, 429);
  });

  it('answers 429 with Retry-After at once when too many wait, and goes on with those who do', async () => {
    const answers = await Promise.all(Array.from({ length: 120 }, () => login('alice', 'alice-demo')));
    const refused = answers.filter(({ status }) => status === 429);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 429]));
    assert.ok(answers.length - refused.length >= 30, `${answers.length - refused.length} were let in`);
    assert.deepEqual(new Set(refused.map(({ body }) => body.error?.code)), new Set(['logins-busy']));
    assert.ok(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0));
    assert.equal((await login('alice', 'alice-demo')).status, 200);
  }).timeout(60_000);

  it('lets eight log in at once as the same user', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => login('alice', 'alice-demo')));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  }).timeout(60_000);
});

describe('a bearer token', () => {
  let api: ApiServer;
  let userId: string;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer();
    userId = (await api.store.users.findByName('alice'))?.id ?? '';
  });
  after(() => api.close());

  const me = (headers: Record<string, string>) => api.request('/v1/me', { headers });

  function claims(more: Record<string, unknown> = {}) {
    const seconds = Math.floor(Date.now() / 1000);
    return {
      iss: 'roomline',
      aud: 'roomline-api',
      sub: 'alice',
      uid: userId,
      exp: seconds + 60,
      iat: seconds,
      ...more,
    };
  }
  const sign = (payload: Record<string, unknown>, alg = 'HS256', secret: Uint8Array = api.tokenSecret) =>
    new SignJWT(payload).setProtectedHeader({ alg }).sign(secret);

  it('is accepted when it is whole', async () => {
    assert.equal((await me({ authorization: `Bearer ${await sign(claims())}` })).status, 200);
  });

  const forgeries: readonly [what: string, make: () => Promise<string> | string][] = [
    ['of another secret', () => sign(claims(), 'HS256', Buffer.alloc(48, 1))],
    ['of another algorithm', () => sign(claims(), 'HS512')],
    ['without a signature', () => new UnsecuredJWT(claims()).encode()],
    ['that has expired', () => sign(claims({ exp: Math.floor(Date.now() / 1000) - 1 }))],
    ['that never expires', () => sign({ ...claims(), exp: undefined })],
    ['of another issuer', () => sign(claims({ iss: 'someone' }))],
    ['for another audience', () => sign(claims({ aud: 'other-api' }))],
    ['without a user', () => sign({ ...claims(), sub: undefined })],
    ['of a user who is gone', () => sign(claims({ sub: 'zoe' }))],
    ['of an earlier user of that name', () => sign(claims({ uid: 'another' }))],
    ['that is empty', () => ''],
    ['of nonsense', () => 'eyJ.x.y'],
    ['of 8,000 characters', () => 'a'.repeat(8000)],
  ];
  for (const [what, make] of forgeries) {
    it(`${what} is refused with 401`, async () => {
      const answer = await me({ authorization: `Bearer ${await make()}` });
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.ok(['bad-token', 'no-token'].includes(answer.body.error?.code ?? ''));
    });
  }

  it('is taken from the header alone, never from the URL, a cookie or Basic', async () => {
    const token = await sign(claims());
    assert.equal((await api.request(`/v1/me?token=${token}&access_token=${token}`)).status, 401);
    assert.equal((await me({ cookie: `token=${token}` })).status, 401);
    assert.equal((await me({ authorization: `Basic ${token}` })).status, 401);
    assert.equal((await me({ authorization: token })).status, 401);
  });

  it('that was good is refused once it has expired', async () => {
    let now = 1_800_000_000_000;
    const tokens = createTokens({ secret: Buffer.alloc(48, 7), lifetimeSeconds: 10, now: () => now });
    const token = await tokens.issue({ id: 'id', name: 'alice' });
    assert.deepEqual(await tokens.verify(token), {
      userName: 'alice',
      userId: 'id',
      issuedAtMs: now,
      expiresAtMs: now + 10_000,
    });
    now += 9_999;
    await tokens.verify(token);
    now += 1;
    await assert.rejects(tokens.verify(token), { kind: 'unauthenticated' });
  });
});
