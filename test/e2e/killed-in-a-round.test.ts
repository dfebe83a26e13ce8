import assert from 'node:assert/strict';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import { isFinished } from '../../gateway/rooms/invitations.js';
import { forEachDatabase, sqliteDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway.js';
import { A_FEW, allFinished, Crowd, DEADLINE_MS, inviteAll, nameOf, outcome, settings } from './crowd.js';

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
