import assert from 'node:assert/strict';
import { participant } from '../support/participant.js';
import { type ApiServer, startApiServer } from './api-server.js';

describe('guests and PINs', () => {
  let api: ApiServer;
  let engineering: string;
  let team: string;

  async function start(options: Parameters<typeof startApiServer>[0] = {}) {
    api = await startApiServer(options);
    engineering = await ask('alice', { kind: 'voice-communication' });
    team = await ask('bob', { kind: 'temporary-voice-communication', team: 'x' });
  }
  afterEach(() => api.close());

  async function ask(user: string, json: unknown): Promise<string> {
    const answer = await api.request('/v1/voice-requests', { token: await api.login(user), json });
    assert.equal(answer.status, 201, answer.text);
    return (answer.body.room as { number: string }).number;
  }

  const setPin = async (user: string, number: string, json?: unknown) =>
    api.request(`/v1/rooms/${number}/pin`, {
      method: 'PUT',
      token: await api.login(user),
      ...(json === undefined ? {} : { json }),
    });
  const removePin = async (user: string, number: string) =>
    api.request(`/v1/rooms/${number}/pin`, { method: 'DELETE', token: await api.login(user) });
  const enter = (number: string, pin: unknown, name: unknown = 'Grace') =>
    api.request(`/v1/rooms/${number}/guests`, { json: { pin, name } });

  it('let a guest in by the PIN a moderator has set, with credentials for that room alone', async () => {
    await start();
    assert.deepEqual((await setPin('alice', engineering, { pin: '0042' })).body, { pin: '0042' });
    const answer = await enter(engineering, '0042', ' Grace Hopper 📞');
    assert.equal(answer.status, 201);
    const { room, client } = answer.body as {
      room: { number: string; hasPin: boolean };
      client: { username: string; aor: string };
    };
    assert.deepEqual([room.number, room.hasPin], [engineering, true]);
    assert.match(client.aor, /^sip:guest~[0-9a-f]+@127\.0\.0\.1$/);
    const owner = api.credentials.resolve(client.username)?.owner;
    assert.ok(owner !== undefined && 'guest' in owner);
    assert.deepEqual([owner.guest.room, owner.guest.name], [engineering, 'Grace Hopper 📞']);
    assert.equal((await api.store.rooms.find(engineering))?.pinVersion, owner.guest.pinVersion);
  });

  it('make up a PIN of six digits or more when none is given, with an empty body or without one', async () => {
    await start();
    for (const json of [undefined, {}]) {
      const { status, body } = await setPin('alice', engineering, json);
      assert.equal(status, 200);
      assert.match(String(body.pin), /^\d{6,12}$/);
      assert.equal((await enter(engineering, body.pin)).status, 201);
    }
  });

  it('refuse the PIN before once there is another, and every PIN once there is none', async () => {
    await start();
    await setPin('alice', engineering, { pin: '11111' });
    await setPin('alice', engineering, { pin: '22222' });
    assert.equal((await enter(engineering, '11111')).status, 403);
    assert.equal((await enter(engineering, '22222')).status, 201);
    assert.equal((await removePin('alice', engineering)).status, 204);
    assert.equal((await enter(engineering, '22222')).status, 403);
    assert.equal((await removePin('alice', engineering)).status, 404);
  });

  it('may be let in by moderators, owners and temporary teams, and by nobody else', async () => {
    await start();
    const own = await ask('bob', { kind: 'exclusive-voice-communication-invitation', invite: ['carol'] });
    assert.equal((await setPin('bob', engineering)).status, 403, 'a plain member');
    assert.equal((await setPin('erin', engineering)).status, 403, 'no member');
    assert.equal((await setPin('bob', team)).status, 200, 'of the team');
    assert.equal((await setPin('alice', team)).status, 403, 'not of the team');
    assert.equal((await setPin('bob', own)).status, 200, 'the owner');
    assert.equal((await setPin('carol', own)).status, 403, 'invited');
    assert.equal((await removePin('carol', own)).status, 403, 'invited');
    assert.equal((await setPin('alice', '999999')).status, 404);
    assert.equal((await setPin('alice', 'abc')).status, 404);
  });

  it('may be let in by a member who was made a moderator, as long as they are in the room', async () => {
    await start();
    api.roster.join(engineering, participant('p1', 'bob', { role: 'moderator' }));
    assert.equal((await setPin('bob', engineering)).status, 200);
    api.roster.leave('p1', 'left');
    assert.equal((await setPin('bob', engineering)).status, 403);
  });

  it('are answered alike for a wrong PIN, a room without one, and a number without a room', async () => {
    await start();
    await setPin('alice', engineering, { pin: '123456' });
    const answers = await Promise.all([enter(engineering, '654321'), enter(team, '654321'), enter('7777', '654321')]);
    const [first, ...others] = answers.map(({ status, text }) => [status, text.replaceAll(/room \d+/g, 'room N')]);
    assert.equal(first?.[0], 403);
    for (const other of others) assert.deepEqual(other, first);
  });

  it('are answered 429 with Retry-After after too many wrong PINs, the right one too, whatever the room', async () => {
    await start({ pinTries: 3 });
    await setPin('alice', engineering, { pin: '123456' });
    assert.equal((await enter(engineering, '123456')).status, 201);
    const wrong = await Promise.all(
      ['000000', '000001', '000002', '000003', '000004'].map((pin) => enter(engineering, pin)),
    );
    assert.deepEqual(wrong.map(({ status }) => status).sort(), [403, 403, 403, 429, 429]);
    for (const number of [engineering, team, '7777']) {
      const refused = await enter(number, '123456');
      assert.deepEqual([refused.status, refused.body.error?.code], [429, 'too-many-tries']);
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    }
  });

  it('are refused with 400 when their request is malformed', async () => {
    await start();
    await setPin('alice', engineering, { pin: '123456' });
    for (const [pin, name] of [
      ['123', 'Grace'],
      ['1234567890123', 'Grace'],
      ['12a456', 'Grace'],
      ['١٢٣٤٥٦', 'Grace'],
      [123456, 'Grace'],
      [null, 'Grace'],
      [undefined, 'Grace'],
      ['123456', ''],
      ['123456', '   '],
      ['123456', 'G'.repeat(65)],
      ['123456', 'Gr\nace'],
      ['123456', 7],
    ]) {
      assert.equal((await enter(engineering, pin, name)).status, 400, JSON.stringify([pin, name]));
    }
    for (const json of [{ pin: '123' }, { pin: 1234 }, { pin: '123456', room: '1' }, [], 'x']) {
      assert.equal((await setPin('alice', engineering, json)).status, 400, JSON.stringify(json));
    }
    assert.equal((await enter(engineering, '123456')).status, 201, 'the PIN is still what it was');
  });

  it('are answered 503 while no voice server is ready', async () => {
    await start();
    await setPin('alice', engineering, { pin: '123456' });
    api.voiceServers = [];
    const answer = await enter(engineering, '123456');
    assert.deepEqual([answer.status, answer.headers.has('retry-after')], [503, true]);
  });
});
