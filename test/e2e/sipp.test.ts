import assert from 'node:assert/strict';
import { Caller } from '../support/caller.js';
import { TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import type { RoomEvents } from '../support/room-events.js';
import { runSipp } from '../support/sipp.js';
import { toneMuLaw } from '../support/tone-file.js';

/** Not in what one is told who is alone. */
const TONE_HZ = 900;

describe('sipp', function () {
  this.timeout(120_000);
  const users = ['alice', 'bob', 'carol', 'dave'].map((name) => ({ username: name, password: `${name}-demo` }));
  let gateway: TestGateway;
  let number: string;

  before(async () => {
    gateway = await TestGateway.start();
    number = await gateway.api.roomNumber('alice', 'engineering');
  });
  afterEach(() => gateway.holdsNothing());
  after(() => gateway?.stop());

  describe('with 200 calls that speak', () => {
    let events: RoomEvents;
    let listener: Caller;

    before(async () => {
      events = await gateway.api.events('alice', number);
      listener = await Caller.enter(number, { server: gateway.sip, user: 'alice', rtp: { frequencyHz: 1300 } });
    });
    after(async () => {
      events?.close();
      await listener?.close();
    });
    afterEach(async () => {
      await listener.close();
    });

    it('has every one answered, heard, and gone when it hung up', async () => {
      const calls = runSipp({
        server: gateway.sip,
        scenario: 'call',
        number,
        users,
        calls: 200,
        callsPerSecond: 10,
        concurrent: 40,
        callMs: 3000,
        // Quiet enough that forty of them do not clip.
        speech: toneMuLaw(TONE_HZ, 1, 600),
        deadlineMs: 90_000,
      });
      const heard = hearsExactly('the listener', listener.rtp, [TONE_HZ], [TONE_HZ, 1300], 60_000);
      const [result] = await Promise.all([calls, heard]);
      assert.deepEqual([result.successful, result.failed, result.errors], [200, 0, '']);
      await gateway.holds({ legs: 1, participants: 1, rtpengineCalls: 1, mixerPorts: 1 });
      await hearsExactly('the listener', listener.rtp, [], [TONE_HZ, 1300]);
      assert.deepEqual([events.count('participant.joined'), events.count('participant.left')], [200 + 1, 200]);
    });
  });

  it('has its calls answered over TCP', async () => {
    const result = await runSipp({ server: gateway.sip, scenario: 'call', number, users, calls: 20, transport: 'tcp' });
    assert.deepEqual([result.successful, result.failed, result.errors], [20, 0, '']);
  });

  it('ends its cancelled calls', async () => {
    const result = await runSipp({ server: gateway.sip, scenario: 'cancel', number, users, calls: 20 });
    assert.deepEqual([result.successful, result.failed, result.errors], [20, 0, '']);
  });

  it('gets through where one packet in ten is lost, by retransmissions of both sides', async () => {
    const result = await runSipp({
      server: gateway.sip,
      scenario: 'call',
      number,
      users,
      calls: 20,
      lostPercent: 10,
      deadlineMs: 60_000,
    });
    assert.deepEqual([result.successful, result.failed], [20, 0]);
    assert.ok(result.retransmissions > 0, 'nothing was lost');
  });
});
