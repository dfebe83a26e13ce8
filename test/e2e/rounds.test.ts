import assert from 'node:assert/strict';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import { isFinished } from '../../gateway/rooms/invitations.js';
import type { Store } from '../../gateway/store/store.js';
import { addUsers, mustFindUser } from '../store/people.js';
import type { ApiClient } from '../support/api-client.js';
import { forEachDatabase, sqliteDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess, NOTHING_HELD, TestGateway } from '../support/gateway.js';
import { type Behaviour, InvitedPhones } from '../support/invited-phones.js';
import { yamlFile } from '../support/yaml-file.js';

/** How many have a phone that behaves so, and what becomes of their invitations. */
const PHONES: readonly [Behaviour, number, string, { tries: number }][] = [
  ['busy', 5, 'busy 486', { tries: 2 }],
  ['refuses the call', 5, 'declined 603', { tries: 1 }],
  ['is broken', 4, 'failed 500', { tries: 1 }],
  ['rings forever', 5, 'no-answer', { tries: 2 }],
  ['silent', 4, 'no-answer no-response', { tries: 2 }],
  ['presses 1', 6, 'joined', { tries: 1 }],
  ['presses 1 at once', 5, 'joined', { tries: 1 }],
  ['presses 1 by INFO', 5, 'joined', { tries: 1 }],
  ['presses 2', 4, 'declined', { tries: 1 }],
  ['never presses', 4, 'voicemail', { tries: 1 }],
  ['hangs up', 3, 'no-answer hung-up', { tries: 2 }],
];
const A_FEW: typeof PHONES = [
  ['busy', 2, 'busy 486', { tries: 2 }],
  ['rings forever', 3, 'no-answer', { tries: 2 }],
  ['presses 1', 3, 'joined', { tries: 1 }],
  ['never presses', 4, 'voicemail', { tries: 1 }],
];
const JOINED = PHONES.reduce((sum, [, count, outcome]) => (outcome === 'joined' ? sum + count : sum), 0);
const AT_ONCE = 10;
const DEADLINE_MS = 300_000;

const settings = (more: object = {}) => ({
  ROOMLINE_CONFIG: yamlFile({
    ...more,
    invitations: { ringSeconds: 6, ringingPerRoom: AT_ONCE, tries: 2, retrySeconds: 2 },
    // These phones send nothing while they listen, and know no OPTIONS outside of a call.
    liveness: { optionsIntervalSeconds: 3600 },
    media: { rtpIdleSeconds: 3600 },
  }),
});

const outcome = ({ state, cause }: Pick<Invitation, 'state' | 'cause'>) =>
  cause === undefined ? state : `${state} ${cause}`;
const nameOf = ({ to }: Invitation) => ('user' in to ? to.user.name : to.tel);

/** Everybody's phones, and who has which. */
class Crowd {
  readonly group = 'crowd';
  readonly phones: InvitedPhones[] = [];
  /** What becomes of whom. */
  readonly expected = new Map<string, { outcome: string; tries: number }>();

  get size(): number {
    return this.expected.size;
  }

  /** Writes the members of a group whose moderator is the demo's alice, each with a phone that can be called. */
  async move(store: Store, have: typeof PHONES = PHONES): Promise<void> {
    const alice = await mustFindUser(store, 'alice');
    const groupId = await store.transaction(async (unit) => {
      const id = await unit.createGroup({ name: this.group, title: 'The Crowd' });
      await unit.addMember({ groupId: id, userId: alice.id, role: 'moderator' });
      return id;
    });
    for (const [behaviour, count, what, { tries }] of have) {
      const phones = await InvitedPhones.open(behaviour);
      this.phones.push(phones);
      for (let index = 1; index <= count; index++) {
        const name = `${behaviour.replaceAll(' ', '-')}-${index}`.toLowerCase();
        this.expected.set(name, { outcome: what, tries });
        const [user] = await addUsers(store, name);
        await store.transaction((unit) => unit.addMember({ groupId, userId: user.id, role: 'member' }));
        await store.contactBindings.apply(user.id, { put: [contactOf(user, phones.port)], remove: [] });
      }
    }
  }

  /** How often each was called. */
  calls(): Map<string, number> {
    return new Map(this.phones.flatMap((phones) => [...phones.calls()]));
  }

  async close(): Promise<void> {
    this.expected.clear();
    await Promise.all(this.phones.splice(0).map((phones) => phones.close()));
  }
}

function contactOf(user: { id: string; name: string }, port: number) {
  return {
    userId: user.id,
    userName: user.name,
    contactUri: `sip:${user.name}@127.0.0.1:${port}`,
    callId: user.name,
    cseq: 1,
    transport: 'udp',
    sourceAddress: '127.0.0.1',
    sourcePort: port,
    userAgent: 'sipp',
    registeredAt: new Date(),
    expiresAt: new Date(Date.now() + 3600_000),
  } as const;
}

async function inviteAll(api: ApiClient, { group, size }: Crowd): Promise<string> {
  const { status, body } = await api.request<{ room: { number: string }; invitations: unknown[] }>(
    'alice',
    'POST',
    '/v1/voice-requests',
    { kind: 'voice-communication-invitation', group, invite: 'all' },
  );
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.invitations.length, size);
  return body.room.number;
}

const allFinished = (store: Store, { size }: Crowd, number: string) =>
  eventually(
    'all invitations to be finished',
    () => store.invitations.listByRoom(number),
    (all) => all.length === size && all.every(isFinished),
    DEADLINE_MS,
  );

/** Of a list of events, how many were called at once at most. */
function mostAtOnce(events: readonly { name: string; data: object }[]): number {
  const called = new Set<string>();
  let most = 0;
  for (const { name, data } of events) {
    if (name !== 'invitation.updated') continue;
    const { invitation } = data as { invitation: { id: string; state: string } };
    if (['ringing', 'answered', 'confirming'].includes(invitation.state)) called.add(invitation.id);
    else called.delete(invitation.id);
    most = Math.max(most, called.size);
  }
  return most;
}

describe('a group of fifty that is invited at once', function () {
  this.timeout(DEADLINE_MS + 60_000);
  const database = sqliteDatabase();
  const crowd = new Crowd();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await TestGateway.start({ ...settings(), DATABASE_URL: database.url });
  });
  afterEach(async () => {
    await crowd.close();
    await gateway?.stop();
  });

  it('has everybody called, ten at a time, the right outcome for each, and no call left over', async () => {
    const store = await database.open();
    await crowd.move(store);
    const number = await gateway.api.roomNumber('alice', crowd.group);
    const events = await gateway.api.events('alice', number);
    assert.equal(await inviteAll(gateway.api, crowd), number);
    const all = await allFinished(store, crowd, number);
    const seen = Object.fromEntries(all.map((one) => [nameOf(one), { outcome: outcome(one), tries: one.tries }]));
    assert.deepEqual(seen, Object.fromEntries(crowd.expected));
    const calls = crowd.calls();
    for (const one of all) assert.equal(calls.get(nameOf(one)), one.tries, `calls of ${nameOf(one)}`);
    assert.equal(mostAtOnce(events.seen), AT_ONCE);
    events.close();
    await gateway.holds({ legs: JOINED, participants: JOINED, rtpengineCalls: JOINED, mixerPorts: JOINED });
    const { participants } = await gateway.api.room('alice', number);
    const joined = [...crowd.expected].filter(([, { outcome: what }]) => what === 'joined').map(([name]) => name);
    assert.deepEqual(participants.map(({ user }) => user).sort(), joined.sort());
    for (const { id } of participants)
      await gateway.api.request('alice', 'DELETE', `/v1/rooms/${number}/participants/${id}`);
    await gateway.holds(NOTHING_HELD);
  });
});

const isUnderWay = ({ state }: Invitation) => ['ringing', 'answered', 'confirming'].includes(state);

/** Each has one right outcome, and was called once for each try; `underWay` were being called when their gateway died. */
function assertSurvived(all: readonly Invitation[], crowd: Crowd, underWay: readonly Invitation[]): void {
  const calls = crowd.calls();
  for (const one of all) {
    const name = nameOf(one);
    const { outcome: what, tries } = crowd.expected.get(name) ?? assert.fail(name);
    assert.equal(outcome(one), what, name);
    const interruptions = underWay.some(({ id }) => id === one.id) ? 1 : 0;
    assert.deepEqual([one.tries, one.interruptions ?? 0], [tries + interruptions, interruptions], name);
    // Of a try that is written down the call may not have left yet when the gateway was killed.
    const made = calls.get(name) ?? 0;
    assert.ok(made <= one.tries && made >= one.tries - interruptions, `${name} was called ${made} times`);
  }
}

forEachDatabase('a gateway killed in the middle of a round', (database) => {
  const crowd = new Crowd();
  let gateway: GatewayProcess | undefined;

  const start = async () => {
    gateway = await GatewayProcess.start({ ...settings(), DATABASE_URL: database.url });
    return gateway;
  };
  afterEach(async () => {
    await crowd.close();
    await gateway?.stop();
  });

  it('has everybody called once it is started again: the right outcome for each, and nobody twice for one try', async function () {
    this.timeout(DEADLINE_MS + 60_000);
    const first = await start();
    const store = await database.open();
    await crowd.move(store);
    const number = await inviteAll(first.api, crowd);
    await eventually(
      'a part of them to be through',
      () => store.invitations.listByRoom(number),
      (all) => all.filter(isFinished).length >= 12,
      60_000,
    );
    await first.kill();
    const left = await store.invitations.listByRoom(number);
    const underWay = left.filter(isUnderWay);
    assert.ok(underWay.length > 0 && left.some(({ state }) => state === 'queued'), 'it was killed too late');

    const second = await start();
    const all = await allFinished(store, crowd, number);
    assertSurvived(all, crowd, underWay);
    const over = new Map(left.filter(isFinished).map((one) => [nameOf(one), one]));
    for (const one of all) {
      const { updatedAt } = over.get(nameOf(one)) ?? one;
      assert.deepEqual(one.updatedAt, updatedAt, `${nameOf(one)} was through`);
    }
    const joined = all.filter((one) => one.state === 'joined' && !over.has(nameOf(one))).map(nameOf);
    const { participants } = await second.api.room('alice', number);
    assert.deepEqual(participants.map(({ user }) => user).sort(), joined.sort());
  });
});

describe('a voice server killed in the middle of a round', function () {
  this.timeout(DEADLINE_MS + 60_000);
  const database = sqliteDatabase();
  const crowd = new Crowd();
  const running: GatewayProcess[] = [];

  async function start(role: 'directory' | 'voice'): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({
      ...settings({ peer: { heartbeatSeconds: 2 } }),
      ROOMLINE_ROLE: role,
      ROOMLINE_PEER_KEY: 'a-key-that-directory-and-voice-server-share',
      DATABASE_URL: database.url,
    });
    running.push(gateway);
    return gateway;
  }
  afterEach(async () => {
    await crowd.close();
    await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
  });

  it('has the one that stands by call those who are left', async () => {
    const active = await start('voice');
    await start('voice');
    const directory = await start('directory');
    const store = await database.open();
    await crowd.move(store, A_FEW);
    await eventually(
      'a voice server to be ready',
      () => directory.api.request('alice', 'POST', '/v1/voice-requests', { kind: 'exclusive-voice-communication' }),
      ({ status }) => status === 201,
      30_000,
    );
    const number = await inviteAll(directory.api, crowd);
    await eventually(
      'one of them to have joined',
      () => store.invitations.listByRoom(number),
      (all) => all.some(({ state }) => state === 'joined'),
      60_000,
    );
    await active.kill();
    const underWay = (await store.invitations.listByRoom(number)).filter(isUnderWay);
    assert.ok(underWay.length > 0, 'it was killed too late');
    assertSurvived(await allFinished(store, crowd, number), crowd, underWay);
  });
});
