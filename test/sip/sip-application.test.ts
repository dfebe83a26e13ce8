import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { eventually } from '../support/eventually.js';
import { readChallenge } from '../support/sip-digest.js';
import type { SipMessage } from '../support/sip-message.js';
import { gate, OFFER } from './fakes.js';
import { inRoom, nothingLeft, type RunningApplication, runApplication, SDP, until } from './running-application.js';

describe('the SIP application on the embedded engine', () => {
  let running: RunningApplication;

  beforeEach(async () => {
    running = await runApplication();
  });
  afterEach(() => running.stop());

  it('registers a phone by digest and lists its contacts with their time', async () => {
    const phone = await running.phone('alice');
    const response = await phone.register({ expires: 600 });
    assert.equal(response.status, 200);
    assert.match(response.header('Contact'), new RegExp(`^<${phone.contactUri}>;expires=(600|59\\d)$`));
    assert.equal(running.contacts.bindings[0]?.sourcePort, phone.wire.port);
    assert.equal(running.contacts.bindings[0]?.transport, 'udp');
  });

  it('challenges an account of SHA-256 in SHA-256', async () => {
    const phone = await running.phone('carol');
    assert.equal(readChallenge(await phone.transact(phone.registerRequest())).algorithm, 'SHA-256');
    assert.equal((await phone.register()).status, 200);
  });

  it('registers over TCP and unregisters', async () => {
    const phone = await running.phone('alice', { transport: 'tcp' });
    assert.equal((await phone.register({ expires: 60 })).status, 200);
    assert.equal(running.contacts.bindings[0]?.transport, 'tcp');
    assert.equal(running.engine.counts().flows, 1);
    assert.equal((await phone.register({ expires: 0 })).status, 200);
    assert.equal(running.contacts.bindings.length, 0);
    assert.equal(running.engine.counts().flows, 0);
  });

  it('answers a wrong password with a challenge, and a time too short with 423', async () => {
    const stranger = await running.phone('alice', { password: 'wrong' });
    assert.equal((await stranger.register()).status, 401);
    const phone = await running.phone('alice');
    const brief = await phone.register({ expires: 5 });
    assert.equal(brief.status, 423);
    assert.equal(brief.header('Min-Expires'), '60');
  });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`takes a call over ${transport} without a registration, and lets it go`, async () => {
      const phone = await running.phone('alice', { transport });
      const call = phone.call('2000', { offer: SDP });
      const answer = await call.dial();
      assert.equal(answer.body, running.media.open1.sdp);
      assert.equal(answer.header('Content-Type'), 'application/sdp');
      assert.notEqual(answer.header('Contact'), '');
      await until(running, ['alice']);
      assert.equal((await call.bye()).status, 200);
      await nothingLeft(running);
    });
  }

  it('takes softphone credentials for their user', async () => {
    const { username, password } = running.credentials.issue({ name: 'dave' });
    const phone = await running.phone('dave', { authUser: username, password });
    await phone.call('2000', { offer: SDP }).dial();
    await until(running, ['dave']);
    assert.equal(running.roster.participants('2000')[0]?.device, 'softphone');
  });

  it('is 404 for a number without a room, 403 for a stranger and for a From of somebody else', async () => {
    const alice = await running.phone('alice');
    assert.equal((await alice.call('2999', { offer: SDP }).invite()).status, 404);
    assert.equal((await alice.call('2000', { offer: SDP, fromUser: 'bob' }).invite()).status, 403);
    const erin = await running.phone('erin');
    assert.equal((await erin.call('2000', { offer: SDP }).invite()).status, 403);
    await nothingLeft(running);
  });

  it('is 488 for an offer media cannot take, and 503 without media', async () => {
    const phone = await running.phone('alice');
    running.media.refusal = new RoomlineError('not-acceptable', 'no audio');
    assert.equal((await phone.call('2000', { offer: SDP }).invite()).status, 488);
    running.media.refusal = new RoomlineError('unavailable', 'no rtpengine');
    const response = await phone.call('2000', { offer: SDP }).invite();
    assert.equal(response.status, 503);
    assert.notEqual(response.header('Retry-After'), '');
    await nothingLeft(running);
  });

  it('gives up a call that is cancelled before the answer', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    call.sendInvite();
    const challenge = await call.final();
    const { closed, open } = gate();
    running.media.gate = closed;
    call.sendInvite({ headers: [call.authorize(challenge)] });
    await eventually(
      'the leg',
      () => running.application.counts().legs,
      (legs) => legs === 1,
    );
    assert.equal((await call.cancel()).status, 200);
    assert.equal((await call.final()).status, 487);
    open();
    await nothingLeft(running);
  });

  it('keeps one call when the INVITE comes many times', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    call.sendInvite();
    const challenge = await call.final();
    const invite = call.sendInvite({ headers: [call.authorize(challenge)] });
    for (let count = 0; count < 10; count++) phone.send(invite);
    assert.equal((await call.final()).status, 200);
    for (let count = 0; count < 10; count++) phone.send(invite);
    call.ack();
    await until(running, ['alice']);
    assert.equal(running.media.legs.length, 1);
    await call.bye();
    await nothingLeft(running);
  });

  it('challenges a nonce used twice anew', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    call.sendInvite();
    const authorization = call.authorize(await call.final());
    call.sendInvite({ headers: [authorization] });
    assert.equal((await call.final()).status, 200);
    call.ack();
    const replay = phone.call('2000', { offer: SDP });
    replay.sendInvite({ headers: [authorization] });
    const response = await replay.final();
    assert.equal(response.status, 407);
    assert.equal(readChallenge(response).stale, true);
  });

  it('keeps nothing of thousands of INVITEs without credentials', async () => {
    const phone = await running.phone('mallory');
    const answers: Promise<SipMessage>[] = [];
    for (let burst = 0; burst < 20; burst++) {
      const calls = Array.from({ length: 50 }, () => phone.call('2000', { offer: SDP }));
      for (const call of calls) call.sendInvite();
      answers.push(...calls.map((call) => call.final()));
      await Promise.all(answers);
    }
    assert.deepEqual(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set([407]));
    assert.equal(running.media.legs.length, 0);
    assert.deepEqual(running.application.counts(), { legs: 0, rooms: 0 });
  });

  it('holds and resumes, and refuses a bad offer without losing the call', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(running, ['alice']);
    const hold = await call.reinvite(SDP.replace('a=sendrecv', 'a=sendonly'));
    assert.equal(hold.status, 200);
    assert.equal(hold.body, running.media.open1.sdp);
    assert.notEqual(hold.header('Contact'), '');
    assert.equal(running.roster.participants('2000')[0]?.held, true);
    assert.equal((await call.reinvite(SDP)).status, 200);
    assert.equal(running.roster.participants('2000')[0]?.held, false);
    running.media.open1.refusal = new RoomlineError('not-acceptable', 'no audio');
    assert.equal((await call.reinvite(OFFER)).status, 488);
    assert.deepEqual(inRoom(running), ['alice']);
    running.media.open1.refusal = undefined;
    assert.equal((await call.reinvite(SDP)).status, 200);
    assert.equal((await call.bye()).status, 200);
    await nothingLeft(running);
  });

  it('makes the offer where the phone does not', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000');
    const answer = await call.invite();
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^v=0/);
    call.ack(SDP);
    await eventually(
      'the answer',
      () => running.media.open1.answers,
      (answers) => answers.length === 1,
    );
    assert.equal(running.media.open1.answers[0], SDP);
    await call.bye();
    await nothingLeft(running);
  });

  it('answers OPTIONS, INFO digits, UPDATE and REFER within the call', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(running, ['alice']);
    const digits: string[] = [];
    running.roster.events.on('participant.digit', ({ digit }) => digits.push(digit));
    assert.equal((await call.request('OPTIONS')).status, 200);
    assert.equal((await call.request('UPDATE')).status, 200);
    assert.equal((await call.request('REFER', [['Refer-To', '<sip:x@h>']])).status, 603);
    assert.equal((await call.request('MESSAGE')).status, 405);
    const info = await call.request(
      'INFO',
      [['Content-Type', 'application/dtmf-relay']],
      'Signal=9\r\nDuration=100\r\n',
    );
    assert.equal(info.status, 200);
    assert.deepEqual(digits, ['9']);
    assert.equal((await call.bye()).status, 200);
  });
});
