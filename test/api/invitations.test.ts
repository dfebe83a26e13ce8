import assert from 'node:assert/strict';
import { type ApiServer, startApiServer } from './api-server.js';

interface Shown {
  readonly id: string;
  readonly to: string;
  readonly state: string;
  readonly tries: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

describe('invitations over the API', () => {
  let api: ApiServer;

  beforeEach(async function () {
    this.timeout(60_000);
    api = await startApiServer();
  });
  afterEach(() => api.close());

  async function ask(user: string, json: unknown) {
    const answer = await api.request('/v1/voice-requests', { token: await api.login(user), json });
    assert.equal(answer.status, 201, answer.text);
    const { room, invitations } = answer.body as { room?: { number: string }; invitations?: { id: string }[] };
    return { number: room?.number ?? '', ids: (invitations ?? []).map(({ id }) => id) };
  }
  const ofAlice = (...invite: string[]) => ask('alice', { kind: 'exclusive-voice-communication-invitation', invite });
  const list = async (user: string, number: string) =>
    api.request(`/v1/rooms/${number}/invitations`, { token: await api.login(user) });
  const shown = async (user: string, number: string) => (await list(user, number)).body.invitations as Shown[];
  const invite = async (user: string, number: string, json: unknown) =>
    api.request(`/v1/rooms/${number}/invitations`, { token: await api.login(user), json });
  const cancel = async (user: string, number: string, id?: string) =>
    api.request(`/v1/rooms/${number}/invitations${id === undefined ? '' : `/${id}`}`, {
      method: 'DELETE',
      token: await api.login(user),
    });
  const mayEnter = async (user: string, number: string) =>
    (await api.request(`/v1/rooms/${number}`, { token: await api.login(user) })).status === 200;

  it('are listed with their state, for whoever may enter the room', async () => {
    const { number, ids } = await ofAlice('bob', 'carol');
    const answeredAt = new Date('2026-01-01T10:00:00Z');
    const nextTryAt = new Date('2026-01-01T10:05:00Z');
    const change = { state: 'busy', tries: 2, cause: '486 Busy Here', answeredAt, nextTryAt } as const;
    await api.store.invitations.update(ids[0] ?? '', change, []);
    const [bob, carol] = await shown('carol', number);
    const { createdAt, updatedAt, ...rest } = bob ?? { createdAt: '', updatedAt: '' };
    assert.ok(Date.parse(createdAt) > 0 && updatedAt >= createdAt);
    assert.deepEqual(rest, {
      id: ids[0],
      to: 'bob',
      from: 'alice',
      state: 'busy',
      tries: 2,
      cause: '486 Busy Here',
      answeredAt: answeredAt.toISOString(),
      nextTryAt: nextTryAt.toISOString(),
    });
    assert.ok(carol !== undefined && !('nextTryAt' in carol) && !('answeredAt' in carol) && !('cause' in carol));
    assert.deepEqual([carol?.to, carol?.state, carol?.tries], ['carol', 'queued', 0]);
    assert.equal((await list('dave', number)).status, 403);
    assert.equal((await list('dave', '9999')).status, 404);
  });

  it('can be added to a room, by those whose room it is', async () => {
    const { number } = await ofAlice('bob');
    const answer = await invite('alice', number, { invite: ['carol', 'dave', 'alice'] });
    assert.equal(answer.status, 201);
    const added = answer.body.invitations as { id: string; to: string; state: string }[];
    assert.deepEqual(
      added.map(({ to, state }) => [to, state]),
      [
        ['carol', 'queued'],
        ['dave', 'queued'],
      ],
    );
    assert.deepEqual(
      api.invited.slice(-2).map(({ id }) => id),
      added.map(({ id }) => id),
    );
    assert.ok(await mayEnter('dave', number));
    assert.equal((await shown('alice', number)).length, 3);
  });

  it('of all of a group can be added to its room alone', async () => {
    const group = await ask('bob', { kind: 'voice-communication' });
    const answer = await invite('bob', group.number, { invite: 'all' });
    assert.deepEqual((answer.body.invitations as { to: string }[]).map(({ to }) => to).sort(), [
      'alice',
      'carol',
      'dave',
    ]);
    const own = await ofAlice('bob');
    assert.deepEqual((await invite('alice', own.number, { invite: 'all' })).body.error?.code, 'no-group');
  });

  it('are not for those to add who are invited themselves, nor for others', async () => {
    const { number } = await ofAlice('bob');
    const calls = api.invited.length;
    const byInvited = await invite('bob', number, { invite: ['carol'] });
    assert.deepEqual([byInvited.status, byInvited.body.error?.code], [403, 'not-yours-to-invite']);
    assert.equal((await invite('carol', number, { invite: ['carol'] })).status, 403);
    assert.equal(api.invited.length, calls);
    assert.equal(await mayEnter('carol', number), false);
  });

  it('are refused while no voice server could call anybody, and not written', async () => {
    const { number } = await ofAlice('bob');
    const calls = api.invited.length;
    const servers = api.voiceServers;
    api.voiceServers = [];
    const answer = await invite('alice', number, { invite: ['carol'] });
    assert.deepEqual([answer.status, answer.body.error?.code], [503, 'no-voice-server']);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.equal((await shown('alice', number)).length, 1);
    assert.equal(await mayEnter('carol', number), false);
    assert.equal(api.invited.length, calls);
    api.voiceServers = servers;
    assert.equal((await invite('alice', number, { invite: ['carol'] })).status, 201);
  });

  it('that make no sense are refused, and nobody is called', async () => {
    const { number } = await ofAlice('bob');
    const calls = api.invited.length;
    for (const [json, status] of [
      [{}, 400],
      [{ invite: [] }, 400],
      [{ invite: 'bob' }, 400],
      [{ invite: ['bob', 7] }, 400],
      [{ invite: ['tel:+4930123456'] }, 400],
      [{ invite: ['bob'], room: 'x' }, 400],
      [['bob'], 400],
      [{ invite: ['mallory'] }, 404],
    ] as const) {
      assert.equal((await invite('alice', number, json)).status, status, JSON.stringify(json));
    }
    assert.equal(api.invited.length, calls);
  });

  it('can be cancelled by whoever sent them, and let nobody in after that', async () => {
    const { number, ids } = await ofAlice('bob', 'carol');
    const events: unknown[] = [];
    api.accessEvents.on('invitation.cancelled', (event) => events.push(event));
    assert.ok(await mayEnter('bob', number));
    assert.equal((await cancel('alice', number, ids[0])).status, 204);
    assert.equal(await mayEnter('bob', number), false);
    assert.ok(await mayEnter('carol', number));
    const bob = await api.store.users.findByName('bob');
    assert.deepEqual(events, [{ room: number, invitationId: ids[0], userId: bob?.id }]);
    assert.deepEqual(api.cancelled, [ids[0]]);
    assert.equal((await cancel('alice', number, ids[0])).status, 204, 'again');
    assert.deepEqual(api.cancelled, [ids[0]]);
    assert.equal((await shown('alice', number))[0]?.state, 'cancelled');
  });

  it('can be cancelled by a moderator, and by no other member', async () => {
    const { number, ids } = await ask('bob', { kind: 'voice-communication-invitation', invite: ['erin', 'carol'] });
    assert.equal((await cancel('carol', number, ids[0])).status, 403);
    assert.equal((await cancel('erin', number, ids[0])).status, 403);
    assert.ok(await mayEnter('erin', number));
    assert.equal((await cancel('alice', number, ids[0])).status, 204);
    assert.equal(await mayEnter('erin', number), false);
    assert.ok(await mayEnter('carol', number), 'a member needs no invitation');
  });

  it('are not found in another room, nor by another id', async () => {
    const own = await ofAlice('bob');
    const group = await ask('alice', { kind: 'voice-communication' });
    for (const id of [own.ids[0], 'x', '%F0%9F%93%9E', "1'or'1", '1'.repeat(65)]) {
      assert.equal((await cancel('alice', group.number, id)).status, 404, id);
    }
    assert.deepEqual(api.cancelled, []);
  });

  it('can be cancelled all at once, but for those that have led into the room', async () => {
    const { number, ids } = await ask('bob', { kind: 'voice-communication-invitation', invite: ['erin', 'carol'] });
    const others = await ask('alice', { kind: 'voice-communication-invitation', invite: ['dave'] });
    await api.store.invitations.update(ids[0] ?? '', { state: 'joined' }, []);
    const byBob = await cancel('bob', number);
    assert.deepEqual([byBob.status, byBob.body], [200, { cancelled: 1 }]);
    assert.deepEqual(
      (await shown('bob', number)).map(({ to, state }) => [to, state]),
      [
        ['erin', 'joined'],
        ['carol', 'cancelled'],
        ['dave', 'queued'],
      ],
    );
    assert.deepEqual((await cancel('alice', number)).body, { cancelled: 1 });
    assert.deepEqual((await cancel('alice', number)).body, { cancelled: 0 });
    assert.deepEqual(api.cancelled.sort(), [ids[1], others.ids[0]].sort());
  });

  it('that have ended are sent anew to whoever is invited again, those that have not are joined', async () => {
    const { number, ids } = await ofAlice('bob', 'carol');
    await api.store.invitations.update(ids[0] ?? '', { state: 'declined' }, []);
    await api.store.invitations.update(ids[1] ?? '', { state: 'busy', tries: 1, nextTryAt: new Date() }, []);
    const answer = await invite('alice', number, { invite: ['bob', 'carol'] });
    const [bob, carol] = answer.body.invitations as Shown[];
    assert.notEqual(bob?.id, ids[0]);
    assert.deepEqual([bob?.state, bob?.tries], ['queued', 0]);
    assert.deepEqual([carol?.id, carol?.state, carol?.tries], [ids[1], 'busy', 1]);
    assert.deepEqual(
      (await shown('alice', number)).map(({ id }) => id),
      [...ids, bob?.id],
    );
  });
});
