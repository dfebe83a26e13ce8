import assert from 'node:assert/strict';
import { administeredWorldOfEachTest } from './administered-world.js';

describe('the directory over the API', () => {
  const world = administeredWorldOfEachTest();
  const { send, get } = world;

  describe('users', () => {
    it('have a telephone and a language, which stay unless they are told or taken away', async () => {
      const put = async (json: unknown) => {
        const { status, body } = await send('PUT', '/v1/users/zoe', json);
        return [status, body.telephone, body.language];
      };
      assert.deepEqual(await put({ telephone: '+4930123456', language: 'zh' }), [201, '+4930123456', 'zh']);
      assert.deepEqual(await put({ displayName: 'Zoë' }), [200, '+4930123456', 'zh']);
      assert.deepEqual(await put({ telephone: '+43112345678' }), [200, '+43112345678', 'zh']);
      assert.deepEqual(await put({ telephone: null, language: null }), [200, null, null]);
      for (const wrong of [
        { telephone: '030123456' },
        { telephone: '+112' },
        { telephone: '+0301234567' },
        { telephone: 'tel:+4930123456' },
        { telephone: '+4930 123456' },
        { telephone: `+${'1'.repeat(16)}` },
        { telephone: 4930123456 },
        { telephone: '' },
        { language: 'Chinese' },
        { language: '../en' },
        { language: '' },
        { language: `zh${'-abcdefgh'.repeat(4)}` },
        { language: 7 },
        { language: 'zz' },
      ]) {
        assert.equal((await put(wrong))[0], 400, JSON.stringify(wrong));
      }
      const found = await world.api.store.users.findByName('zoe');
      assert.ok(found !== undefined && !('telephone' in found) && !('language' in found));
    });

    it('are imported with their telephones and languages', async () => {
      const user = { externalId: 'u-1', name: 'zoe', displayName: 'Zoe' };
      const take = async (more: object) =>
        (await send('POST', '/v1/directory/import', { users: [{ ...user, ...more }] })).body.users;
      const lines = async () => {
        const found = await world.api.store.users.findByExternalId('u-1');
        return [found?.telephone, found?.language];
      };
      const nothing = { created: 0, updated: 0, disabled: 0 };
      assert.deepEqual(await take({ telephone: '+4930123456', language: 'zh' }), { ...nothing, created: 1 });
      assert.deepEqual(await lines(), ['+4930123456', 'zh']);
      assert.deepEqual(await take({}), nothing);
      assert.deepEqual(await lines(), ['+4930123456', 'zh']);
      assert.deepEqual(await take({ telephone: null, language: 'en' }), { ...nothing, updated: 1 });
      assert.deepEqual(await lines(), [undefined, 'en']);
      for (const wrong of [{ telephone: '0301' }, { language: 'zz' }]) {
        const refused = await send('POST', '/v1/directory/import', { users: [{ ...user, ...wrong }] });
        assert.equal(refused.status, 400, JSON.stringify(wrong));
      }
      assert.deepEqual(await lines(), [undefined, 'en']);
    });

    it('are made, changed, disabled, listed and removed by an administrator', async () => {
      const made = await send('PUT', '/v1/users/zoe', { externalId: 'u-1', password: 'correct horse' });
      assert.equal(made.status, 201);
      const { id, ...shown } = made.body;
      assert.match(String(id), /./);
      assert.deepEqual(shown, {
        name: 'zoe',
        displayName: 'zoe',
        externalId: 'u-1',
        admin: false,
        disabled: false,
        telephone: null,
        language: null,
      });
      const login = () => world.api.request('/v1/login', { json: { user: 'zoe', password: 'correct horse' } });
      const token = String((await login()).body.token);
      assert.equal((await send('PUT', '/v1/users/zoe', { displayName: 'Zoë' })).body.displayName, 'Zoë');
      const { body } = await send('PUT', '/v1/users/zoe', { disabled: true });
      assert.deepEqual([body.displayName, body.disabled], ['Zoë', true]);
      assert.equal((await login()).status, 401);
      assert.equal((await get('/v1/me', token)).status, 401);
      await send('PUT', '/v1/users/zoe', { disabled: false });
      assert.equal((await login()).status, 200);
      const names = ((await get('/v1/users?limit=500')).body.users as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(names, ['alice', 'bob', 'carol', 'dave', 'erin', 'root', 'zoe']);
      assert.equal((await send('DELETE', '/v1/users/zoe')).status, 204);
      assert.equal((await get('/v1/users/zoe')).status, 404);
      assert.equal((await send('DELETE', '/v1/users/zoe')).status, 404);
    });

    it('are refused when they are malformed or in use, and nothing is written', async () => {
      await send('PUT', '/v1/users/zoe', { externalId: 'u-1' });
      for (const [path, json, status] of [
        ['Zoe', {}, 400],
        ['12345', {}, 400],
        ['z'.repeat(65), {}, 400],
        ['%F0%9F%93%9E', {}, 400],
        [`x' or '1'='1`, {}, 400],
        ['yan', { password: 'short' }, 400],
        ['yan', { password: 'x'.repeat(257) }, 400],
        ['yan', { admin: 'yes' }, 400],
        ['yan', { name: 'zoe' }, 400],
        ['yan', { displayName: '' }, 400],
        ['yan', { externalId: 'u-1' }, 409],
      ] as const) {
        const answer = await send('PUT', `/v1/users/${path}`, json);
        assert.equal(answer.status, status, `${path} ${JSON.stringify(json)}: ${answer.text}`);
      }
      assert.equal(((await get('/v1/users')).body.users as unknown[]).length, 7);
    });

    it('get a SIP secret of their own, shown once and another each time', async () => {
      const first = await send('POST', '/v1/users/bob/sip-secret');
      assert.equal(first.status, 201);
      assert.match(String(first.body.secret), /^[0-9a-f]{20}$/);
      const account = await world.api.store.sipAccounts.findByUserName('bob');
      const second = await send('POST', '/v1/users/bob/sip-secret');
      assert.notEqual(second.body.secret, first.body.secret);
      assert.notEqual((await world.api.store.sipAccounts.findByUserName('bob'))?.ha1, account?.ha1);
      assert.equal((await send('POST', '/v1/users/mallory/sip-secret')).status, 404);
    });

    it('who are revoked are logged out everywhere, and may log in again at once', async () => {
      const token = await world.api.login('bob');
      const revoked: string[] = [];
      world.api.accessEvents.on('user.revoked', ({ user }) => revoked.push(user));
      assert.equal((await send('POST', '/v1/users/bob/revoke')).status, 204);
      assert.deepEqual(revoked, ['bob']);
      assert.equal((await get('/v1/me', token)).status, 401);
      const again = await world.api.request('/v1/login', { json: { user: 'bob', password: 'bob-demo' } });
      assert.equal((await get('/v1/me', String(again.body.token))).status, 200);
      assert.equal((await send('POST', '/v1/users/mallory/revoke')).status, 404);
    });
  });
});
