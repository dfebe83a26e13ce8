import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createDirectory } from '../../gateway/rooms/directory.js';
import { type ApiServer, participant, startApiServer } from './api-server.js';

async function bindGroups(api: ApiServer): Promise<{ engineering: string; sales: string }> {
  const directory = createDirectory(api.store.directory, { from: 4000, to: 4999 });
  const dave = await api.store.users.findByName('dave');
  const [engineering, sales] = dave?.memberships ?? [];
  return {
    engineering: await directory.numberOf(engineering?.groupId ?? ''),
    sales: await directory.numberOf(sales?.groupId ?? ''),
  };
}

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
    const { participants, locked, you, ...room } = body;
    assert.deepEqual([room, participants, locked], [team, [], false]);
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
    assert.equal('announceJoins' in before.body, false);
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

/** Reads a room's event stream, an event at a time. */
class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #pending = '';
  readonly response: Response;

  constructor(response: Response) {
    if (response.body === null) throw new Error('the stream has no body');
    this.response = response;
    this.#reader = response.body.getReader();
  }

  /** The next event or comment; undefined at the end. */
  async next(): Promise<{ event?: string; data?: Record<string, unknown> } | undefined> {
    for (;;) {
      const end = this.#pending.indexOf('\n\n');
      if (end !== -1) {
        const block = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + 2);
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        return { ...(event === undefined ? {} : { event }), ...(data === undefined ? {} : { data: JSON.parse(data) }) };
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#pending += this.#decoder.decode(value, { stream: true });
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

describe('a room’s event stream', () => {
  let api: ApiServer;
  let engineering: string;
  let sales: string;

  async function start(eventHeartbeatMs?: number) {
    api = await startApiServer(eventHeartbeatMs === undefined ? {} : { eventHeartbeatMs });
    ({ engineering, sales } = await bindGroups(api));
  }
  afterEach(() => api.close());

  async function read(user: string, number = engineering): Promise<EventReader> {
    const headers = { authorization: `Bearer ${await api.login(user)}` };
    return new EventReader(await fetch(`${api.url}/v1/rooms/${number}/events`, { headers }));
  }

  /** Open streams, as the gateway counts them. */
  async function streamCount(): Promise<number> {
    const { text } = await api.request('/metrics');
    return Number(/^roomline_event_streams (\d+)$/m.exec(text)?.[1]);
  }

  it('begins with the room as it is and goes on with what happens in it, and in no other', async () => {
    await start();
    api.roster.join(engineering, participant('p1', 'alice'));
    const reader = await read('bob');
    assert.equal(reader.response.headers.get('content-type'), 'text/event-stream');
    assert.match(reader.response.headers.get('cache-control') ?? '', /no-store/);
    const first = await reader.next();
    assert.equal(first?.event, 'room');
    assert.equal(first?.data?.number, engineering);
    assert.deepEqual(
      (first?.data?.participants as { id: string }[] | undefined)?.map(({ id }) => id),
      ['p1'],
    );

    api.roster.join(sales, participant('p9', 'erin'));
    api.roster.join(engineering, participant('p2', 'bob', { name: 'Bob\n\nevent: x' }));
    api.roster.update('p2', { talking: true });
    api.roster.digit('p2', '#', 120);
    api.roster.leave('p2', 'left');
    const joined = await reader.next();
    assert.equal(joined?.event, 'participant.joined');
    assert.equal((joined?.data?.participant as { name: string } | undefined)?.name, 'Bob\n\nevent: x');
    const updated = await reader.next();
    assert.equal(updated?.event, 'participant.updated');
    assert.equal((updated?.data?.participant as { talking: boolean } | undefined)?.talking, true);
    const digit = await reader.next();
    assert.deepEqual(digit, {
      event: 'participant.digit',
      data: { room: engineering, participantId: 'p2', digit: '#', durationMs: 120 },
    });
    const left = await reader.next();
    assert.deepEqual([left?.event, left?.data?.cause], ['participant.left', 'left']);
    await reader.cancel();
  });

  it('tells of locks and raised hands', async () => {
    await start();
    api.roster.join(engineering, participant('p1', 'alice'));
    api.roster.setLocked(engineering, true);
    const reader = await read('bob');
    const first = await reader.next();
    assert.equal(first?.data?.locked, true);
    assert.deepEqual(first?.data?.you, { moderates: false, belongs: true, setsPin: false });
    api.roster.update('p1', { handRaised: true });
    const updated = await reader.next();
    assert.equal(updated?.event, 'participant.updated');
    assert.equal((updated?.data?.participant as { handRaised?: boolean } | undefined)?.handRaised, true);
    api.roster.setLocked(engineering, false);
    const unlocked = { event: 'room.locked', data: { room: engineering, locked: false } };
    assert.deepEqual(await reader.next(), unlocked);
    await reader.cancel();
  });

  it('ends when the API closes', async () => {
    await start();
    const reader = await read('alice');
    await reader.next();
    api.closeApi();
    assert.equal(await reader.next(), undefined);
  });

  it('says something now and then, and ends for a user who loses the room', async () => {
    await start(20);
    const reader = await read('alice');
    await reader.next();
    assert.deepEqual(await reader.next(), {});
    const alice = api.store.users.findByName.bind(api.store.users);
    api.store.users.findByName = async (name) => {
      const user = await alice(name);
      return user === undefined ? undefined : { ...user, memberships: [] };
    };
    for (let block = await reader.next(); block !== undefined; block = await reader.next()) assert.deepEqual(block, {});
  });

  it('tells of invitations', async () => {
    await start();
    const json = { kind: 'voice-communication-invitation', group: 'engineering', invite: ['erin'] };
    await api.request('/v1/voice-requests', { token: await api.login('bob'), json });
    const reader = await read('alice');
    await reader.next();
    const [invitation] = await api.store.invitations.listByRoom(engineering);
    assert.ok(invitation !== undefined);
    api.roster.events.emit('invitation.updated', {
      room: engineering,
      invitation: { ...invitation, state: 'ringing', tries: 1 },
    });
    const { event, data } = (await reader.next()) ?? {};
    assert.equal(event, 'invitation.updated');
    const { updatedAt, ...shown } = (data?.invitation ?? {}) as { updatedAt: string };
    assert.ok(Date.parse(updatedAt) > 0);
    const createdAt = invitation.createdAt.toISOString();
    assert.deepEqual(shown, { id: invitation.id, to: 'erin', from: 'bob', state: 'ringing', tries: 1, createdAt });
    await reader.cancel();
  });

  it('ends at once for a member who is removed, and goes on for the others', async () => {
    await start();
    const [bob, carol] = [await read('bob'), await read('carol')];
    await Promise.all([bob.next(), carol.next()]);
    await api.administration.removeMember('engineering', 'bob');
    assert.equal(await bob.next(), undefined);
    api.roster.join(engineering, participant('p1', 'alice'));
    assert.equal((await carol.next())?.event, 'participant.joined');
    await carol.cancel();
  });

  it('ends at once for a user who is revoked, and for one whose invitation is cancelled', async () => {
    await start();
    const json = { kind: 'voice-communication-invitation', group: 'engineering', invite: ['erin'] };
    const { body } = await api.request('/v1/voice-requests', { token: await api.login('alice'), json });
    const [{ id }] = body.invitations as [{ id: string }];
    const [bob, erin] = [await read('bob'), await read('erin')];
    assert.deepEqual([(await bob.next())?.event, (await erin.next())?.event], ['room', 'room']);
    await api.administration.revokeUser('bob');
    assert.equal(await bob.next(), undefined);
    const path = `/v1/rooms/${engineering}/invitations/${id}`;
    await api.request(path, { method: 'DELETE', token: await api.login('alice') });
    assert.equal(await erin.next(), undefined);
  });

  it('says so and ends when the room is closed', async () => {
    await start();
    const [bob, other] = [await read('bob'), await read('erin', sales)];
    await Promise.all([bob.next(), other.next()]);
    await api.administration.releaseNumber('engineering');
    assert.deepEqual(await bob.next(), { event: 'room.closed', data: { room: engineering, cause: 'released' } });
    assert.equal(await bob.next(), undefined);
    assert.equal(await streamCount(), 1);
    await other.cancel();
  });

  it('is forgotten when its reader goes', async () => {
    await start(20);
    const reader = await read('alice');
    await reader.next();
    assert.equal(await streamCount(), 1);
    await reader.cancel();
    while ((await streamCount()) > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('is broken off when its reader does not read', async () => {
    await start();
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    const head = `GET /v1/rooms/${engineering}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer`;
    socket.write(`${head} ${await api.login('alice')}\r\n\r\n`);
    while ((await streamCount()) === 0) await new Promise((resolve) => setImmediate(resolve));
    api.roster.join(engineering, participant('p1', 'alice', { name: 'A'.repeat(60_000) }));
    for (let talking = true; (await streamCount()) > 0; talking = !talking) {
      for (let index = 0; index < 20; index++) {
        api.roster.update('p1', { talking: index % 2 === 0 ? talking : !talking });
      }
    }
    socket.destroy();
  }).timeout(60_000);

  it('answers HEAD without opening one', async () => {
    await start();
    const token = await api.login('alice');
    const answer = await api.request(`/v1/rooms/${engineering}/events`, { method: 'HEAD', token });
    assert.equal(answer.status, 200);
    assert.equal(await streamCount(), 0);
  });
});
