import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { silentLog } from '../../gateway/log.js';
import type { ContactBinding, FlowTransport } from '../../gateway/rooms/contact-binding.js';
import { Roster } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import type { AnsweredCall } from '../../gateway/sip/answered-call.js';
import type { Confirmation, ConfirmContext } from '../../gateway/sip/confirm.js';
import { type AutoAnswer, createDialOut, type RingOptions } from '../../gateway/sip/dial-out.js';
import { Focuses } from '../../gateway/sip/focuses.js';
import type { OutsideInvite } from '../../gateway/sip/outside-line.js';
import type { RedirectTarget } from '../../gateway/sip/redirect.js';
import { FakeCaller, FakeMedia, FakeRequest, gate, ROOM, settle, user } from './fakes.js';

const ALICE = user('alice');
const BOB: User = user('bob');
const COMPLETED = { Reason: 'SIP;cause=200;text="Call completed elsewhere"' };
const DECLINED = { Reason: 'SIP;cause=603;text="Declined elsewhere"' };

/** Somebody who is asked whether they join, until a test answers for them. */
interface Asked {
  readonly call: AnsweredCall;
  readonly context: ConfirmContext;
  answer(confirmation: Confirmation): void;
}

function setUp(options: { maxParticipants?: number; confirmMs?: number; autoAnswer?: AutoAnswer } = {}) {
  const media = new FakeMedia();
  const roster = new Roster();
  const server = new FakeCaller();
  const asked: Asked[] = [];
  const progress: string[] = [];
  const world = { redirectTo: undefined as RedirectTarget | undefined, redirected: Promise.resolve(), admits: true };
  const redirects: (readonly string[])[] = [];
  const focuses = new Focuses({
    media,
    roster,
    log: silentLog,
    minSessionSeconds: 90,
    optionsIntervalMs: 15_000,
    optionsTimeoutMs: 8000,
    maxParticipants: options.maxParticipants ?? 10,
  });
  const dialOut = createDialOut({
    server,
    focuses,
    guard: {
      confirm: () => undefined,
      assertAdmitted: async () => {
        if (!world.admits) throw new RoomlineError('forbidden', 'not any more', { code: 'not-admitted' });
      },
    },
    confirm: (call, context) =>
      new Promise((resolve) => {
        asked.push({ call, context, answer: resolve });
        context.onStarted();
      }),
    redirect: async (contacts) => {
      redirects.push(contacts);
      await world.redirected;
      return world.redirectTo;
    },
    host: '127.0.0.1',
    ringMs: 30_000,
    confirmMs: options.confirmMs ?? 60_000,
    autoAnswer: options.autoAnswer ?? 'off',
    onDeadContact: () => undefined,
    log: silentLog,
  });

  async function ring(contacts: readonly ContactBinding[], more: Partial<RingOptions> = {}) {
    const ringing = dialOut({
      room: ROOM,
      identity: { user: BOB },
      role: 'speaker',
      inviter: ALICE,
      contacts,
      since: 0,
      onProgress: (state) => progress.push(state),
      ...more,
    });
    await settle();
    return ringing;
  }
  const call = (index: number) => server.calls[index] ?? assert.fail(`no call ${index}`);
  const asking = (index = 0) => asked[index] ?? assert.fail(`nobody was asked ${index}`);
  async function answer(index: number): Promise<void> {
    call(index).answer();
    await settle();
  }
  async function says(confirmation: Confirmation, index = 0): Promise<void> {
    asking(index).answer(confirmation);
    await settle();
  }
  const inRoom = () => roster.participants(ROOM.number).map(({ user: name, device }) => `${name} ${device}`);
  return {
    media,
    roster,
    server,
    focuses,
    asked,
    progress,
    world,
    redirects,
    ring,
    call,
    asking,
    answer,
    says,
    inRoom,
  };
}

type World = ReturnType<typeof setUp>;

function phone(device: string, transport: FlowTransport = 'udp'): ContactBinding {
  return {
    userId: BOB.id,
    userName: BOB.name,
    contactUri: `sip:${device}@192.0.2.1`,
    callId: device,
    cseq: 1,
    transport,
    sourceAddress: '192.0.2.1',
    sourcePort: 5060,
    userAgent: '',
    registeredAt: new Date(),
    expiresAt: new Date(Date.now() + 60_000),
  };
}

function line(tel = '+4930123456'): OutsideInvite & { released: number } {
  const placed = {
    trunk: 'provider',
    tel,
    language: 'de',
    invite: {
      uri: `sip:${tel}@trunk.example.com`,
      from: `"ALICE (Engineering)" <sip:+4930999@trunk.example.com>`,
      to: `<sip:${tel}@trunk.example.com>`,
      target: { address: '192.0.2.9', port: 5060, transport: 'udp' as const },
      headers: { 'P-Asserted-Identity': '<sip:+4930999@trunk.example.com>' },
      credentials: { username: 'us', password: 'secret' },
    },
    released: 0,
    release: () => void placed.released++,
  };
  return placed;
}

function assertNothingLeft({ focuses, media, roster }: World): void {
  assert.equal(media.openCount, 0);
  assert.equal(roster.participantCount, 0);
  assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
}

describe('calling a desk phone', () => {
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

describe('calling several phones of one person', () => {
  const devices = () => [phone('desk'), phone('web', 'ws'), phone('dect')];

  it('goes on ringing the others while one that answered is asked', async () => {
    const world = setUp();
    await world.ring(devices());
    await world.answer(0);
    await world.answer(2);
    assert.equal(world.asked.length, 2);
    for (const { cancelled, dialog } of world.server.calls) assert.deepEqual([cancelled, dialog.byes], [undefined, 0]);
  });

  it('stops the others once one accepts, whether they ring or are asked', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.answer(2);
    await world.says('accepted', 1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.call(1).cancelled, COMPLETED);
    assert.equal(world.call(0).dialog.byes, 1);
    assert.deepEqual(world.call(0).dialog.byeHeaders, COMPLETED);
    assert.equal(world.asking(0).call.ended.aborted, true);
    assert.equal(world.call(2).dialog.byes, 0);
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
    // Who pressed the key a moment too late is not in the room twice.
    await world.says('accepted', 0);
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
    assert.deepEqual(world.focuses.counts(), { legs: 1, rooms: 1 });
  });

  it('stops the others when a browser answers', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.answer(1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob softphone']);
    assert.deepEqual(world.call(0).dialog.byeHeaders, COMPLETED);
    assert.deepEqual(world.call(2).cancelled, COMPLETED);
  });

  for (const [confirmation, headers] of [
    ['declined', DECLINED],
    ['snoozed', COMPLETED],
  ] as const) {
    it(`stops the others when one has ${confirmation}`, async () => {
      const world = setUp();
      const ringing = await world.ring(devices());
      await world.answer(0);
      await world.says(confirmation);
      assert.equal((await ringing.outcome).state, confirmation);
      assert.deepEqual(world.call(1).cancelled, headers);
      assert.deepEqual(world.call(2).cancelled, headers);
      assertNothingLeft(world);
    });
  }

  it('goes on after an answering machine, and lets in who answers later', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.says('no-key');
    assert.equal(world.call(1).cancelled, undefined);
    await world.answer(2);
    await world.says('accepted', 1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
  });

  it('tells of the machine when nobody else was there', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.says('no-key');
    world.call(1).end({ none: 'timeout' });
    world.call(2).end({ refused: 480 });
    assert.deepEqual(await ringing.outcome, { state: 'voicemail' });
  });
});

describe('calling an outside line', () => {
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
