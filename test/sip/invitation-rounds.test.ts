import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { RoomlineError } from '../../gateway/errors.js';
import { ANSWERED_ELSEWHERE } from '../../gateway/sip/dial-out.js';
import { settle } from './fakes.js';
import { ALICE, atNoon, type FakeRing, first, NOON, OTHER_ROOM, pass, setUp, TEL } from './invitation-rounds-world.js';

describe('an invitation round', () => {
  atNoon();

  for (const state of ['busy', 'no-answer'] as const) {
    it(`calls again after a pause who is ${state}, and says so meanwhile`, async () => {
      const { rings, start, register, invite, shown, last } = setUp();
      register('bob', 'web');
      const invitation = first(await invite(start().inviter, ['bob']));
      await last().end(state, '486');
      assert.equal(shown(invitation), `${state} 486 1 in 60000 ms`);
      await pass(59_999);
      assert.equal(rings.length, 1);
      await pass(1);
      assert.equal(shown(invitation), 'ringing 2');
      await last().end(state, '486');
      assert.equal(shown(invitation), `${state} 486 2`);
      await pass(600_000);
      assert.equal(rings.length, 2);
    });
  }

  it('calls later who asks for it', async () => {
    const { start, register, invite, shown, last, told } = setUp();
    register('bob', 'desk', 'udp');
    const invitation = first(await invite(start().inviter, ['bob']));
    last().options.onProgress?.('answered');
    last().options.onProgress?.('confirming');
    await last().end('snoozed');
    assert.equal(shown(invitation), 'snoozed 1 in 300000 ms');
    await pass(300_000);
    assert.equal(shown(invitation), 'ringing 2');
    await last().end('joined');
    assert.equal(shown(invitation), 'joined 2');
    assert.deepEqual(
      told.map((line) => line.split(' ')[1]),
      ['queued', 'ringing', 'answered', 'confirming', 'snoozed', 'ringing', 'joined'],
    );
  });

  it('says when a phone was answered', async () => {
    const { invitations, start, register, invite, last } = setUp();
    register('bob', 'desk', 'udp');
    const { id } = first(await invite(start().inviter, ['bob']));
    await pass(4000);
    last().options.onProgress?.('answered');
    await pass(1000);
    last().options.onProgress?.('confirming');
    await last().end('joined');
    const answeredAt = invitations.invitations.get(id)?.answeredAt;
    assert.equal(answeredAt?.getTime(), NOON.getTime() + 4000);
  });

  it('calls so many at once of all rooms, and the rooms take turns', async () => {
    const { rings, start, register, invite } = setUp({ ringingAtOnce: 4 });
    for (const name of ['bob', 'carol', 'dave', 'erin', 'frank']) register(name, 'web');
    const { inviter } = start();
    await invite(inviter, ['bob', 'carol', 'dave', 'erin', 'frank']);
    await invite(inviter, ['bob', 'carol', 'dave'], OTHER_ROOM.number);
    assert.deepEqual(roomsOf(rings), ['2000', '2000', '2000', '2001']);
    for (let ended = 0; ended < 4; ended++) {
      const ofFirstRoom = rings.filter(({ options }) => options.room.number === '2000');
      await ofFirstRoom[ended]?.end('declined');
      assert.equal(rings.length, 5 + ended);
    }
    assert.deepEqual(roomsOf(rings.slice(4)), ['2001', '2000', '2001', '2000']);
  });

  const roomsOf = (some: readonly FakeRing[]) => some.map(({ options }) => options.room.number);

  it('finds who has entered between two tries joined, without another call', async () => {
    const { rings, start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter, enter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    await last().end('busy');
    enter('bob');
    await settle();
    assert.equal(shown(invitation), 'joined 1');
    await pass(60_000);
    assert.equal(rings.length, 1);
  });

  it('stops ringing for one who enters, and says that the call was completed elsewhere', async () => {
    const { start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter, enter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    enter('bob');
    await settle();
    assert.deepEqual(last().stopped, { reason: ANSWERED_ELSEWHERE });
    assert.equal(shown(invitation), 'joined 1');
  });

  it('calls nobody who was cancelled while they waited', async () => {
    const { invitations, rings, start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    await last().end('busy');
    await invitations.update(invitation.id, { state: 'cancelled' }, []);
    inviter.cancel(invitation.id);
    await pass(60_000);
    assert.equal(rings.length, 1);
    assert.equal(shown(invitation), 'cancelled 1');
  });

  it('calls nobody whose invitation was cancelled where it is written, whether or not it was told', async () => {
    const { invitations, rings, start, register, invite, last } = setUp();
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    await last().end('busy');
    await invitations.update(invitation.id, { state: 'cancelled' }, []);
    await pass(60_000);
    assert.equal(rings.length, 1);
  });

  it('does nothing more for an invitation that another request has joined', async () => {
    const { invitations, rings, start, register, invite, last } = setUp();
    register('bob', 'web');
    const { inviter } = start();
    const { id } = first(await invite(inviter, ['bob']));
    inviter.invite(ALICE, [invitations.invitations.get(id) ?? assert.fail()]);
    await last().end('busy');
    inviter.invite(ALICE, [invitations.invitations.get(id) ?? assert.fail()]);
    await settle();
    assert.equal(rings.length, 1);
  });

  it('calls nobody before it is written down', async () => {
    const { invitations, rings, start, register, invite, shown } = setUp();
    register('bob', 'web');
    const advance = mock.method(invitations, 'advance', async () => {
      throw new RoomlineError('unavailable', 'the database does not answer');
    });
    const invitation = first(await invite(start().inviter, ['bob']));
    await pass(5000);
    assert.equal(rings.length, 0);
    advance.mock.restore();
    await pass(5000);
    assert.equal(rings.length, 1);
    assert.equal(shown(invitation), 'ringing 1');
  });

  it('writes down how it ended once the database takes it', async () => {
    const { invitations, start, register, invite, shown, last, told } = setUp();
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    const advance = mock.method(invitations, 'advance', async () => {
      throw new RoomlineError('unavailable', 'the database does not answer');
    });
    await last().end('declined');
    assert.equal(shown(invitation), 'ringing 1');
    advance.mock.restore();
    await pass(1000);
    assert.equal(shown(invitation), 'declined 1');
    assert.equal(told.at(-1), `${invitation.id} declined`);
  });

  it('writes no telephone number in full to the log', async () => {
    const log: string[] = [];
    const { start, invite, last } = setUp({ telephone: true, log });
    await invite(start().inviter, ['bob', { tel: TEL }]);
    await last().end('busy');
    assert.ok(log.some((line) => line.includes('tel:+493012****')));
    assert.ok(!log.some((line) => line.includes(TEL)));
  });
});
