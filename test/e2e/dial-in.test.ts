import assert from 'node:assert/strict';
import { Caller, type CallerOptions } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { RtpPhone } from '../support/rtp-phone.js';
import { audioOf, phoneSdp } from '../support/sdp.js';
import { yamlFile } from '../support/yaml-file.js';

/** How long a 200 is repeated for its ACK: 64 * T1 (RFC 3261 section 13.3.1.4), and some time to hang up. */
const ACK_TIMEOUT_MS = 32_000 + 28_000;

describe('a call to a room number', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let number: string;
  /** Where somebody waits whose call is looked at last, so that the half minute it takes passes meanwhile. */
  let elsewhere: TestGateway;
  let unacknowledged: Caller;
  const callers: Caller[] = [];

  const callerTo = async (dialled: string, user: string, options: Partial<CallerOptions> = {}) => {
    const caller = await Caller.open(dialled, { server: gateway.sip, user, ...options });
    callers.push(caller);
    return caller;
  };
  const enter = async (user: string, options: Partial<CallerOptions> = {}) => {
    const caller = await callerTo(number, user, options);
    await caller.dial();
    return caller;
  };

  before(async () => {
    [gateway, elsewhere] = [await TestGateway.start(), await TestGateway.start()];
    number = await gateway.api.roomNumber('alice', 'engineering');
    const room = await elsewhere.api.roomNumber('alice', 'engineering');
    unacknowledged = await Caller.open(room, { server: elsewhere.sip, user: 'dave' });
    assert.equal((await unacknowledged.call.invite()).status, 200);
  });

  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.close();
    await gateway.holdsNothing();
  });

  after(async () => {
    await unacknowledged?.close();
    await elsewhere?.stop();
    await gateway?.stop();
  });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`is answered over ${transport.toUpperCase()} and ended by the caller's BYE`, async () => {
      const caller = await callerTo(number, 'alice', { transport });
      const answer = await caller.dial();
      assert.equal(answer.status, 200);
      assert.equal(audioOf(answer.body).direction, 'sendrecv');
      assert.equal(
        (await gateway.api.room('alice', number)).participants.some(({ user }) => user === 'alice'),
        true,
      );
      assert.equal((await caller.call.bye()).status, 200);
      await gateway.holds({ legs: 0 });
    });
  }

  it('is challenged without a registration before it, and never in the dialog', async () => {
    const caller = await callerTo(number, 'bob');
    caller.call.sendInvite();
    const challenge = await caller.call.final();
    assert.ok([401, 407].includes(challenge.status), challenge.startLine);
    caller.call.sendInvite({ headers: [caller.call.authorize(challenge)] });
    assert.equal((await caller.call.final()).status, 200);
    caller.call.ack();
    assert.equal((await caller.setDirection('sendrecv')).status, 200);
    assert.equal((await caller.call.bye()).status, 200);
  });

  for (const dialled of ['9999', '99', '123456789012', '1234567890123456', 'nobody']) {
    it(`is answered 404 when the number is ${dialled}, which no room holds`, async () => {
      const caller = await callerTo(dialled, 'alice');
      assert.equal((await caller.call.invite()).status, 404);
    });
  }

  it('is answered 403 when the caller is not of the group', async () => {
    const caller = await callerTo(number, 'erin');
    assert.equal((await caller.call.invite()).status, 403);
  });

  it('is answered 403 when From is not who the digest says', async () => {
    const caller = await callerTo(number, 'alice');
    const call = caller.phone.call(number, { offer: caller.sdp(), fromUser: 'bob' });
    assert.equal((await call.invite()).status, 403);
  });

  it('is refused with a wrong password', async () => {
    const caller = await callerTo(number, 'alice');
    const first = caller.call.sendInvite();
    const [name, value] = caller.call.authorize(await caller.call.final());
    caller.call.sendInvite({ headers: [[name, value.replace(/response="./, 'response="z')]] });
    assert.ok([401, 403, 407].includes((await caller.call.final()).status));
    assert.equal(caller.phone.responsesTo(first.branch).at(-1)?.status, 407);
  });

  for (const [what, offer] of [
    ['no codec we speak', phoneSdp({ port: 40_000, payloads: [97], extraLines: ['a=rtpmap:97 telepathy/8000'] })],
    ['nothing but telephone events', phoneSdp({ port: 40_000, payloads: [101] })],
    ['only video', phoneSdp({ port: 40_000 }).replace('m=audio', 'm=video')],
    ['a disabled audio stream', phoneSdp({ port: 0 })],
    ['words instead of SDP', 'hello'],
  ] as const) {
    it(`is answered 488 when it offers ${what}`, async () => {
      const caller = await callerTo(number, 'alice');
      const call = caller.phone.call(number, { offer });
      assert.equal((await call.invite()).status, 488);
    });
  }

  for (const [what, name] of [
    ['a bell', '"Al\u0007ice"'],
    ['a delete', 'Al\u007fice'],
  ] as const) {
    it(`is refused when its display name smuggles ${what}`, async () => {
      const caller = await callerTo(number, 'alice');
      const call = caller.phone.call(number, { offer: caller.sdp(), fromName: name });
      assert.equal((await call.invite()).status, 400);
    });
  }

  it('is answered 487 when it is cancelled before the answer', async () => {
    const caller = await callerTo(number, 'alice');
    caller.call.sendInvite();
    const challenge = await caller.call.final();
    caller.call.sendInvite({ headers: [caller.call.authorize(challenge)] });
    const [cancelled, answer] = await Promise.all([caller.call.cancel(), caller.call.final()]);
    assert.equal(cancelled.status, 200);
    assert.equal(answer.status, 487);
    await gateway.holdsNothing();
  });

  it('stays one call when its INVITE is repeated', async () => {
    const caller = await callerTo(number, 'alice');
    caller.call.sendInvite();
    const invite = caller.call.sendInvite({ headers: [caller.call.authorize(await caller.call.final())] });
    caller.phone.send(invite);
    const answer = await caller.call.final();
    caller.phone.send(invite);
    caller.call.ack();
    await gateway.holds({ legs: 1 });
    const answers = caller.phone.responsesTo(invite.branch).filter(({ status }) => status >= 200);
    assert.deepEqual(new Set(answers.map(({ toTag }) => toTag)), new Set([answer.toTag]));
    assert.equal(
      answers.every(({ status }) => status === 200),
      true,
    );
  });

  it('takes its answer from the ACK when the INVITE had no offer, and is heard both ways', async () => {
    const other = await enter('bob', { rtp: { frequencyHz: 700 } });
    const caller = await callerTo(number, 'alice', { rtp: { frequencyHz: 1300 } });
    const call = caller.phone.call(number);
    const answer = await call.invite();
    assert.equal(answer.status, 200);
    call.ack(caller.sdp());
    caller.rtp.call(audioOf(answer.body));
    await hearsExactly('alice', caller.rtp, [700], [700, 1300]);
    await hearsExactly('bob', other.rtp, [1300], [700, 1300]);
    assert.equal((await call.bye()).status, 200);
  });

  it('speaks PCMA with a phone that speaks nothing else', async () => {
    const other = await enter('bob', { rtp: { frequencyHz: 700 } });
    const caller = await enter('alice', { rtp: { codec: 'PCMA', frequencyHz: 1300 } });
    assert.equal(audioOf(caller.call.answer?.body ?? '').payloads[0], 8);
    await hearsExactly('alice', caller.rtp, [700], [700, 1300]);
    await hearsExactly('bob', other.rtp, [1300], [700, 1300]);
  });

  for (const [direction, answered] of [
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
  ] as const) {
    it(`goes on after a hold by a=${direction}, during which the caller is not heard`, async () => {
      const other = await enter('bob', { rtp: { frequencyHz: 700 } });
      const caller = await enter('alice', { rtp: { frequencyHz: 1300 } });
      await hearsExactly('bob', other.rtp, [1300], [700, 1300]);
      const held = await caller.setDirection(direction);
      assert.equal(audioOf(held.body).direction, answered);
      await hearsExactly('bob', other.rtp, [], [700, 1300]);
      const resumed = await caller.setDirection('sendrecv');
      assert.equal(audioOf(resumed.body).direction, 'sendrecv');
      await hearsExactly('bob', other.rtp, [1300], [700, 1300]);
      await hearsExactly('alice', caller.rtp, [700], [700, 1300]);
    });
  }

  it('goes on after a re-INVITE that was refused, as it was', async () => {
    const other = await enter('bob', { rtp: { frequencyHz: 700 } });
    const caller = await enter('alice', { rtp: { frequencyHz: 1300 } });
    const before = caller.call.localSdp;
    assert.equal((await caller.call.reinvite('v=0 nonsense')).status, 488);
    caller.call.localSdp = before;
    await hearsExactly('alice', caller.rtp, [700], [700, 1300]);
    await hearsExactly('bob', other.rtp, [1300], [700, 1300]);
    assert.equal((await caller.setDirection('sendrecv')).status, 200);
  });

  it('follows the caller to another port by re-INVITE', async () => {
    const other = await enter('bob', { rtp: { frequencyHz: 700 } });
    const caller = await enter('alice', { rtp: { frequencyHz: 1300 } });
    const moved = await RtpPhone.open({ frequencyHz: 1900 });
    try {
      const answer = await caller.call.reinvite(phoneSdp({ port: moved.address.port, version: 99 }));
      caller.rtp.sending = false;
      moved.call(audioOf(answer.body));
      await hearsExactly('alice', moved, [700], [700, 1300, 1900]);
      await hearsExactly('bob', other.rtp, [1900], [700, 1300, 1900]);
    } finally {
      await moved.close();
    }
  });

  it('grants a session timer the phone asks for, and says the shortest where it asks for less', async () => {
    const caller = await callerTo(number, 'alice');
    const timer = (seconds: number) =>
      [
        ['Supported', 'timer'],
        ['Session-Expires', `${seconds};refresher=uac`],
      ] as const;
    const tooShort = await caller.phone.call(number, { offer: caller.sdp(), headers: timer(30) }).invite();
    assert.deepEqual([tooShort.status, tooShort.header('Min-SE')], [422, '90']);
    const call = caller.phone.call(number, { offer: caller.sdp(), headers: timer(1800) });
    const answer = await call.invite();
    call.ack();
    assert.match(answer.header('Session-Expires'), /^1800;\s*refresher=uac$/);
    assert.equal((await call.bye()).status, 200);
  });

  it('answers OPTIONS inside a call', async () => {
    const caller = await enter('alice');
    assert.equal((await caller.call.request('OPTIONS')).status, 200);
  });

  it('answers 481 to a BYE of no call', async () => {
    const caller = await callerTo(number, 'alice');
    assert.equal((await caller.call.request('BYE')).status, 481);
  });

  it('is hung up when the 200 is never acknowledged', async () => {
    const bye = await unacknowledged.call.awaitBye(ACK_TIMEOUT_MS);
    assert.equal(bye.method, 'BYE');
    const invite = unacknowledged.call.lastInvite;
    const answers = unacknowledged.phone.responsesTo(invite?.branch ?? '').filter(({ status }) => status === 200);
    assert.ok(answers.length > 5, `the 200 was sent ${answers.length} times`);
    await elsewhere.holdsNothing();
  });
});

describe('a room that is full', function () {
  this.timeout(60_000);
  let gateway: TestGateway;
  const callers: Caller[] = [];

  before(async () => {
    gateway = await TestGateway.start({ ROOMLINE_CONFIG: yamlFile({ rooms: { maxParticipants: 2 } }) });
  });
  after(async () => {
    for (const caller of callers) await caller.close();
    await gateway?.stop();
  });

  it('answers 486 to the next caller, until somebody leaves', async () => {
    const number = await gateway.api.roomNumber('alice', 'engineering');
    for (const user of ['alice', 'bob', 'carol', 'carol']) {
      callers.push(await Caller.open(number, { server: gateway.sip, user }));
    }
    const [alice, bob, carol, again] = callers;
    await alice?.dial();
    await bob?.dial();
    assert.equal((await carol?.call.invite())?.status, 486);
    await bob?.leave();
    await gateway.holds({ legs: 1 });
    assert.equal((await again?.dial())?.status, 200);
  });
});

describe('a gateway that is being stopped', function () {
  this.timeout(60_000);

  it('answers new calls 503 with Retry-After while it ends those there are', async () => {
    const gateway = await TestGateway.start();
    const number = await gateway.api.roomNumber('alice', 'engineering');
    const stubborn = await Caller.enter(number, { server: gateway.sip, user: 'alice' });
    const late = await Caller.open(number, { server: gateway.sip, user: 'bob' });
    // It does not answer the BYE, so that the drain lasts.
    stubborn.phone.answers = false;
    const stopped = gateway.stop();
    await stubborn.call.awaitBye();
    const response = await late.call.invite();
    assert.equal(response.status, 503);
    assert.match(response.header('Retry-After'), /^\d+/);
    await eventually('the gateway to stop', () => stopped.then(() => true), Boolean);
    for (const caller of [stubborn, late]) await caller.vanish();
  });
});
