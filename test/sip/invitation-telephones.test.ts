import assert from 'node:assert/strict';
import { atNoon, first, NIGHT, pass, setUp, TEL } from './invitation-rounds-world.js';

describe('an invitation round', () => {
  atNoon();

  for (const state of ['busy', 'no-answer', 'unreachable', 'failed'] as const) {
    it(`calls the outside line of one whose phones are ${state}, in the same try`, async () => {
      const { rings, start, register, invite, shown, last, line } = setUp({ telephone: true });
      register('bob', 'web');
      register('bob', 'desk', 'udp');
      const invitation = first(await invite(start().inviter, ['bob']));
      assert.deepEqual(last().phones, ['bob web', 'bob desk']);
      await last().end(state);
      assert.deepEqual(last().phones, [TEL]);
      assert.equal(shown(invitation), 'ringing 1');
      await last().end('joined');
      assert.equal(shown(invitation), 'joined 1');
      assert.deepEqual([rings.length, line.open], [2, 0]);
    });
  }

  for (const [state, cause] of [
    ['declined'],
    ['snoozed'],
    ['voicemail'],
    ['no-answer', 'hung-up'],
    ['failed', 'full'],
    ['failed', 'locked'],
    ['failed', 'not-admitted'],
  ] as const) {
    it(`leaves the outside line alone of one whose phones say ${cause ?? state}`, async () => {
      const { rings, start, register, invite, last } = setUp({ telephone: true });
      register('bob', 'desk', 'udp');
      await invite(start().inviter, ['bob']);
      await last().end(state, cause);
      assert.equal(rings.length, 1);
    });
  }

  it('calls a telephone number at once, as nobody’s but the invitation’s', async () => {
    const { start, invite, shown, last } = setUp();
    const invitation = first(await invite(start().inviter, [{ tel: TEL }]));
    assert.deepEqual(last().phones, [TEL]);
    assert.deepEqual(last().options.identity, { outside: { id: invitation.id, tel: TEL, room: '2000' } });
    await last().end('voicemail');
    assert.equal(shown(invitation), 'voicemail 1');
  });

  const REFUSALS: readonly [string, string, string][] = [
    ['barred', 'failed barred 0', 'failed barred 0'],
    ['user-limit', 'failed user-limit 0', 'failed user-limit 0'],
    ['no-trunk', 'failed no-trunk 0', 'unreachable no-contact 0'],
  ];
  for (const [refused, ofNumber, ofUser] of REFUSALS) {
    it(`ends as ${ofNumber} for a number that is ${refused}, as ${ofUser} for a user with nothing else`, async () => {
      const { rings, line, start, invite, shown } = setUp({ telephone: true });
      line.refusal = { refused };
      const [number, bob] = await invite(start().inviter, [{ tel: TEL }, 'bob']);
      assert.deepEqual(
        [number, bob].map((one) => shown(one ?? assert.fail())),
        [ofNumber, ofUser],
      );
      assert.equal(rings.length, 0);
    });
  }

  it('tells of the phones when they may be answered the next time, and there is no way to the outside line', async () => {
    const { line, start, register, invite, shown, last } = setUp({ telephone: true });
    line.refusal = { refused: 'barred' };
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    await last().end('no-answer');
    assert.equal(shown(invitation), 'no-answer 1 in 60000 ms');
  });

  it('waits for a trunk that has no place, and then calls the outside line alone, in the same try', async () => {
    const { rings, line, start, register, invite, shown, last } = setUp({ telephone: true });
    line.refusal = { refused: 'at-once', retryAfterSeconds: 7 };
    register('bob', 'web');
    const [bob, number] = await invite(start().inviter, ['bob', { tel: TEL }]);
    assert.ok(bob && number);
    await last().end('unreachable');
    assert.equal(shown(bob), 'queued at-once 1 in 7000 ms');
    assert.equal(shown(number), 'queued at-once 0 in 7000 ms');
    await pass(7000);
    assert.equal(shown(bob), 'queued at-once 1 in 7000 ms');
    line.refusal = undefined;
    await pass(7000);
    assert.deepEqual(
      rings.map(({ phones }) => phones),
      [['bob web'], [TEL], [TEL]],
    );
    assert.deepEqual([shown(bob), shown(number)], ['ringing 1', 'ringing 1']);
    for (const ring of rings.slice(1)) await ring.end('busy');
    await pass(60_000);
    assert.deepEqual(
      rings
        .slice(3)
        .map(({ phones }) => phones[0])
        .sort(),
      [TEL, 'bob web'],
    );
    assert.equal(shown(bob), 'ringing 2');
  });

  it('lets telephones wait until quiet hours are over', async () => {
    const { rings, start, register, invite, shown, last } = setUp({ telephone: true, quietHours: NIGHT });
    register('bob', 'desk', 'udp');
    await pass(11 * 3600_000);
    const [bob, number] = await invite(start().inviter, ['bob', { tel: TEL }]);
    assert.ok(bob && number);
    assert.equal(shown(bob), `queued quiet-hours 0 in ${8 * 3600_000} ms`);
    assert.equal(shown(number), `queued quiet-hours 0 in ${8 * 3600_000} ms`);
    await pass(8 * 3600_000 - 1);
    assert.equal(rings.length, 0);
    await pass(1);
    assert.deepEqual([shown(bob), shown(number)], ['ringing 1', 'ringing 1']);
    await last().end('joined');
  });

  it('rings browsers in quiet hours, and the telephones after them if nobody is there', async () => {
    const { rings, start, register, invite, shown } = setUp({ quietHours: NIGHT });
    for (const name of ['bob', 'carol']) register(name, 'web');
    register('bob', 'desk', 'udp');
    await pass(11 * 3600_000);
    const [bob, carol] = await invite(start().inviter, ['bob', 'carol']);
    assert.ok(bob && carol);
    assert.deepEqual(
      rings.map(({ phones }) => phones),
      [['bob web'], ['carol web']],
    );
    for (const ring of rings) await ring.end('no-answer');
    assert.equal(shown(bob), `queued quiet-hours 1 in ${8 * 3600_000} ms`);
    assert.equal(shown(carol), 'no-answer 1 in 60000 ms');
    await pass(8 * 3600_000);
    assert.ok(rings.some(({ phones }) => phones.join() === 'bob web,bob desk'));
  });
});
