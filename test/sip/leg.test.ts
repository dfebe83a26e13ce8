import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import type { DialogEnd } from '../../gateway/sip/sip-server.js';
import { gate, OFFER, settle } from './fakes.js';
import { assertNothingLeft } from './focuses-world.js';
import { inDialog, setUp } from './leg-world.js';

/** A call whose 200 is on its way until it is let through. */
async function answering(world: ReturnType<typeof setUp>) {
  const { invite, leg } = world.dial();
  const { closed, open } = gate();
  invite.acceptGate = closed;
  const answered = leg.start();
  await settle();
  return { invite, leg, answered, open };
}

describe('a leg', () => {
  it('opens media, answers, and only then is in the roster', async () => {
    const { media, roster, seen, dial } = setUp();
    const { closed, open } = gate();
    media.gate = closed;
    const { invite, leg } = dial('alice', OFFER, { headers: { 'Session-Expires': '90;refresher=uac' } });
    const answered = leg.start();
    await settle();
    assert.equal(leg.state, 'opening');
    assert.deepEqual(seen, []);
    open();
    await answered;
    assert.equal(leg.state, 'joined');
    assert.equal(invite.reply1.status, 200);
    assert.equal(invite.reply1.headers?.['Session-Expires'], '90;refresher=uac');
    assert.deepEqual(seen, ['room.started', 'participant.joined']);
    const [participant] = roster.participants('2000');
    assert.deepEqual(
      { user: participant?.user, name: participant?.name, device: participant?.device, muted: participant?.muted },
      { user: 'alice', name: 'ALICE', device: 'desk-phone', muted: false },
    );
  });

  const ends: Record<DialogEnd, string> = {
    bye: 'left',
    'ack-timeout': 'unreachable',
    'session-expired': 'expired',
    'cancel-race': 'left',
    stack: 'failed',
    'link-lost': 'failed',
  };
  for (const [why, cause] of Object.entries(ends) as [DialogEnd, string][]) {
    it(`leaves as ${cause} and frees everything when the dialog ends by ${why}`, async () => {
      const world = setUp();
      const { listener } = await world.join();
      listener.ended(why);
      await world.focuses.endAll('shutdown');
      assertNothingLeft(world);
      assert.deepEqual(world.seen.slice(2), [`participant.left ${cause}`, 'room.ended']);
    });
  }

  it('ends once, for the first cause', async () => {
    const world = setUp();
    const { leg, mediaLeg, invite } = await world.join();
    await Promise.all([leg.end('unreachable'), leg.end('removed')]);
    invite.listener?.ended('bye');
    assert.equal(mediaLeg.closed, 1);
    assert.equal(invite.dialog?.byes, 1);
    assert.deepEqual(world.seen.slice(2), ['participant.left unreachable', 'room.ended']);
  });

  it('frees media that opened after a CANCEL, and answers nothing more', async () => {
    const world = setUp();
    const { closed, open } = gate();
    world.media.gate = closed;
    const { invite, leg } = world.dial();
    const answered = leg.start();
    await settle();
    invite.cancel();
    assert.equal(leg.state, 'ended');
    open();
    await answered;
    assertNothingLeft(world);
    assert.deepEqual(
      invite.replies.map((reply) => reply.status),
      [487],
    );
    assert.deepEqual(world.seen, []);
  });

  it('says BYE to a caller who hung up inside while the 200 was on its way', async () => {
    const world = setUp();
    const { invite, leg, answered, open } = await answering(world);
    assert.equal(leg.state, 'answering');
    const ended = leg.end('removed');
    open();
    await Promise.all([answered, ended]);
    assert.equal(invite.dialog?.byes, 1);
    assertNothingLeft(world);
    assert.deepEqual(world.seen, []);
  });

  it('never joins when the BYE comes with the 200', async () => {
    const world = setUp();
    const { invite, answered, open } = await answering(world);
    invite.listener?.ended('bye');
    open();
    await answered;
    assertNothingLeft(world);
    assert.deepEqual(world.seen, []);
  });

  for (const [kind, status] of [
    ['not-acceptable', 488],
    ['unavailable', 503],
  ] as const) {
    it(`answers ${status} when media is ${kind}`, async () => {
      const world = setUp();
      world.media.refusal = new RoomlineError(kind, 'no');
      const { invite, leg } = world.dial();
      await leg.start();
      assert.equal(invite.reply1.status, status);
      assertNothingLeft(world);
    });
  }

  it('answers 500 and frees everything when something unforeseen fails', async () => {
    const world = setUp();
    world.media.refusal = new TypeError('oops');
    const { invite, leg } = world.dial();
    await leg.start();
    assert.equal(invite.reply1.status, 500);
    assertNothingLeft(world);
  });

  it('answers 503 to a call still being opened when the gateway ends', async () => {
    const world = setUp();
    const { closed, open } = gate();
    world.media.gate = closed;
    const { invite, leg } = world.dial();
    const answered = leg.start();
    await settle();
    const drained = world.focuses.endAll('shutdown');
    await settle();
    assert.equal(invite.reply1.status, 503);
    assert.ok(Number(invite.reply1.headers?.['Retry-After']) > 0);
    open();
    await Promise.all([answered, drained]);
    assertNothingLeft(world);
  });

  it('offers where the caller did not, and takes the answer from the ACK', async () => {
    const { media, join } = setUp();
    const { listener, mediaLeg, invite } = await join('alice', '');
    assert.equal(media.withoutOffer, 1);
    assert.equal((await inDialog(invite, { method: 'INVITE', body: OFFER })).status, 491);
    listener.acknowledged('v=0 answer');
    await settle();
    assert.deepEqual(mediaLeg.answers, ['v=0 answer']);
    listener.acknowledged('');
    assert.equal((await inDialog(invite, { method: 'INVITE', body: OFFER })).status, 200);
  });

  it('hangs up when the answer in the ACK cannot be used', async () => {
    const world = setUp();
    const { listener, mediaLeg, invite } = await world.join('alice', '');
    mediaLeg.refusal = new RoomlineError('not-acceptable', 'no');
    listener.acknowledged('');
    await world.focuses.endAll('shutdown');
    assert.equal(invite.dialog?.byes, 1);
    assertNothingLeft(world);
  });
});
