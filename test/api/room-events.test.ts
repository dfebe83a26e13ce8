import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { participant } from '../support/participant.js';
import { type ApiServer, startApiServer } from './api-server.js';
import { bindGroups } from './bound-groups.js';

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
