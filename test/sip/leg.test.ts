import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { silentLog } from '../../gateway/log.js';
import { type ParticipantRole, Roster, type RosterEvents } from '../../gateway/rooms/roster.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { Focuses } from '../../gateway/sip/focuses.js';
import type { Leg } from '../../gateway/sip/leg.js';
import type { DialogEnd, Headers, Reply } from '../../gateway/sip/sip-server.js';
import { FakeMedia, FakeRequest, type FakeRequestOptions, gate, OFFER, ROOM, settle, user } from './fakes.js';

function setUp() {
  const media = new FakeMedia();
  const roster = new Roster();
  const seen: string[] = [];
  roster.events.onAny((name, event) => {
    const cause = 'cause' in event ? ` ${(event as RosterEvents['participant.left']).cause}` : '';
    seen.push(`${name}${cause}`);
  });
  const focuses = new Focuses({
    media,
    roster,
    log: silentLog,
    minSessionSeconds: 90,
    optionsIntervalMs: 15_000,
    optionsTimeoutMs: 8000,
    maxParticipants: 3,
  });
  let count = 0;
  function dial(
    name = 'alice',
    body = OFFER,
    { headers = {}, role = 'speaker' }: { headers?: Headers; role?: ParticipantRole } = {},
  ): { invite: FakeRequest; leg: Leg } {
    const invite = new FakeRequest({
      method: 'INVITE',
      headers: { 'call-id': `call-${++count}` },
      body,
      source: { port: 5070 + count },
    });
    const leg = focuses.add(ROOM, {
      id: `leg-${count}`,
      origin: new DialledIn(invite, headers),
      identity: { user: user(name) },
      device: 'desk-phone',
      role,
    });
    return { invite, leg };
  }
  async function join(name = 'alice', body = OFFER, role: ParticipantRole = 'speaker') {
    const call = dial(name, body, { role });
    await call.leg.start();
    return { ...call, mediaLeg: media.legs.at(-1) ?? assert.fail(), listener: call.invite.listener ?? assert.fail() };
  }
  return { media, roster, focuses, seen, dial, join };
}

/** What must be so after a call, however it ended. */
function assertNothingLeft({ media, roster, focuses }: ReturnType<typeof setUp>): void {
  assert.equal(media.openCount, 0);
  assert.equal(roster.participantCount, 0);
  assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
}

async function inDialog(invite: FakeRequest, options: FakeRequestOptions): Promise<Reply> {
  const request = new FakeRequest({ headers: options.body ? { 'content-type': 'application/sdp' } : {}, ...options });
  invite.listener?.requested(request);
  await settle();
  return request.reply1;
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
    const { invite, leg } = world.dial();
    const { closed, open } = gate();
    invite.acceptGate = closed;
    const answered = leg.start();
    await settle();
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
    const { invite, leg } = world.dial();
    const { closed, open } = gate();
    invite.acceptGate = closed;
    const answered = leg.start();
    await settle();
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

describe('requests within a dialog', () => {
  it('hold and resume the call', async () => {
    const { roster, join } = setUp();
    const { invite } = await join();
    const hold = await inDialog(invite, { method: 'INVITE', body: `${OFFER}a=sendonly\r\n` });
    assert.equal(hold.status, 200);
    assert.match(hold.body ?? '', /^v=0/);
    assert.equal(roster.participants('2000')[0]?.held, true);
    await inDialog(invite, { method: 'UPDATE', body: OFFER });
    assert.equal(roster.participants('2000')[0]?.held, false);
  });

  it('leave the call as it was when an offer is refused with 488', async () => {
    const { roster, join } = setUp();
    const { invite, mediaLeg, leg } = await join();
    mediaLeg.refusal = new RoomlineError('not-acceptable', 'no');
    assert.equal((await inDialog(invite, { method: 'INVITE', body: `${OFFER}a=inactive\r\n` })).status, 488);
    assert.equal(leg.state, 'joined');
    assert.equal(roster.participants('2000')[0]?.held, false);
  });

  it('answer a second re-INVITE with 500 while the first is open', async () => {
    const { join } = setUp();
    const { invite, mediaLeg } = await join();
    const { closed, open } = gate();
    mediaLeg.gate = closed;
    const first = new FakeRequest({ method: 'INVITE', body: OFFER, headers: { 'content-type': 'application/sdp' } });
    invite.listener?.requested(first);
    const second = await inDialog(invite, { method: 'INVITE', body: OFFER });
    assert.equal(second.status, 500);
    assert.match(second.headers?.['Retry-After'] ?? '', /^([0-9]|10)$/);
    open();
    await settle();
    assert.equal(first.reply1.status, 200);
    assert.equal(mediaLeg.offers.length, 1);
  });

  it('offer what was agreed to a re-INVITE without an offer, and take its answer', async () => {
    const { join } = setUp();
    const { invite, mediaLeg, listener } = await join();
    const reply = await inDialog(invite, { method: 'INVITE' });
    assert.equal(reply.body, mediaLeg.offerAgain());
    listener.acknowledged('v=0 answer');
    await settle();
    assert.deepEqual(mediaLeg.offers, ['v=0 answer']);
  });

  it('refresh the session: UPDATE without SDP is 200, too short an interval 422', async () => {
    const { join } = setUp();
    const { invite } = await join();
    const headers = { 'session-expires': '120;refresher=uac', supported: 'timer' };
    const reply = await inDialog(invite, { method: 'UPDATE', headers });
    assert.equal(reply.status, 200);
    assert.equal(reply.body, undefined);
    assert.equal(reply.headers?.['Session-Expires'], '120;refresher=uac');
    const short = await inDialog(invite, { method: 'UPDATE', headers: { ...headers, 'session-expires': '30' } });
    assert.equal(short.status, 422);
    assert.equal(short.headers?.['Min-SE'], '90');
  });

  it('bring digits by INFO', async () => {
    const { roster, join } = setUp();
    const digits: string[] = [];
    roster.events.on('participant.digit', ({ digit, durationMs }) => digits.push(`${digit} ${durationMs}`));
    const { invite } = await join();
    const relay = { 'content-type': 'application/dtmf-relay' };
    const send = (headers: Record<string, string>, body: string) => inDialog(invite, { method: 'INFO', headers, body });
    assert.equal((await send(relay, 'Signal=5\r\nDuration=160\r\n')).status, 200);
    assert.equal((await send(relay, 'Signal= 11\r\n')).status, 200);
    assert.equal((await send({ 'content-type': 'application/dtmf' }, '*')).status, 200);
    assert.equal((await send(relay, 'Signal=x')).status, 415);
    assert.equal((await send({ 'content-type': 'text/plain' }, '5')).status, 415);
    assert.equal((await send({}, '')).status, 200);
    assert.deepEqual(digits, ['5 160', '# 250', '* 250']);
  });

  it('are answered politely when they are not for us', async () => {
    const { join } = setUp();
    const { invite, leg } = await join();
    assert.equal((await inDialog(invite, { method: 'OPTIONS' })).status, 200);
    assert.equal((await inDialog(invite, { method: 'REFER' })).status, 603);
    assert.equal((await inDialog(invite, { method: 'MESSAGE' })).status, 405);
    assert.equal((await inDialog(invite, { method: 'FOO' })).status, 501);
    const picky = await inDialog(invite, {
      method: 'INVITE',
      headers: { require: 'timer, precondition' },
      body: OFFER,
    });
    assert.equal(picky.status, 420);
    assert.equal(picky.headers?.Unsupported, 'precondition');
    const picture = await inDialog(invite, { method: 'INVITE', headers: { 'content-type': 'image/png' }, body: 'x' });
    assert.equal(picture.status, 415);
    assert.equal(leg.state, 'joined');
  });
});

describe('a focus', () => {
  it('is there from the first leg to the last', async () => {
    const world = setUp();
    const first = await world.join('alice');
    const second = await world.join('bob');
    assert.deepEqual(world.focuses.counts(), { legs: 2, rooms: 1 });
    await first.leg.end('left');
    assert.deepEqual(world.focuses.counts(), { legs: 1, rooms: 1 });
    await second.leg.end('left');
    assertNothingLeft(world);
  });

  it('takes no more callers than the room may have, those still being answered included', async () => {
    const world = setUp();
    const { closed, open } = gate();
    world.media.gate = closed;
    const calls = [world.dial(), world.dial(), world.dial()];
    const answered = calls.map(({ leg }) => leg.start());
    assert.throws(() => world.dial(), { kind: 'full' });
    open();
    await Promise.all(answered);
    await calls[0]?.leg.end('left');
    assert.doesNotThrow(() => world.dial());
  });

  it('is shown talking though it was heard before it was in the roster', async () => {
    const { dial, media, roster } = setUp();
    const { closed, open } = gate();
    media.gate = closed;
    const { leg } = dial();
    const answered = leg.start();
    media.events.emit('talking', { leg: leg.id, talking: true });
    assert.equal(roster.participantCount, 0);
    open();
    await answered;
    assert.equal(roster.participants('2000')[0]?.talking, true);
  });

  it('mutes at the mixer and in the roster', async () => {
    const { focuses, roster, media, join } = setUp();
    const { mediaLeg, leg } = await join();
    media.events.emit('talking', { leg: leg.id, talking: true });
    assert.equal(roster.participants('2000')[0]?.talking, true);
    await focuses.setMuted(leg.id, true);
    assert.equal(mediaLeg.muted, true);
    assert.deepEqual([roster.participants('2000')[0]?.muted, roster.participants('2000')[0]?.talking], [true, false]);
    await focuses.setMuted(leg.id, false);
    assert.equal(mediaLeg.muted, false);
    await assert.rejects(focuses.setMuted('nobody', true), { kind: 'not-found' });
  });

  it('lets a listener in muted, whom only another role makes heard', async () => {
    const { focuses, roster, join } = setUp();
    const { mediaLeg, leg } = await join('alice', OFFER, 'listener');
    const shown = () => roster.participants('2000').map(({ muted, role }) => [muted, role])[0];
    assert.equal(mediaLeg.muted, true);
    assert.deepEqual(shown(), [true, 'listener']);
    await assert.rejects(focuses.setMuted(leg.id, false), { kind: 'forbidden', code: 'listener' });
    assert.equal(mediaLeg.muted, true);
    await focuses.setRole(leg.id, 'speaker');
    assert.equal(mediaLeg.muted, false);
    assert.deepEqual(shown(), [false, 'speaker']);
    await focuses.setRole(leg.id, 'listener');
    assert.deepEqual([mediaLeg.muted, shown()], [true, [true, 'listener']]);
    await assert.rejects(focuses.setRole('nobody', 'speaker'), { kind: 'not-found' });
  });

  it('leaves one muted whom a moderator muted when their role changes', async () => {
    const { focuses, join } = setUp();
    const { mediaLeg, leg } = await join();
    await focuses.setMuted(leg.id, true);
    await focuses.setRole(leg.id, 'moderator');
    assert.equal(mediaLeg.muted, true);
  });

  it('shows a guest without a user', async () => {
    const { focuses, roster } = setUp();
    const guest = { id: 'g1', name: 'Zoe', room: '2000', pinVersion: 1 };
    const invite = new FakeRequest({ method: 'INVITE', body: OFFER });
    const origin = new DialledIn(invite);
    await focuses.add(ROOM, { id: 'leg', origin, identity: { guest }, device: 'softphone', role: 'speaker' }).start();
    const [participant] = roster.participants('2000');
    assert.ok(participant !== undefined && !('user' in participant));
    assert.equal(participant.name, 'Zoe');
    assert.equal(focuses.legsOf('g1').length, 1);
    assert.equal(focuses.legsIn('2000').length, 1);
    assert.equal(focuses.legsIn('2001').length, 0);
  });

  it('sends one participant out and leaves the others', async () => {
    const { focuses, roster, join } = setUp();
    const alice = await join('alice');
    await join('bob');
    await focuses.remove(alice.leg.id);
    await settle();
    assert.equal(alice.invite.dialog?.byes, 1);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name }) => name),
      ['bob'],
    );
    await assert.rejects(focuses.remove(alice.leg.id), { kind: 'not-found' });
  });

  it('passes on digits, and ends the call whose media is lost', async () => {
    const world = setUp();
    const { leg } = await world.join();
    world.media.events.emit('digit', { leg: leg.id, digit: '7', durationMs: 100 });
    world.media.events.emit('lost', { leg: leg.id });
    await world.focuses.endAll('shutdown');
    assertNothingLeft(world);
    assert.deepEqual(world.seen.slice(2), ['participant.digit', 'participant.left media-lost', 'room.ended']);
  });

  it('knows whose contact is in a call', async () => {
    const { focuses, join } = setUp();
    const { leg } = await join();
    const binding = {
      userId: 'id-alice',
      userName: 'alice',
      contactUri: 'sip:alice@h',
      callId: 'x',
      cseq: 1,
      transport: 'udp' as const,
      sourceAddress: leg.origin.source.address,
      sourcePort: leg.origin.source.port,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(),
    };
    assert.equal(focuses.hasCallFrom(binding), true);
    assert.equal(focuses.hasCallFrom({ ...binding, sourcePort: 1 }), false);
    assert.equal(focuses.hasCallFrom({ ...binding, userId: 'id-bob' }), false);
    await leg.end('left');
    assert.equal(focuses.hasCallFrom(binding), false);
  });
});
