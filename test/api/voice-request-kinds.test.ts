import assert from 'node:assert/strict';
import type { RequestOptions } from './api-request.js';
import { type ApiServer, startApiServer } from './api-server.js';
import { ask, EXCLUSIVE, TEMPORARY, type VoiceAnswer, written } from './ask-voice.js';

describe('POST /v1/voice-requests, of every kind', () => {
  let api: ApiServer;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer();
  });
  after(() => api.close());

  const voice = async (user: string, json: unknown, more: RequestOptions = {}) => {
    const answer = await ask(api, await api.login(user), json, more);
    assert.equal(answer.status, 201, answer.text);
    return answer.body as unknown as VoiceAnswer;
  };

  it('invites those who are named, once each, and never the asker', async () => {
    const invite = ['bob', 'erin', 'bob', 'alice'];
    const { room, invitations } = await voice('alice', { kind: 'voice-communication-invitation', invite });
    assert.equal(room.kind, 'group');
    assert.deepEqual(
      invitations.map(({ to, state }) => [to, state]),
      [
        ['bob', 'queued'],
        ['erin', 'queued'],
      ],
    );
    assert.deepEqual(
      api.invited.slice(-2).map(({ id, room: number }) => [id, number]),
      invitations.map(({ id }) => [id, room.number]),
    );
    const list = await api.request(`/v1/rooms/${room.number}/invitations`, { token: await api.login('erin') });
    assert.equal(list.status, 200, 'one who is invited may see the room');
  });

  it('invites all of a group but the asker', async () => {
    const { invitations } = await voice('bob', { kind: 'voice-communication-invitation', invite: 'all' });
    assert.deepEqual(invitations.map(({ to }) => to).sort(), ['alice', 'carol', 'dave']);
  });

  it('refuses to invite somebody there is not with 404, says whom, and writes nothing', async () => {
    const before = await written(api);
    const json = { kind: `${EXCLUSIVE}-invitation`, invite: ['bob', 'mallory', 'trudy'] };
    const answer = await ask(api, await api.login('carol'), json);
    assert.deepEqual([answer.status, answer.body.error?.code], [404, 'invitee-not-found']);
    assert.deepEqual(answer.body.error?.details, { unknown: ['mallory', 'trudy'] });
    assert.deepEqual(await written(api), before);
  });

  it('gives a temporary team one room, whoever of it asks, and tells when it ends', async () => {
    const first = (await voice('alice', { kind: TEMPORARY, team: 'Ad hoc 7' })).room;
    const second = (await voice('erin', { kind: TEMPORARY, team: 'Ad hoc 7' })).room;
    assert.deepEqual(second, first);
    assert.deepEqual([first.kind, first.team], ['temporary', 'Ad hoc 7']);
    assert.ok(Date.parse(first.expiresAt ?? '') > Date.now());
  });

  it('takes team identifiers that differ in anything for different teams', async () => {
    const teams = [
      'Team',
      'team',
      'team ',
      ' team',
      'tèam',
      'te\u0301am',
      'ﬀ',
      'ff',
      '📞',
      '📞'.repeat(128),
      `'; drop --`,
    ];
    const numbers = new Set<string>();
    for (const team of teams) {
      const { room } = await voice('alice', { kind: TEMPORARY, team });
      assert.equal(room.team, team);
      numbers.add(room.number);
    }
    assert.equal(numbers.size, teams.length);
  });

  it('makes up a team identifier for who brings none, and another each time', async () => {
    const first = (await voice('alice', { kind: TEMPORARY })).room;
    const second = (await voice('alice', { kind: TEMPORARY })).room;
    assert.notEqual(first.number, second.number);
    assert.match(first.team ?? '', /^[0-9a-f-]{36}$/);
    assert.equal((await voice('bob', { kind: TEMPORARY, team: first.team })).room.number, first.number);
  });

  it('invites into a temporary room', async () => {
    const json = { kind: `${TEMPORARY}-invitation`, team: 'with guests', invite: ['erin'] };
    const { room, invitations } = await voice('alice', json);
    assert.deepEqual([room.kind, invitations[0]?.to], ['temporary', 'erin']);
  });

  it('gives everybody a room of their own, for good, and invites into it', async () => {
    const first = (await voice('alice', { kind: EXCLUSIVE })).room;
    assert.deepEqual(
      [first.kind, first.title, first.team, first.expiresAt],
      ['exclusive', 'Alice', undefined, undefined],
    );
    assert.equal((await voice('alice', { kind: EXCLUSIVE })).room.number, first.number);
    assert.notEqual((await voice('bob', { kind: EXCLUSIVE })).room.number, first.number);
    const { room, invitations } = await voice('alice', { kind: `${EXCLUSIVE}-invitation`, invite: ['bob'] });
    assert.deepEqual([room.number, invitations.map(({ to }) => to)], [first.number, ['bob']]);
  });

  it('answers the same request with the same Idempotency-Key alike, and calls nobody twice', async () => {
    const json = { kind: `${TEMPORARY}-invitation`, invite: ['bob', 'carol'] };
    const headers = { 'idempotency-key': 'order-66/E' };
    const first = await voice('alice', json, { headers });
    const calls = api.invited.length;
    const again = await Promise.all(Array.from({ length: 5 }, () => voice('alice', json, { headers })));
    for (const answer of again) {
      assert.deepEqual([answer.room, answer.invitations], [first.room, first.invitations]);
    }
    assert.equal(api.invited.length, calls);
    assert.notEqual(
      (await voice('dave', json, { headers })).room.number,
      first.room.number,
      'keys are the asker’s own',
    );
  });

  it('answers ten at once with the same Idempotency-Key with one room and one round of calls', async () => {
    const calls = api.invited.length;
    const json = { kind: `${EXCLUSIVE}-invitation`, invite: ['bob'] };
    const headers = { 'idempotency-key': 'at-once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => voice('dave', json, { headers })));
    assert.equal(new Set(answers.map(({ invitations }) => invitations[0]?.id)).size, 1);
    assert.equal(api.invited.length, calls + 1);
  });

  it('refuses an Idempotency-Key for another request with 409', async () => {
    const headers = { 'idempotency-key': 'reused' };
    await voice('alice', { kind: TEMPORARY, team: 'one' }, { headers });
    const before = await written(api);
    const answer = await ask(api, await api.login('alice'), { kind: TEMPORARY, team: 'two' }, { headers });
    assert.deepEqual([answer.status, answer.body.error?.code], [409, 'idempotency-key-reused']);
    assert.deepEqual(await written(api), before);
  });

  it('refuses an Idempotency-Key that is too long, or holds what cannot be printed', async () => {
    const token = await api.login('alice');
    for (const key of ['k'.repeat(129), '', 'a b', 'caf\u00e9', 'a\tb']) {
      const answer = await ask(api, token, { kind: EXCLUSIVE }, { headers: { 'idempotency-key': key } });
      assert.deepEqual([answer.status, answer.body.error?.code], [400, 'invalid-request'], key);
    }
    await voice('alice', { kind: EXCLUSIVE }, { headers: { 'idempotency-key': 'k'.repeat(128) } });
  });

  it('answers every kind with 503 and Retry-After while no voice server is ready, and writes nothing', async () => {
    const token = await api.login('alice');
    const before = await written(api);
    const servers = api.voiceServers;
    api.voiceServers = [];
    try {
      for (const kind of ['voice-communication', TEMPORARY, EXCLUSIVE]) {
        for (const json of [{ kind }, { kind: `${kind}-invitation`, invite: ['bob'] }]) {
          const answer = await ask(api, token, json);
          assert.deepEqual([answer.status, answer.body.error?.code], [503, 'no-voice-server'], json.kind);
          assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
        }
      }
    } finally {
      api.voiceServers = servers;
    }
    assert.deepEqual(await written(api), before);
  });

  it('tells the addresses of the voice server that is ready', async () => {
    const servers = api.voiceServers;
    api.voiceServers = [
      { id: 'two', wsUrl: 'wss://voice2.example.com/sip', sipHost: 'voice2.example.com', sipPort: 5060 },
    ];
    try {
      const { room, client } = await voice('alice', { kind: EXCLUSIVE });
      assert.equal(room.uri, `sip:${room.number}@voice2.example.com`);
      assert.deepEqual([client.wsUrl, client.aor], ['wss://voice2.example.com/sip', 'sip:alice@voice2.example.com']);
    } finally {
      api.voiceServers = servers;
    }
  });
});
