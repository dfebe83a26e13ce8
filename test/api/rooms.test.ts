import assert from 'node:assert/strict';
import { participant } from '../support/participant.js';
import { type ApiServer, startApiServer } from './api-server.js';
import { bindGroups } from './bound-groups.js';

describe('rooms over the API', () => {
  let api: ApiServer;
  let engineering: string;
  let sales: string;

  beforeEach(async function () {
    this.timeout(60_000);
    api = await startApiServer();
    ({ engineering, sales } = await bindGroups(api));
  });
  afterEach(() => api.close());

  it('show who is in them', async () => {
    api.roster.join(engineering, participant('p1', 'alice', { role: 'moderator', talking: true }));
    api.roster.join(engineering, participant('p2', 'bob', { device: 'desk-phone', muted: true }));
    api.roster.join(sales, participant('p3', 'erin'));
    const answer = await api.request(`/v1/rooms/${engineering}`, { token: await api.login('carol') });
    assert.equal(answer.status, 200);
    const common = { held: false, handRaised: false, joinedAt: '2026-01-01T10:00:00.000Z' };
    assert.deepEqual(answer.body, {
      number: engineering,
      kind: 'group',
      title: 'Engineering',
      uri: `sip:${engineering}@127.0.0.1`,
      hasPin: false,
      locked: false,
      announceJoins: false,
      you: { moderates: false, belongs: true, setsPin: false },
      participants: [
        {
          id: 'p1',
          user: 'alice',
          name: 'Alice',
          device: 'softphone',
          muted: false,
          talking: true,
          role: 'moderator',
          ...common,
        },
        {
          id: 'p2',
          user: 'bob',
          name: 'Bob',
          device: 'desk-phone',
          muted: true,
          talking: false,
          role: 'speaker',
          ...common,
        },
      ],
    });
  });

  it('are refused to others with 403, unknown numbers with 404, no token with 401', async () => {
    const token = await api.login('alice');
    const statusOf = async (path: string, options = {}) => (await api.request(path, options)).status;
    assert.equal(await statusOf(`/v1/rooms/${sales}`, { token }), 403);
    for (const number of [
      '9999',
      '12',
      'abc',
      '1'.repeat(40),
      `${engineering}x`,
      '%F0%9F%93%9E',
      '%E0%A4%A',
      "1'or'1",
    ]) {
      assert.equal(await statusOf(`/v1/rooms/${number}`, { token }), 404, number);
    }
    assert.equal(await statusOf(`/v1/rooms/${engineering}`), 401);
    assert.equal(await statusOf(`/v1/rooms/${sales}/events`, { token }), 403);
    assert.equal(await statusOf(`/v1/rooms/${sales}/participants/x`, { token, method: 'DELETE' }), 403);
  });

  const patch = (id: string, token: string, json: unknown = { muted: true }) =>
    api.request(`/v1/rooms/${engineering}/participants/${id}`, { method: 'PATCH', token, json });
  const remove = (id: string, token: string) =>
    api.request(`/v1/rooms/${engineering}/participants/${id}`, { method: 'DELETE', token });

  it('let a moderator mute, unmute and remove anyone', async () => {
    const token = await api.login('alice');
    api.roster.join(engineering, participant('p2', 'bob'));
    const muted = await patch('p2', token);
    assert.deepEqual([muted.status, muted.body.id, muted.body.muted], [200, 'p2', true]);
    assert.equal(api.roster.find('p2')?.participant.muted, true);
    assert.equal((await patch('p2', token, { muted: false })).body.muted, false);
    assert.equal((await remove('p2', token)).status, 204);
    assert.equal(api.roster.find('p2'), undefined);
    assert.equal((await remove('p2', token)).status, 404);
  });

  it('let others mute and remove themselves alone', async () => {
    const token = await api.login('bob');
    api.roster.join(engineering, participant('p1', 'alice'));
    api.roster.join(engineering, participant('p2', 'bob'));
    assert.equal((await patch('p1', token)).status, 403);
    assert.equal((await remove('p1', token)).status, 403);
    assert.equal(api.roster.find('p1')?.participant.muted, false);
    assert.equal((await patch('p2', token)).status, 200);
    assert.equal((await remove('p2', token)).status, 204);
  });

  it('do not reach participants of other rooms', async () => {
    api.roster.join(sales, participant('p5', 'erin'));
    assert.equal((await patch('p5', await api.login('alice'))).status, 404);
    assert.equal((await remove('p5', await api.login('alice'))).status, 404);
    assert.equal(api.roster.participantCount, 1);
  });

  it('let a moderator give others a role for as long as they are there, and others themselves none', async () => {
    const [alice, bob] = [await api.login('alice'), await api.login('bob')];
    api.roster.join(engineering, participant('p1', 'alice', { role: 'moderator' }));
    api.roster.join(engineering, participant('p2', 'bob'));
    assert.equal((await patch('p2', bob, { role: 'moderator' })).status, 403);
    assert.equal((await patch('p1', bob, { role: 'listener' })).status, 403);
    const listener = await patch('p2', alice, { role: 'listener', muted: true });
    assert.deepEqual([listener.status, listener.body.role, listener.body.muted], [200, 'listener', true]);
    assert.equal((await patch('p2', alice, { role: 'moderator' })).body.role, 'moderator');
    assert.equal((await patch('p1', bob, { muted: true })).status, 200, 'bob moderates now');
    api.roster.leave('p2', 'left');
    assert.equal((await patch('p1', bob, { muted: false })).status, 403);
  });

  it('of one’s own are moderated by their owner, whose role stays', async () => {
    const json = { kind: 'exclusive-voice-communication-invitation', invite: ['bob', 'carol'] };
    const answer = await api.request('/v1/voice-requests', { token: await api.login('erin'), json });
    const { number } = answer.body.room as { number: string };
    api.roster.join(number, participant('p1', 'erin', { role: 'owner' }));
    api.roster.join(number, participant('p2', 'bob'));
    const change = async (user: string, id: string, change: unknown) =>
      api.request(`/v1/rooms/${number}/participants/${id}`, {
        method: 'PATCH',
        token: await api.login(user),
        json: change,
      });
    assert.equal((await change('bob', 'p1', { muted: true })).status, 403);
    assert.equal((await change('erin', 'p2', { role: 'moderator' })).status, 200);
    assert.equal((await change('bob', 'p1', { role: 'listener' })).body.error?.code, 'owner-stays');
    assert.equal((await change('bob', 'p1', { muted: true })).status, 200);
    assert.equal(api.roster.find('p1')?.participant.role, 'owner');
  });

  it('of every kind are seen by those who may enter them, and by nobody else', async () => {
    const ask = async (user: string, json: unknown) => {
      const answer = await api.request('/v1/voice-requests', { token: await api.login(user), json });
      return answer.body.room as { number: string };
    };
    const sees = async (user: string, number: string) =>
      (await api.request(`/v1/rooms/${number}`, { token: await api.login(user) })).status;
    const team = await ask('alice', { kind: 'temporary-voice-communication', team: 'T' });
    assert.deepEqual([await sees('alice', team.number), await sees('bob', team.number)], [200, 403]);
    assert.equal((await ask('bob', { kind: 'temporary-voice-communication', team: 'T' })).number, team.number);
    assert.equal(await sees('bob', team.number), 200);
    const own = await ask('alice', { kind: 'exclusive-voice-communication-invitation', invite: ['carol'] });
    const seen = await Promise.all(['alice', 'carol', 'bob'].map((user) => sees(user, own.number)));
    assert.deepEqual(seen, [200, 200, 403]);
    const { body } = await api.request(`/v1/rooms/${team.number}`, { token: await api.login('bob') });
    const { participants, locked, announceJoins, you, ...room } = body;
    assert.deepEqual([room, participants, locked, announceJoins], [team, [], false, false]);
    assert.deepEqual(you, { moderates: false, belongs: true, setsPin: true });
  });

  it('say what whoever asks may do there, and which of those there they are', async () => {
    api.roster.join(engineering, participant('p1', 'alice', { role: 'moderator' }));
    const you = async (user: string) =>
      (await api.request(`/v1/rooms/${engineering}`, { token: await api.login(user) })).body.you;
    assert.deepEqual(await you('alice'), { moderates: true, belongs: true, setsPin: true, id: 'p1' });
    const json = { kind: 'voice-communication-invitation', group: 'engineering', invite: ['erin'] };
    await api.request('/v1/voice-requests', { token: await api.login('alice'), json });
    assert.deepEqual(await you('erin'), { moderates: false, belongs: false, setsPin: false });
  });

  const lock = async (user: string, json: unknown, number = engineering) =>
    api.request(`/v1/rooms/${number}`, { method: 'PATCH', token: await api.login(user), json });
  const muteAll = async (user: string) =>
    api.request(`/v1/rooms/${engineering}/mute-all`, { method: 'POST', token: await api.login(user) });

  it('are locked and unlocked by those who moderate, while somebody is there', async () => {
    assert.deepEqual((await lock('alice', { locked: true })).body.error?.code, 'room-not-live');
    api.roster.join(engineering, participant('p2', 'bob'));
    const refused = await lock('bob', { locked: true });
    assert.deepEqual([refused.status, refused.body.error?.code], [403, 'not-a-moderator']);
    assert.equal((await lock('erin', { locked: true })).status, 403);
    assert.equal(api.roster.isLocked(engineering), false);
    const locked = await lock('alice', { locked: true });
    assert.deepEqual([locked.status, locked.body.number, locked.body.locked], [200, engineering, true]);
    const seen = await api.request(`/v1/rooms/${engineering}`, { token: await api.login('bob') });
    assert.equal(seen.body.locked, true);
    assert.equal((await lock('alice', { locked: false })).body.locked, false);
    for (const json of [{}, { locked: 'yes' }, { locked: null }, { locked: true, title: 'x' }, []]) {
      assert.equal((await lock('alice', json)).status, 400, JSON.stringify(json));
    }
    assert.equal((await lock('alice', { locked: true }, '9999')).status, 404);
  });

  it('hear who joins where those who moderate want it', async () => {
    const choose = (user: string, announceJoins: unknown) => lock(user, { announceJoins });
    const before = await api.request(`/v1/rooms/${engineering}`, { token: await api.login('alice') });
    assert.equal(before.body.announceJoins, false, 'as the gateway is configured');
    assert.equal((await choose('bob', true)).status, 403);
    for (const wanted of [true, true, false]) {
      const { status, body } = await choose('alice', wanted);
      assert.deepEqual([status, body.announceJoins], [200, wanted]);
    }
    assert.equal((await choose('alice', 'yes')).status, 400);
  });

  it('have all muted by those who moderate, who are heard themselves', async () => {
    api.roster.join(engineering, participant('p1', 'alice', { role: 'moderator' }));
    api.roster.join(engineering, participant('p2', 'bob'));
    api.roster.join(engineering, participant('p3', 'carol', { muted: true }));
    assert.equal((await muteAll('bob')).status, 403);
    assert.equal(api.roster.find('p2')?.participant.muted, false);
    const answer = await muteAll('alice');
    assert.deepEqual([answer.status, answer.body], [200, { muted: 1 }]);
    const muted = ['p1', 'p2', 'p3'].map((id) => api.roster.find(id)?.participant.muted);
    assert.deepEqual(muted, [false, true, true]);
  });

  it('show hands that are raised by whose they are, and lowered by those who moderate, too', async () => {
    const [alice, bob, carol] = [await api.login('alice'), await api.login('bob'), await api.login('carol')];
    api.roster.join(engineering, participant('p1', 'alice', { role: 'moderator' }));
    api.roster.join(engineering, participant('p2', 'bob'));
    const [raise, lower] = [{ handRaised: true }, { handRaised: false }];
    assert.equal((await patch('p2', carol, raise)).status, 403);
    const forBob = await patch('p2', alice, raise);
    assert.deepEqual([forBob.status, forBob.body.error?.code], [403, 'not-your-hand']);
    assert.equal(api.roster.find('p2')?.participant.handRaised, false);
    const raised = await patch('p2', bob, raise);
    assert.deepEqual([raised.status, raised.body.handRaised], [200, true]);
    assert.equal((await patch('p2', carol, lower)).status, 403);
    assert.equal((await patch('p2', alice, lower)).body.handRaised, false);
    assert.equal((await patch('p2', bob, { ...raise, muted: true })).body.handRaised, true);
    assert.equal((await patch('p2', bob, lower)).body.handRaised, false);
    assert.equal((await patch('p2', bob, { handRaised: 'high' })).status, 400);
  });

  it('refuse a change that is none with 400', async () => {
    const token = await api.login('alice');
    api.roster.join(engineering, participant('p1', 'alice'));
    for (const json of [
      {},
      { muted: 'yes' },
      { muted: null },
      { muted: true, rolle: 'moderator' },
      { role: 'owner' },
      { role: null },
      [],
      'x',
    ]) {
      assert.equal((await patch('p1', token, json)).status, 400, JSON.stringify(json));
    }
  });
});
