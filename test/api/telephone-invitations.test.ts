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

describe('invitations by telephone over the API', () => {
  let api: ApiServer;

  afterEach(() => api.close());

  const ROOM = 'exclusive-voice-communication-invitation';
  const ask = async (invite: readonly string[], headers: Record<string, string> = {}) =>
    api.request('/v1/voice-requests', { token: await api.login('alice'), json: { kind: ROOM, invite }, headers });

  /** As many calls of alice's as that, just now. */
  async function place(calls: number, user = 'alice'): Promise<void> {
    const limits = { since: new Date(0), perUser: 1000, all: 1000 };
    const userId = (await api.store.users.findByName(user))?.id ?? '';
    for (let call = 0; call < calls; call++) {
      const id = `${user}-${call}`;
      assert.equal(await api.store.outsideCalls.take({ id, userId, placedAt: new Date() }, limits), 'taken');
    }
  }

  async function refused(invite: readonly string[], status: number, code: string, more: RegExp): Promise<void> {
    const token = await api.login('alice');
    const before = [await api.numbersTaken(), api.invited.length];
    const bySelf = await ask(invite);
    assert.deepEqual([bySelf.status, bySelf.body.error?.code], [status, code]);
    assert.match(bySelf.body.error?.message ?? '', more);
    assert.deepEqual([await api.numbersTaken(), api.invited.length], before);
    const json = { kind: 'voice-communication' };
    const { room } = (await api.request('/v1/voice-requests', { token, json })).body as { room?: { number: string } };
    const path = `/v1/rooms/${room?.number}/invitations`;
    const added = await api.request(path, { token, json: { invite } });
    assert.deepEqual([added.status, added.body.error?.code], [status, code]);
    assert.deepEqual((await api.request(path, { token })).body.invitations, []);
    assert.deepEqual(api.refusedCalls, [`alice ${code}`, `alice ${code}`]);
    if (status === 429) assert.ok(Number(added.headers.get('retry-after')) > 3000);
  }

  it('are sent where a trunk and a rule let telephones be called', async () => {
    api = await startApiServer({ outside: { allow: ['+49'] } });
    const answer = await ask(['bob', 'tel:+4930123456']);
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual((answer.body.invitations as Shown[]).map(({ to }) => to).sort(), ['bob', 'tel:+4930123456']);
    assert.equal(api.invited.length, 2);
    assert.deepEqual(api.refusedCalls, []);
  });

  it('are refused without a trunk, and nobody is called', async () => {
    api = await startApiServer();
    await refused(['bob', 'tel:+4930123456'], 400, 'no-trunk', /no trunk to call \+4930123456/);
  });

  it('are refused to numbers no rule allows, and to numbers that are none in E.164', async () => {
    api = await startApiServer({ outside: { allow: ['+49', '+1'] } });
    await refused(['tel:+4930123456', 'tel:+5351234567'], 403, 'barred', /\+5351234567 are not allowed/);
    assert.equal((await ask(['tel:+112'])).body.error?.code, 'barred');
  });

  it('are refused to users who have had their calls of the hour, with when to ask again', async () => {
    api = await startApiServer({ outside: { allow: ['+49'], perUserPerHour: 3 } });
    await place(2);
    await refused(['tel:+4930123456', 'tel:+4930123457'], 429, 'user-limit', /your calls to telephones/);
    assert.equal((await ask(['tel:+4930123456'])).status, 201);
  });

  it('are refused once all together have had their calls of the hour', async () => {
    api = await startApiServer({ outside: { allow: ['+49'], perHour: 2 } });
    await place(2, 'bob');
    await refused(['tel:+4930123456'], 429, 'hour-limit', /too many calls/);
  });

  it('are answered as before when they are asked for again with their key, limits or no limits', async () => {
    api = await startApiServer({ outside: { allow: ['+49'], perUserPerHour: 1 } });
    const key = { 'idempotency-key': 'k-1' };
    const first = await ask(['tel:+4930123456'], key);
    assert.equal(first.status, 201);
    await place(1);
    const again = await ask(['tel:+4930123456'], key);
    assert.deepEqual([again.status, again.body.invitations], [201, first.body.invitations]);
    assert.equal((await ask(['tel:+4930123456'])).status, 429);
  });
});
