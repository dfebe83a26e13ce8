import assert from 'node:assert/strict';
import type { CallOutcome } from '../../gateway/sip/sip-server.js';
import { ROOM, settle } from './fakes.js';
import { ALICE, ELSEWHERE, first, NAMES, setUp, stops, toUser } from './inviter-world.js';

describe('an invitation', () => {
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
  });

  it("rings every phone of the invited at once, in the room's name, and lets in who answers", async () => {
    const { media, roster, server, register, invite, stateOf, told } = setUp();
    const [web, desk] = [register('bob', 'web'), register('bob', 'desk', 'udp')];
    const invitation = first(await invite('bob'));
    assert.equal(stateOf(invitation), 'ringing 1');
    assert.deepEqual(
      server.calls.map((call) => call.invite.uri),
      [web.contactUri, desk.contactUri],
    );
    assert.deepEqual(media.outgoing, ['browser', 'phone']);
    const [call, other] = server.calls;
    assert.equal(call?.invite.from, '"ALICE (Engineering)" <sip:2000@127.0.0.1>');
    assert.equal(call?.invite.to, '<sip:bob@127.0.0.1>');
    assert.equal(call?.invite.sdp, media.legs[0]?.sdp);
    assert.deepEqual(roster.participants('2000'), []);
    call?.answer('v=0 answer');
    await settle();
    assert.deepEqual(media.legs[0]?.answers, ['v=0 answer']);
    assert.deepEqual(other?.cancelled, ELSEWHERE);
    assert.equal(call?.cancelled, undefined);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name, device, role }) => [name, device, role]),
      [['bob', 'softphone', 'speaker']],
    );
    assert.equal(stateOf(invitation), 'joined 1');
    assert.equal(media.openCount, 1);
    assert.deepEqual(told, [`${invitation.id} queued`, `${invitation.id} ringing`, `${invitation.id} joined`]);
  });

  it('hangs up on the second of two who answer at the same moment', async () => {
    const { focuses, media, server, register, invite } = setUp();
    register('bob', 'web');
    register('bob', 'tablet');
    await invite('bob');
    for (const call of server.calls) call.answer();
    await settle();
    assert.deepEqual(
      server.calls.map(({ dialog }) => dialog.byes),
      [0, 1],
    );
    assert.equal(media.openCount, 1);
    assert.equal(focuses.counts().legs, 1);
  });

  const FATES: readonly [string, CallOutcome, string][] = [
    ['is busy', { refused: 486 }, 'busy 486 1'],
    ['is busy everywhere', { refused: 600 }, 'busy 600 1'],
    ['declines', { refused: 603 }, 'declined 603 1'],
    ['is not available', { refused: 480 }, 'unreachable 480 1'],
    ['does not answer in time', { none: 'timeout' }, 'no-answer 1'],
    ['gives no sign at all', { none: 'no-response' }, 'no-answer no-response 1'],
    ['has a browser that is gone', { none: 'no-flow' }, 'unreachable no-flow 1'],
    ['has a phone that fails', { refused: 500 }, 'failed 500 1'],
    ['cannot take the offer', { refused: 488 }, 'failed 488 1'],
  ];
  for (const [what, outcome, state] of FATES) {
    it(`ends as ${state.split(' ')[0]} when the invited ${what}`, async () => {
      const { focuses, media, server, register, invite, stateOf } = setUp();
      register('bob');
      const invitation = first(await invite('bob'));
      first(server.calls).end(outcome);
      await settle();
      assert.equal(stateOf(invitation), state);
      assert.equal(media.openCount, 0);
      assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
    });
  }

  it('goes on at the other phones when one is busy or gone, whose contact is removed', async () => {
    const { dead, server, register, invite, stateOf } = setUp();
    for (const device of ['web', 'tablet', 'laptop']) register('bob', device);
    const invitation = first(await invite('bob'));
    const [web, tablet, laptop] = server.calls;
    web?.end({ refused: 486 });
    tablet?.end({ none: 'no-flow' });
    await settle();
    assert.equal(stateOf(invitation), 'ringing 1');
    assert.deepEqual(dead, ['sip:tablet@bob.invalid;transport=ws']);
    laptop?.answer();
    await settle();
    assert.equal(stateOf(invitation), 'joined 1');
  });

  it('tells what says most when no phone answers', async () => {
    const { server, register, invite, stateOf } = setUp();
    for (const device of ['web', 'tablet', 'laptop']) register('bob', device);
    const invitation = first(await invite('bob'));
    const [web, tablet, laptop] = server.calls;
    web?.end({ none: 'timeout' });
    tablet?.end({ refused: 486 });
    laptop?.end({ none: 'no-flow' });
    await settle();
    assert.equal(stateOf(invitation), 'busy 486 1');
  });

  it('stops ringing everywhere once it is declined on one phone', async () => {
    const { server, register, invite, stateOf } = setUp();
    register('bob', 'web');
    register('bob', 'tablet');
    const invitation = first(await invite('bob'));
    first(server.calls).end({ refused: 603 });
    await settle();
    assert.deepEqual(server.calls[1]?.cancelled, { Reason: 'SIP;cause=603;text="Declined elsewhere"' });
    assert.equal(stateOf(invitation), 'declined 603 1');
  });

  it('is unreachable without a phone, without a call', async () => {
    const { server, invite, stateOf } = setUp();
    assert.equal(stateOf(first(await invite('bob'))), 'unreachable no-contact 0');
    assert.equal(server.calls.length, 0);
  });

  it('stops ringing a member who is removed from the group, and nobody else', async () => {
    const { events, invitations, server, register, invite, stateOf, told } = setUp();
    register('bob');
    register('carol');
    const [bob, carol] = await invite('bob', 'carol');
    assert.ok(bob !== undefined && carol !== undefined);
    // The store has cancelled it together with the membership.
    await invitations.update(bob.id, { state: 'cancelled', cause: 'member-removed' }, []);
    events.emit('member.removed', { groupId: 'g', userId: 'id-bob', user: 'bob', room: '9999' });
    events.emit('member.removed', { groupId: 'g', userId: 'id-carol', user: 'carol' });
    await settle();
    assert.equal(server.calls[0]?.cancelled, undefined);
    events.emit('member.removed', { groupId: 'g', userId: 'id-bob', user: 'bob', room: ROOM.number });
    await settle();
    assert.notEqual(server.calls[0]?.cancelled, undefined);
    assert.equal(server.calls[1]?.cancelled, undefined);
    assert.equal(stateOf(bob), 'cancelled member-removed 1');
    assert.equal(stateOf(carol), 'ringing 1');
    assert.equal(told.at(-1), `${bob.id} cancelled member-removed`);
  });

  it('finds whoever is in the room already joined, without ringing', async () => {
    const { server, register, invite, stateOf, dialIn } = setUp();
    register('bob');
    await dialIn('bob');
    assert.equal(stateOf(first(await invite('bob'))), 'joined 0');
    assert.equal(server.calls.length, 0);
  });

  it('stops ringing for one who dials in meanwhile', async () => {
    const { server, register, invite, stateOf, dialIn } = setUp();
    register('bob');
    const invitation = first(await invite('bob'));
    await dialIn('bob');
    assert.deepEqual(first(server.calls).cancelled, ELSEWHERE);
    assert.equal(stateOf(invitation), 'joined 1');
  });

  it('has failed for one who may not enter', async () => {
    const { server, register, invite, stateOf } = setUp({ room: { groupId: 'sales' } });
    register('bob');
    assert.equal(stateOf(first(await invite('bob'))), 'failed not-a-member 0');
    assert.equal(server.calls.length, 0);
  });

  it('leaves the places of those who ring to others, and fails when there is none at the answer', async () => {
    const { focuses, server, register, invite, stateOf, dialIn } = setUp({ maxParticipants: 2 });
    register('bob');
    const invitation = first(await invite('bob'));
    await dialIn('carol');
    await dialIn('dave');
    first(server.calls).answer();
    await settle();
    assert.equal(stateOf(invitation), 'failed full 1');
    assert.equal(first(server.calls).dialog.byes, 1);
    assert.equal(focuses.counts().legs, 2);
  });

  it('has failed when the answer cannot be used, and the caller hears BYE', async () => {
    const { media, server, register, invite, stateOf } = setUp();
    register('bob');
    const invitation = first(await invite('bob'));
    media.open1.refusal = new TypeError('no');
    first(server.calls).answer();
    await settle();
    assert.equal(stateOf(invitation), 'failed internal 1');
    assert.equal(first(server.calls).dialog.byes, 1);
    assert.equal(media.openCount, 0);
  });

  it('rings three of a room at once and the others in their turn', async () => {
    const { server, register, invite, stateOf } = setUp();
    for (const name of NAMES) register(name);
    const created = await invite(...NAMES);
    assert.deepEqual(created.map(stateOf), ['ringing 1', 'ringing 1', 'ringing 1', 'queued 0', 'queued 0']);
    first(server.to('carol')).end({ refused: 486 });
    await settle();
    assert.equal(server.calls.length, 4);
    first(server.to('bob')).answer();
    await settle();
    assert.deepEqual(created.map(stateOf), ['joined 1', 'busy 486 1', 'ringing 1', 'ringing 1', 'ringing 1']);
  });

  it('does not keep those waiting whom it is no use to call', async () => {
    const { register, invite, stateOf } = setUp();
    for (const name of ['bob', 'carol', 'dave']) register(name);
    const created = await invite('bob', 'carol', 'dave', 'erin');
    assert.equal(stateOf(created[3] ?? assert.fail()), 'unreachable no-contact 0');
  });

  it('stops ringing when it is cancelled, whoever wrote that down, and rings nobody who waits', async () => {
    const { invitations, inviter, server, register, invite, stateOf, told } = setUp();
    for (const name of NAMES) register(name);
    const [bob, carol, , erin] = await invite(...NAMES);
    assert.ok(bob !== undefined && carol !== undefined && erin !== undefined);
    inviter.cancel(bob.id);
    await invitations.update(carol.id, { state: 'cancelled' }, []);
    inviter.cancel(carol.id);
    inviter.cancel(erin.id);
    await settle();
    assert.deepEqual(first(server.to('bob')).cancelled, {});
    assert.deepEqual(first(server.to('carol')).cancelled, {});
    assert.equal(server.to('erin').length, 0);
    assert.deepEqual([bob, carol, erin].map(stateOf), ['cancelled 1', 'cancelled 1', 'cancelled 0']);
    for (const { id } of [bob, carol, erin]) {
      assert.equal(told.filter((line) => line === `${id} cancelled`).length, 1, id);
    }
  });

  it('is counted once, whether it is cancelled while it goes on or after its end', async () => {
    const { invitations, inviter, register, invite, told, figures } = setUp();
    register('bob');
    const [bob, carol] = await invite('bob', 'carol');
    assert.ok(bob !== undefined && carol !== undefined);
    for (const { id } of [bob, carol]) {
      await invitations.update(id, { state: 'cancelled' }, []);
      inviter.cancel(id);
    }
    await settle();
    assert.ok([bob, carol].every(({ id }) => told.includes(`${id} cancelled`)));
    const counted = [...figures.read()].filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(counted), { unreachable: 1, cancelled: 1 });
  });

  it('is cancelled with the room', async () => {
    const { events, server, register, invite, stateOf } = setUp();
    register('bob');
    const invitation = first(await invite('bob'));
    events.emit('room.ended', { room: '2001', cause: 'empty' });
    assert.equal(first(server.calls).cancelled, undefined);
    events.emit('room.ended', { room: '2000', cause: 'empty' });
    await settle();
    assert.deepEqual(first(server.calls).cancelled, {});
    assert.equal(stateOf(invitation), 'cancelled room-ended 1');
  });

  it('looks again at whom it rings, since access may have ended while it looked', async () => {
    const { focuses, guard, register, invite } = setUp();
    register('bob');
    await invite('bob');
    assert.deepEqual(guard.confirmed, focuses.legsOf('id-bob'));
    assert.equal(guard.confirmed.length, 1);
  });

  it('has failed, and stays one that lets in, when the calls are ended under it', async () => {
    const { focuses, register, invite, stateOf } = setUp();
    register('bob');
    const invitation = first(await invite('bob'));
    for (const leg of focuses.legsOf('id-bob')) void leg.end('expired');
    await settle();
    assert.equal(stateOf(invitation), 'failed ended 1');
  });

  it('goes out under a name that breaks no header', async () => {
    const { inviter, invitations, server, register } = setUp();
    register('bob');
    const alice = { ...ALICE, displayName: `A"l\\ice\r\nX: y${'x'.repeat(500)}` };
    inviter.invite(alice, invitations.create(ROOM.number, toUser('bob')));
    await settle();
    const { from } = first(server.calls).invite;
    assert.match(from, /^"A\\"l\\\\ice {2}X: yx+" <sip:2000@127\.0\.0\.1>$/);
    assert.ok(from.length < 200, from);
  });
});
