import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { ALICE, BOB, endCalls, phone, setUp } from './dial-out-world.js';
import { FakeRequest } from './fake-calls.js';
import { ROOM, settle, user } from './fakes.js';
import { assertNothingLeft } from './focuses-world.js';

describe('calling a desk phone', () => {
  afterEach(endCalls);

  it('asks whoever answers, apart from the room, and lets in who accepts', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    assert.deepEqual(world.progress, []);
    await world.answer(0);
    const leg = world.media.open1;
    assert.equal(leg.room, null);
    assert.deepEqual(world.media.outgoing, ['phone']);
    assert.deepEqual(world.progress, ['answered', 'confirming']);
    assert.deepEqual(world.inRoom(), []);
    const { context } = world.asking();
    assert.equal(context.room, ROOM);
    assert.equal(context.inviter, ALICE);
    assert.equal(context.user, BOB);
    assert.equal(context.language, undefined);
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.equal(leg.room, ROOM.number);
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
    assert.equal(leg.closed, 0);
    await world.focuses.endAll('shutdown');
    assertNothingLeft(world);
  });

  for (const [confirmation, outcome] of [
    ['declined', { state: 'declined' }],
    ['snoozed', { state: 'snoozed' }],
    ['no-key', { state: 'voicemail' }],
  ] as const) {
    it(`is ${outcome.state} when the answer to the question is ${confirmation}, and hangs up`, async () => {
      const world = setUp();
      const ringing = await world.ring([phone('desk')]);
      await world.answer(0);
      await world.says(confirmation);
      assert.deepEqual(await ringing.outcome, outcome);
      assert.equal(world.call(0).dialog.byes, 1);
      assertNothingLeft(world);
    });
  }

  it('is unanswered when they hang up while they are asked, whatever is said of it later', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    world.call(0).listener.ended('bye');
    assert.equal(world.asking().call.ended.aborted, true);
    assert.deepEqual(await ringing.outcome, { state: 'no-answer', cause: 'hung-up' });
    await world.says('accepted');
    assert.equal(world.call(0).dialog.byes, 1);
    assertNothingLeft(world);
  });

  it('has failed when its media is lost while they are asked', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    world.media.events.emit('lost', { leg: world.media.open1.id });
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: 'media-lost' });
    assertNothingLeft(world);
  });

  it('is taken for an answering machine when the question has no end', async () => {
    const world = setUp({ confirmMs: 1 });
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    assert.deepEqual(await ringing.outcome, { state: 'voicemail' });
    assert.equal(world.asking().call.ended.aborted, true);
    assertNothingLeft(world);
  });

  it('is cancelled, and hung up, when it is stopped while they are asked', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    ringing.stop();
    assert.deepEqual(await ringing.outcome, { state: 'cancelled' });
    assert.equal(world.call(0).dialog.byes, 1);
    assert.deepEqual(world.call(0).dialog.byeHeaders, {});
    assertNothingLeft(world);
  });

  it('asks for a place in the room once they accept, not before', async () => {
    const world = setUp({ maxParticipants: 1 });
    const first = await world.ring([phone('desk')]);
    const second = await world.ring([phone('other')], { identity: { user: user('carol') } });
    await world.answer(0);
    await world.answer(1);
    await world.says('accepted', 1);
    assert.deepEqual(await second.outcome, { state: 'joined' });
    await world.says('accepted', 0);
    assert.deepEqual(await first.outcome, { state: 'failed', cause: 'full' });
    assert.deepEqual(world.inRoom(), ['carol desk-phone']);
  });

  it('finds a room locked that was locked meanwhile', async () => {
    const world = setUp();
    await world.ring([phone('web', 'ws')], { identity: { user: user('carol') } });
    await world.answer(0);
    const ringing = await world.ring([phone('desk')]);
    await world.answer(1);
    await world.focuses.setLocked(ROOM.number, true);
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: 'locked' });
    assert.deepEqual(world.inRoom(), ['carol softphone']);
  });

  it('does not let in who may not enter any more when they accept', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    world.world.admits = false;
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: 'not-admitted' });
    assertNothingLeft(world);
  });

  it('has failed when the media cannot enter the room', async () => {
    const world = setUp();
    const ringing = await world.ring([phone('desk')]);
    await world.answer(0);
    world.media.open1.refusal = new RoomlineError('unavailable', 'no mixer', { code: 'no-mixer' });
    await world.says('accepted');
    assert.deepEqual(await ringing.outcome, { state: 'failed', cause: 'no-mixer' });
    assertNothingLeft(world);
  });

  it('hears keys by RFC 4733 and by INFO, each once, and tells the room of them only when in it', async () => {
    const world = setUp();
    const inRoom: string[] = [];
    world.roster.events.on('participant.digit', ({ digit }) => inRoom.push(digit));
    await world.ring([phone('desk')]);
    await world.answer(0);
    const heard: string[] = [];
    world.asking().call.onDigit((digit) => heard.push(digit));
    const { id } = world.media.open1;
    const info = async (digit: string) => {
      const body = `Signal=${digit}\r\nDuration=160\r\n`;
      const headers = { 'content-type': 'application/dtmf-relay' };
      const request = new FakeRequest({ method: 'INFO', headers, body });
      world.call(0).listener.requested(request);
      await settle();
      assert.equal(request.reply1.status, 200);
    };
    world.media.events.emit('digit', { leg: id, digit: '5', durationMs: 100 });
    await info('7');
    assert.deepEqual(heard, ['5', '7']);
    // A phone that tells a key both ways, first one, then the other.
    await info('5');
    world.media.events.emit('digit', { leg: id, digit: '7', durationMs: 100 });
    assert.deepEqual(heard, ['5', '7']);
    // The same key twice is two keys.
    await info('1');
    await info('1');
    assert.deepEqual(heard, ['5', '7', '1', '1']);
    assert.deepEqual(inRoom, []);
    await world.says('accepted');
    world.media.events.emit('digit', { leg: id, digit: '#', durationMs: 100 });
    assert.deepEqual(inRoom, ['#']);
  });

  it('is muted before it enters when they are to listen', async () => {
    const world = setUp();
    await world.ring([phone('desk')], { role: 'listener' });
    await world.answer(0);
    await world.says('accepted');
    assert.equal(world.media.open1.muted, true);
    assert.equal(world.roster.participants(ROOM.number)[0]?.muted, true);
  });
});
