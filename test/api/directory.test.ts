import assert from 'node:assert/strict';
import { administeredWorldOfEachTest } from './administered-world.js';
import type { RequestOptions } from './api-request.js';

describe('the directory over the API', () => {
  const world = administeredWorldOfEachTest();
  const { send, get } = world;

  async function numberOf(user: string, group?: string): Promise<string> {
    const json = { kind: 'voice-communication', ...(group === undefined ? {} : { group }) };
    const answer = await world.api.request('/v1/voice-requests', { token: await world.api.login(user), json });
    return (answer.body.room as { number: string }).number;
  }

  describe('groups', () => {
    it('are made, changed, listed and removed by an administrator', async () => {
      const made = await send('PUT', '/v1/groups/Büro 📞', { title: 'Office', externalId: 'g-1' });
      assert.equal(made.status, 201);
      const { id, ...shown } = made.body;
      assert.match(String(id), /./);
      assert.deepEqual(shown, { name: 'Büro 📞', title: 'Office', externalId: 'g-1', hasPin: false });
      const changed = await send('PUT', '/v1/groups/Büro 📞', { title: 'The Office' });
      assert.deepEqual([changed.status, changed.body.title, changed.body.externalId], [200, 'The Office', 'g-1']);
      assert.deepEqual((await get('/v1/groups/Büro 📞')).body, changed.body);
      const names = ((await get('/v1/groups')).body.groups as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(names.sort(), ['Büro 📞', 'engineering', 'sales'].sort());
      assert.equal((await send('DELETE', '/v1/groups/Büro 📞')).status, 204);
      assert.equal((await get('/v1/groups/Büro 📞')).status, 404);
      assert.equal((await send('DELETE', '/v1/groups/Büro 📞')).status, 404);
    });

    it('are listed in pages, by name', async () => {
      for (const name of ['a', 'b', 'c']) await send('PUT', `/v1/groups/${name}`, {});
      const page = async (query: string) =>
        ((await get(`/v1/groups?${query}`)).body.groups as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(await page('limit=2'), ['a', 'b']);
      assert.deepEqual(await page('limit=2&after=b'), ['c', 'engineering']);
      for (const query of ['limit=0', 'limit=x', 'limit=501', 'limit=1.5', 'after=', 'after=a&after=b']) {
        assert.equal((await get(`/v1/groups?${query}`)).status, 400, query);
      }
    });

    it('get and lose members, who may and may not see them', async () => {
      const erin = await world.api.login('erin');
      assert.equal((await get('/v1/groups/engineering', erin)).status, 403);
      const added = await send('PUT', '/v1/groups/engineering/members/erin', { role: 'listener' });
      assert.deepEqual([added.status, added.body], [200, { user: 'erin', displayName: 'Erin', role: 'listener' }]);
      assert.equal((await get('/v1/groups/engineering', erin)).status, 200);
      const members = (await get('/v1/groups/engineering/members', erin)).body.members as { user: string }[];
      assert.deepEqual(
        members.map(({ user }) => user),
        ['alice', 'bob', 'carol', 'dave', 'erin'],
      );
      const changed = await send('PUT', '/v1/groups/engineering/members/erin');
      assert.equal(changed.body.role, 'member');
      const events: string[] = [];
      world.api.accessEvents.on('member.removed', ({ user }) => events.push(user));
      assert.equal((await send('DELETE', '/v1/groups/engineering/members/erin')).status, 204);
      assert.deepEqual(events, ['erin']);
      assert.equal((await get('/v1/groups/engineering', erin)).status, 403);
      assert.equal((await send('DELETE', '/v1/groups/engineering/members/erin')).status, 404);
      assert.equal((await send('PUT', '/v1/groups/engineering/members/mallory')).status, 404);
      assert.equal((await send('PUT', '/v1/groups/none/members/erin')).status, 404);
    });

    it('get a number that is chosen, another, a free one, and none', async () => {
      const bind = (json?: unknown) => send('PUT', '/v1/groups/engineering/number', json);
      assert.equal((await bind({ number: '4711' })).body.number, '4711');
      assert.equal(await numberOf('alice'), '4711');
      assert.deepEqual((await get('/v1/numbers/4711')).body, {
        number: '4711',
        kind: 'group',
        title: 'Engineering',
        group: 'engineering',
      });
      const ended: string[] = [];
      world.api.accessEvents.on('room.ended', ({ room }) => ended.push(room));
      assert.equal((await bind({ number: '123' })).body.number, '123');
      assert.deepEqual(ended, ['4711']);
      assert.equal((await get('/v1/numbers/4711')).status, 404);
      assert.equal((await get('/v1/rooms/4711', await world.api.login('alice'))).status, 404);
      const free = String((await bind()).body.number);
      assert.match(free, /^[2-7]\d{3}$/);
      assert.equal(await numberOf('bob'), free);
      assert.equal((await send('DELETE', '/v1/groups/engineering/number')).status, 204);
      assert.equal((await get('/v1/groups/engineering')).body.number, undefined);
      assert.equal((await get(`/v1/numbers/${free}`)).status, 404);
      assert.notEqual(await numberOf('bob'), free, 'a number that was released rests');
      assert.equal((await bind({ number: free })).body.number, free, 'unless it is chosen again');
    });

    it('do not get a number that is taken, is of another kind, or is none', async () => {
      const bind = (group: string, number: unknown) => send('PUT', `/v1/groups/${group}/number`, { number });
      await bind('sales', '5000');
      assert.equal((await bind('engineering', '5000')).status, 409);
      for (const number of ['100000', '800000', '12', '1'.repeat(13), 'abc', '٤٧١١', '47 11', 4711, null]) {
        assert.equal((await bind('engineering', number)).status, 400, String(number));
      }
      assert.equal((await bind('none', '5002')).status, 404);
      assert.equal((await get('/v1/groups/engineering')).body.number, undefined);
    });

    it('are refused when they are malformed, and nothing is written', async () => {
      for (const [path, json] of [
        ['x', { titel: 'X' }],
        ['x', { title: '' }],
        ['x', { title: 7 }],
        ['x', { title: 'T'.repeat(129) }],
        ['x', { title: 'a\u0000b' }],
        ['x', []],
        ['x'.repeat(65), {}],
        ['%00', {}],
        ['engineering/members/erin', { role: 'owner' }],
        ['engineering/members/erin', { role: null }],
        ['engineering/members/erin', { rolle: 'member' }],
      ] as const) {
        const answer = await send('PUT', `/v1/groups/${path}`, json);
        assert.equal(answer.status, 400, `${path} ${JSON.stringify(json)}: ${answer.text}`);
      }
      assert.equal(((await get('/v1/groups')).body.groups as unknown[]).length, 2);
      assert.equal(((await get('/v1/groups/engineering/members')).body.members as unknown[]).length, 4);
    });
  });

  describe('a host application’s import', () => {
    const users = [
      { externalId: 'u1', name: 'uma', displayName: 'Uma' },
      { externalId: 'u2', name: 'umut', displayName: 'Umut' },
    ];
    const groups = [
      { externalId: 'g1', name: 'support', title: 'Support', members: ['u1', { user: 'u2', role: 'moderator' }] },
    ];
    const take = (json: unknown) => send('POST', '/v1/directory/import', json);

    it('makes what is new, changes what is there, and takes members away at once', async () => {
      const first = await take({ users, groups });
      assert.deepEqual(
        [first.status, first.body],
        [
          200,
          {
            users: { created: 2, updated: 0, disabled: 0 },
            groups: { created: 1, updated: 0, removed: 0 },
            members: { added: 2, changed: 0, removed: 0 },
          },
        ],
      );
      const members = async () => (await get('/v1/groups/support/members')).body.members;
      assert.deepEqual(await members(), [
        { user: 'uma', displayName: 'Uma', externalId: 'u1', role: 'member' },
        { user: 'umut', displayName: 'Umut', externalId: 'u2', role: 'moderator' },
      ]);
      const removed: string[] = [];
      world.api.accessEvents.on('member.removed', ({ user }) => removed.push(user));
      const second = await take({ groups: [{ ...groups[0], members: ['u2'] }] });
      assert.deepEqual(second.body.members, { added: 0, changed: 1, removed: 1 });
      assert.deepEqual(removed, ['uma']);
      const third = await take({ users: [{ ...users[0], disabled: true }], groups: [{ ...groups[0], removed: true }] });
      assert.equal((third.body.users as { disabled: number }).disabled, 1);
      assert.equal((await get('/v1/users/uma')).body.disabled, true);
      assert.equal((await get('/v1/groups/support')).status, 404);
    });

    it('takes more than a request may hold elsewhere', async () => {
      const many = Array.from({ length: 2_000 }, (_, index) => ({
        externalId: `host-${index}`,
        name: `host-user-${index}`,
        displayName: `User number ${index} of the host application`,
      }));
      assert.ok(JSON.stringify(many).length > 65_536);
      assert.deepEqual((await take({ users: many })).body.users, { created: 2_000, updated: 0, disabled: 0 });
    }).timeout(120_000);

    it('is all or nothing', async () => {
      for (const [json, status] of [
        [{ users, groups: [{ ...groups[0], members: ['u1', 'u3'] }] }, 400],
        [{ users: [...users, { ...users[0], name: 'other' }] }, 400],
        [{ users: [...users, { externalId: 'u3', name: 'Not A Name', displayName: 'X' }] }, 400],
        [{ users: [...users, { externalId: 'u3', name: 'x' }] }, 400],
        [{ users: [...users, { externalId: 'u3', name: 'x', displayName: 'X', admin: true }] }, 400],
        [{ users: 'all' }, 400],
        [{ users, remove: true }, 400],
        [[], 400],
      ] as const) {
        const answer = await take(json);
        assert.equal(answer.status, status, `${JSON.stringify(json)}: ${answer.text}`);
      }
      assert.equal((await get('/v1/users/uma')).status, 404);
      assert.equal((await get('/v1/groups/support')).status, 404);
    });
  });

  describe('is closed', () => {
    const routes: readonly [method: string, path: string, json?: unknown][] = [
      ['GET', '/v1/groups'],
      ['PUT', '/v1/groups/mine', {}],
      ['DELETE', '/v1/groups/sales'],
      ['PUT', '/v1/groups/sales/members/alice', {}],
      ['DELETE', '/v1/groups/sales/members/erin'],
      ['PUT', '/v1/groups/engineering/number', { number: '4711' }],
      ['DELETE', '/v1/groups/engineering/number'],
      ['GET', '/v1/numbers/4711'],
      ['GET', '/v1/users'],
      ['GET', '/v1/users/bob'],
      ['PUT', '/v1/users/alice', { admin: true }],
      ['DELETE', '/v1/users/bob'],
      ['POST', '/v1/users/bob/sip-secret'],
      ['POST', '/v1/users/bob/revoke'],
      ['POST', '/v1/directory/import', { users: [], groups: [] }],
      ['GET', '/v1/api-keys'],
      ['POST', '/v1/api-keys', { name: 'mine', scopes: ['admin'] }],
      ['DELETE', '/v1/api-keys/1'],
    ];

    it('to users, also a group’s moderators', async () => {
      const token = await world.api.login('alice');
      for (const [method, path, json] of routes) {
        const answer = await send(method, path, json, token);
        assert.deepEqual([answer.status, answer.body.error?.code], [403, 'not-an-administrator'], `${method} ${path}`);
      }
    });

    it('to whoever brings no token', async () => {
      for (const [method, path, json] of routes) {
        const options: RequestOptions = { method, ...(json === undefined ? {} : { json }) };
        assert.equal((await world.api.request(path, options)).status, 401, `${method} ${path}`);
      }
    });

    it('to keys without the scope', async () => {
      const key = await world.api.keyOf('requests', 'rooms');
      for (const [method, path, json] of routes) {
        const answer = await send(method, path, json, key);
        assert.deepEqual([answer.status, answer.body.error?.code], [403, 'missing-scope'], `${method} ${path}`);
      }
    });
  });

  it('is open to a key with the scope, but not its administrators', async () => {
    const key = await world.api.keyOf('directory');
    assert.equal((await send('PUT', '/v1/users/zoe', {}, key)).status, 201);
    assert.equal((await send('PUT', '/v1/groups/support', {}, key)).status, 201);
    for (const [method, path, json] of [
      ['PUT', '/v1/users/zoe', { admin: true }],
      ['PUT', '/v1/users/root', { password: 'a new password' }],
      ['DELETE', '/v1/users/root'],
      ['POST', '/v1/users/root/sip-secret'],
      ['POST', '/v1/users/root/revoke'],
    ] as const) {
      const answer = await send(method, path, json, key);
      assert.deepEqual([answer.status, answer.body.error?.code], [403, 'not-an-administrator'], `${method} ${path}`);
    }
    assert.equal((await send('PUT', '/v1/users/zoe', { admin: true })).body.admin, true);
  });
});
