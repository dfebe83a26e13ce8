import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ContactBinding } from '../../gateway/rooms/contact-binding.js';
import { startKeepAlive } from '../../gateway/sip/keep-alive.js';
import type { Answer, OutgoingRequest } from '../../gateway/sip/sip-server.js';
import { silentLog } from '../support/silent-log.js';
import { MemoryContacts, user } from './fakes.js';

function binding(name: string, port: number, transport: ContactBinding['transport'] = 'udp'): ContactBinding {
  return {
    userId: `id-${name}`,
    userName: name,
    contactUri: `sip:${name}@192.168.1.5:5060;transport=${transport}`,
    callId: 'x',
    cseq: 1,
    transport,
    sourceAddress: '10.0.0.1',
    sourcePort: port,
    userAgent: '',
    registeredAt: new Date(),
    expiresAt: new Date(Date.now() + 3_600_000),
  };
}

function setUp() {
  const contacts = new MemoryContacts();
  const asked: { request: OutgoingRequest; deadlineMs: number }[] = [];
  const removed: string[] = [];
  const world = {
    contacts,
    asked,
    removed,
    linked: true,
    inCall: new Set<string>(),
    answers: new Map<string, Answer>(),
  };
  const keepAlive = startKeepAlive({
    server: {
      get linked() {
        return world.linked;
      },
      request: async (request, deadlineMs) => {
        asked.push({ request, deadlineMs });
        return world.answers.get(request.uri.slice(4, 5)) ?? { status: 200 };
      },
    },
    contacts,
    users: {
      findByName: async (name) => user(name),
    },
    removeDead: async (dead) => removed.push(dead.userName) > 0,
    hasCallFrom: (candidate) => world.inCall.has(candidate.userName),
    intervalMs: 15_000,
    timeoutMs: 8000,
    log: silentLog,
  });
  return { ...world, world, keepAlive };
}

/** Lets time pass in small steps, and everything that became due finish. */
async function pass(milliseconds: number): Promise<void> {
  for (let step = 0; step < milliseconds; step += 100) {
    mock.timers.tick(100);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

describe('the keep-alive of contacts', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 }));
  afterEach(() => mock.timers.reset());

  it('asks each contact once in an interval, one after the other, where it came from', async () => {
    const { contacts, asked, keepAlive } = setUp();
    contacts.bindings = [binding('a', 1), binding('b', 2, 'ws'), binding('c', 3)];
    await pass(15_100);
    assert.equal(asked.length, 1);
    await pass(1700);
    assert.equal(asked.length, 2);
    await pass(1700);
    assert.equal(asked.length, 3);
    await pass(11_400);
    assert.equal(asked.length, 3);
    const [, second] = asked;
    assert.deepEqual(second, {
      request: {
        method: 'OPTIONS',
        uri: 'sip:b@192.168.1.5:5060;transport=ws',
        to: 'sip:b@192.168.1.5',
        target: { address: '10.0.0.1', port: 2, transport: 'ws' },
      },
      deadlineMs: 8000,
    });
    await pass(15_000);
    assert.equal(asked.length, 6);
    keepAlive.stop();
  });

  it('asks who registered just after the others were chosen soon enough to be gone within 30 s', async () => {
    const { contacts, asked, keepAlive } = setUp();
    contacts.bindings = ['a', 'b', 'c'].map((name, index) => binding(name, index + 1));
    await pass(15_100);
    contacts.bindings.push(binding('z', 26));
    await pass(30_000 - 8000 - 100);
    assert.ok(asked.some(({ request }) => request.uri.startsWith('sip:z@')));
    keepAlive.stop();
  });

  it('removes those who do not answer, and keeps all who answer anything', async () => {
    const { contacts, removed, world, keepAlive } = setUp();
    contacts.bindings = ['a', 'b', 'c', 'd', 'e'].map((name, index) => binding(name, index + 1));
    world.answers.set('a', { none: 'timeout' });
    world.answers.set('b', { none: 'no-flow' });
    world.answers.set('c', { status: 501 });
    world.answers.set('d', { none: 'link-lost' });
    await pass(30_000);
    assert.deepEqual(removed, ['a', 'b']);
    keepAlive.stop();
  });

  it('leaves those in a call alone', async () => {
    const { contacts, asked, world, keepAlive } = setUp();
    contacts.bindings = [binding('a', 1), binding('b', 2)];
    world.inCall.add('a');
    await pass(30_000);
    assert.deepEqual(
      asked.map(({ request }) => request.uri.slice(4, 5)),
      ['b'],
    );
    keepAlive.stop();
  });

  it('asks nobody without a link, and goes on when it is back', async () => {
    const { contacts, asked, removed, world, keepAlive } = setUp();
    contacts.bindings = [binding('a', 1)];
    world.linked = false;
    await pass(30_100);
    assert.deepEqual([asked.length, removed.length], [0, 0]);
    world.linked = true;
    await pass(15_000);
    assert.equal(asked.length, 1);
    keepAlive.stop();
  });

  it('asks the contacts of a user at once when a phone of theirs left a call without a word', async () => {
    const { contacts, asked, removed, world, keepAlive } = setUp();
    contacts.bindings = [binding('a', 1), binding('b', 2)];
    world.answers.set('a', { none: 'timeout' });
    keepAlive.askUser('a');
    await pass(200);
    assert.deepEqual(
      asked.map(({ request }) => request.uri.slice(4, 5)),
      ['a'],
    );
    assert.deepEqual(removed, ['a']);
    keepAlive.stop();
  });

  it('purges what expired, goes on after the store failed, and stops', async () => {
    const { contacts, asked, keepAlive } = setUp();
    contacts.bindings = [{ ...binding('a', 1), expiresAt: new Date(Date.now() + 1000) }, binding('b', 2)];
    const all = contacts.all.bind(contacts);
    contacts.all = () => Promise.reject(new Error('the database is gone'));
    await pass(15_100);
    contacts.all = all;
    await pass(15_000);
    assert.deepEqual(
      contacts.bindings.map(({ userName }) => userName),
      ['b'],
    );
    assert.equal(asked.length, 1);
    keepAlive.stop();
    await pass(60_000);
    assert.equal(asked.length, 1);
  });
});
