import assert from 'node:assert/strict';
import { type ApiServer, startApiServer } from './api-server.js';

describe('a request for one’s own desk phone', () => {
  let api: ApiServer;

  beforeEach(async function () {
    this.timeout(60_000);
    api = await startApiServer();
  });
  afterEach(() => api.close());

  const ask = async (json: object, headers: Record<string, string> = {}) =>
    api.request('/v1/voice-requests', {
      token: await api.login('alice'),
      json: { device: 'desk-phone', ...json },
      headers,
    });

  async function register(transport: 'udp' | 'ws'): Promise<void> {
    const user = await api.store.users.findByName('alice');
    assert.ok(user);
    const binding = {
      userId: user.id,
      userName: 'alice',
      contactUri: `sip:alice@192.0.2.1;transport=${transport}`,
      callId: transport,
      cseq: 1,
      transport,
      sourceAddress: '192.0.2.1',
      sourcePort: 5060,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    };
    await api.store.contactBindings.apply(user.id, { put: [binding], remove: [] });
  }

  it('is refused while none is registered, a browser being none, and nothing is written', async () => {
    await register('ws');
    const before = await api.numbersTaken();
    for (const json of [
      { kind: 'voice-communication' },
      { kind: 'temporary-voice-communication', team: 'T' },
      { kind: 'exclusive-voice-communication-invitation', invite: ['bob'] },
    ]) {
      const answer = await ask(json);
      assert.deepEqual([answer.status, answer.body.error?.code], [409, 'no-desk-phone']);
      assert.match(answer.body.error?.message ?? '', /no desk phone of alice is registered/);
    }
    assert.deepEqual(await api.numbersTaken(), before);
    assert.deepEqual([api.ownPhoneCalls, api.invited], [[], []]);
  });

  it('rings it, into rooms of every kind', async () => {
    await register('udp');
    for (const json of [
      { kind: 'voice-communication' },
      { kind: 'voice-communication-invitation', invite: 'all' },
      { kind: 'temporary-voice-communication', team: 'T' },
      { kind: 'temporary-voice-communication-invitation', team: 'T', invite: ['bob'] },
      { kind: 'exclusive-voice-communication' },
      { kind: 'exclusive-voice-communication-invitation', invite: ['carol'] },
    ]) {
      const answer = await ask(json);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(api.ownPhoneCalls.at(-1), `alice ${(answer.body.room as { number: string }).number}`);
    }
    assert.equal(api.ownPhoneCalls.length, 6);
    assert.equal((await ask({ kind: 'voice-communication', device: 'softphone' })).status, 201);
    assert.equal(api.ownPhoneCalls.length, 6);
  });

  it('rings it once, however often it is asked for with one key', async () => {
    await register('udp');
    const key = { 'idempotency-key': 'k-1' };
    const first = await ask({ kind: 'voice-communication' }, key);
    const again = await ask({ kind: 'voice-communication' }, key);
    assert.deepEqual([again.status, again.body.room], [201, first.body.room]);
    assert.equal(api.ownPhoneCalls.length, 1);
    const other = await ask({ kind: 'voice-communication', device: 'softphone' }, key);
    assert.deepEqual([other.status, other.body.error?.code], [409, 'idempotency-key-reused']);
  });
});
