import assert from 'node:assert/strict';
import { BOB, COMPLETED, endCalls, line, phone, setUp } from './dial-out-world.js';
import { gate, ROOM, settle } from './fakes.js';
import { assertNothingLeft } from './focuses-world.js';

describe('calling an outside line', () => {
  afterEach(endCalls);

  it('calls as the trunk wants it, and gives the place in its limits back when the call is over', async () => {
    const world = setUp();
    const placed = line();
    const ringing = await world.ring([], { lines: [placed] });
    const { invite } = world.call(0);
    assert.equal(invite.uri, placed.invite.uri);
    assert.equal(invite.from, placed.invite.from);
    assert.deepEqual(invite.credentials, placed.invite.credentials);
    assert.equal(invite.headers?.['P-Asserted-Identity'], placed.invite.headers?.['P-Asserted-Identity']);
    assert.equal(invite.headers?.Supported, 'timer');
    await world.answer(0);
    assert.equal(world.asking().context.language, 'de');
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob outside-line']);
    assert.equal(placed.released, 0);
    world.call(0).listener.ended('bye');
    assert.equal(placed.released, 1);
  });

  it("is called by its number when it is nobody's", async () => {
    const world = setUp();
    const outside = { id: 'invitation-1', tel: '+4930123456', room: ROOM.number };
    await world.ring([], { lines: [line()], identity: { outside } });
    await world.answer(0);
    assert.equal(world.asking().context.user, undefined);
    await world.says('accepted');
    const [participant] = world.roster.participants(ROOM.number);
    assert.equal(participant?.name, '+4930123456');
    assert.equal(participant?.device, 'outside-line');
    assert.equal(participant !== undefined && 'user' in participant, false);
  });

  it('gives the place back when nobody answers', async () => {
    const world = setUp();
    const placed = line();
    const ringing = await world.ring([], { lines: [placed] });
    world.call(0).end({ refused: 486 });
    assert.deepEqual(await ringing.outcome, { state: 'busy', cause: '486' });
    assert.equal(placed.released, 1);
  });
});

describe('a phone that sends a call elsewhere', () => {
  const contacts = ['sip:elsewhere@example.com'];

  it('has failed when elsewhere may not be called', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    world.call(0).end({ refused: 302, contacts });
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: '302' });
    assert.deepEqual(world.redirects, [contacts]);
    assert.equal(world.server.calls.length, 1);
    assertNothingLeft(world);
  });

  it('is followed where it may be, and asked like any other', async () => {
    const world = setUp();
    const placed = line();
    world.world.redirectTo = { line: placed };
    const ringing = await world.ring([phone('desk')]);
    world.call(0).end({ refused: 302, contacts });
    await settle();
    await world.answer(1);
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob outside-line']);
  });

  it('is followed once in a try', async () => {
    const world = setUp();
    world.world.redirectTo = { contact: phone('mobile') };
    const ringing = await world.ring([phone('desk')]);
    world.call(0).end({ refused: 302, contacts });
    await settle();
    world.call(1).end({ refused: 302, contacts });
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: '302' });
    assert.equal(world.server.calls.length, 2);
  });

  it('does not make a phone ring twice', async () => {
    const world = setUp();
    world.world.redirectTo = { contact: phone('other') };
    const ringing = await world.ring([phone('desk'), phone('other')]);
    world.call(0).end({ refused: 302, contacts });
    await settle();
    assert.equal(world.server.calls.length, 2);
    world.call(1).end({ refused: 486 });
    assert.deepEqual(await ringing.outcome, { state: 'busy', cause: '486' });
  });

  it('gives the place on a trunk back when the ringing was stopped meanwhile', async () => {
    const world = setUp();
    const placed = line();
    const { closed, open } = gate();
    world.world.redirectTo = { line: placed };
    world.world.redirected = closed;
    const ringing = await world.ring([phone('desk'), phone('other')]);
    world.call(0).end({ refused: 302, contacts });
    await settle();
    assert.equal(world.redirects.length, 1);
    ringing.stop();
    open();
    assert.deepEqual(await ringing.outcome, { state: 'cancelled' });
    assert.equal(world.server.calls.length, 2);
    assert.equal(placed.released, 1);
  });
});

describe("calling one's own desk phone", () => {
  for (const [autoAnswer, name, value] of [
    ['alert-info', 'Alert-Info', '<http://localhost>;info=alert-autoanswer;delay=0'],
    ['call-info', 'Call-Info', '<sip:127.0.0.1>;answer-after=0'],
  ] as const) {
    it(`asks it by ${name} to answer by itself, and lets it in on answer`, async () => {
      const world = setUp({ autoAnswer });
      const ringing = await world.ring([phone('desk'), phone('dect')], { ownCall: true, inviter: BOB });
      assert.equal(world.call(0).invite.headers?.[name], value);
      assert.equal(world.call(0).invite.from, '"Engineering" <sip:2000@127.0.0.1>');
      await world.answer(1);
      assert.deepEqual(await ringing.outcome, { state: 'joined' });
      assert.deepEqual(world.inRoom(), ['bob desk-phone']);
      assert.deepEqual(world.call(0).cancelled, COMPLETED);
      assert.equal(world.asked.length, 0);
    });
  }

  it('asks whoever answers the telephone it sends its calls to, which may be a machine', async () => {
    const world = setUp();
    world.world.redirectTo = { line: line() };
    const ringing = await world.ring([phone('desk')], { ownCall: true, inviter: BOB });
    world.call(0).end({ refused: 302, contacts: ['tel:+4930123456'] });
    await settle();
    await world.answer(1);
    assert.equal(world.asked.length, 1);
    assert.deepEqual(world.inRoom(), []);
    ringing.stop();
  });

  it('does not ask for that when somebody else calls', async () => {
    const world = setUp({ autoAnswer: 'alert-info' });
    await world.ring([phone('desk')]);
    assert.equal(world.call(0).invite.headers?.['Alert-Info'], undefined);
    assert.equal(world.call(0).invite.from, '"ALICE (Engineering)" <sip:2000@127.0.0.1>');
  });
});
