import assert from 'node:assert/strict';
import { sqliteDatabase } from '../support/databases.js';
import { NOTHING_HELD, TestGateway } from '../support/gateway.js';
import { AT_ONCE, allFinished, Crowd, DEADLINE_MS, inviteAll, JOINED, nameOf, outcome, settings } from './crowd.js';

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
