import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { eventually } from '../support/eventually.js';
import { readChallenge } from '../support/sip-digest.js';
import type { SipMessage } from '../support/sip-message.js';
import { gate, OFFER } from './fakes.js';
import { type RunningApplication, runApplication, SDP } from './running-application.js';

let running: RunningApplication;

async function nothingLeft(): Promise<void> {
  const { application, engine, media, roster } = running;
  await eventually(
    'every leg to be gone',
    () => ({
      ...application.counts(),
      media: media.openCount,
      participants: roster.participantCount,
      dialogs: engine.counts().dialogs,
    }),
    (seen) => Object.values(seen).every((count) => count === 0),
  );
}

function inRoom(): string[] {
  return running.roster
    .participants('2000')
    .map(({ user: name }) => name ?? '')
    .sort();
}

function until(names: readonly string[]): Promise<string[]> {
  return eventually(`${names} to be in the room`, inRoom, (seen) => seen.join() === [...names].sort().join());
}

describe('the SIP application on the embedded engine', () => {
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
      await until(['alice']);
      assert.equal((await call.bye()).status, 200);
      await nothingLeft();
    });
  }

  it('takes softphone credentials for their user', async () => {
    const { username, password } = running.credentials.issue({ name: 'dave' });
    const phone = await running.phone('dave', { authUser: username, password });
    await phone.call('2000', { offer: SDP }).dial();
    await until(['dave']);
    assert.equal(running.roster.participants('2000')[0]?.device, 'softphone');
  });

  it('is 404 for a number without a room, 403 for a stranger and for a From of somebody else', async () => {
    const alice = await running.phone('alice');
    assert.equal((await alice.call('2999', { offer: SDP }).invite()).status, 404);
    assert.equal((await alice.call('2000', { offer: SDP, fromUser: 'bob' }).invite()).status, 403);
    const erin = await running.phone('erin');
    assert.equal((await erin.call('2000', { offer: SDP }).invite()).status, 403);
    await nothingLeft();
  });

  it('is 488 for an offer media cannot take, and 503 without media', async () => {
    const phone = await running.phone('alice');
    running.media.refusal = new RoomlineError('not-acceptable', 'no audio');
    assert.equal((await phone.call('2000', { offer: SDP }).invite()).status, 488);
    running.media.refusal = new RoomlineError('unavailable', 'no rtpengine');
    const response = await phone.call('2000', { offer: SDP }).invite();
    assert.equal(response.status, 503);
    assert.notEqual(response.header('Retry-After'), '');
    await nothingLeft();
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
    await nothingLeft();
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
    await until(['alice']);
    assert.equal(running.media.legs.length, 1);
    await call.bye();
    await nothingLeft();
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
    await until(['alice']);
    const hold = await call.reinvite(SDP.replace('a=sendrecv', 'a=sendonly'));
    assert.equal(hold.status, 200);
    assert.equal(hold.body, running.media.open1.sdp);
    assert.notEqual(hold.header('Contact'), '');
    assert.equal(running.roster.participants('2000')[0]?.held, true);
    assert.equal((await call.reinvite(SDP)).status, 200);
    assert.equal(running.roster.participants('2000')[0]?.held, false);
    running.media.open1.refusal = new RoomlineError('not-acceptable', 'no audio');
    assert.equal((await call.reinvite(OFFER)).status, 488);
    assert.deepEqual(inRoom(), ['alice']);
    running.media.open1.refusal = undefined;
    assert.equal((await call.reinvite(SDP)).status, 200);
    assert.equal((await call.bye()).status, 200);
    await nothingLeft();
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
    await nothingLeft();
  });

  it('answers OPTIONS, INFO digits, UPDATE and REFER within the call', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(['alice']);
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

  it('answers OPTIONS outside of a call and refuses what it does not do', async () => {
    const phone = await running.phone('alice');
    const ask = async (method: string) => {
      const call = phone.call('2000');
      return call.request(method);
    };
    const options = await ask('OPTIONS');
    assert.equal(options.status, 200);
    assert.match(options.header('Allow'), /INVITE/);
    assert.equal((await ask('MESSAGE')).status, 405);
    assert.equal((await ask('INFO')).status, 481);
    assert.equal((await ask('SUBSCRIBE')).status, 405);
  });

  it('asks a silent phone whether it is there, keeps it when it answers and lets it go when not', async () => {
    await running.stop();
    running = await runApplication({ optionsIntervalSeconds: 1, optionsTimeoutSeconds: 3 });
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(['alice']);
    const asked = () => phone.received.filter(({ isRequest, method }) => isRequest && method === 'OPTIONS').length;
    const causes: string[] = [];
    running.roster.events.on('participant.left', ({ cause }) => causes.push(cause));
    running.media.events.emit('idle', { leg: running.media.open1.id, idle: true });
    await eventually('a second OPTIONS', asked, (count) => count >= 2);
    assert.deepEqual(inRoom(), ['alice']);
    phone.answers = false;
    await nothingLeftBut(call.awaitBye());
    assert.deepEqual(causes, ['unreachable']);
  });

  it('removes the contact of a phone that is gone, and keeps one that is there', async () => {
    await running.stop();
    running = await runApplication({ optionsIntervalSeconds: 1, optionsTimeoutSeconds: 3 });
    const [alice, bob, tcp] = [
      await running.phone('alice'),
      await running.phone('bob'),
      await running.phone('carol', { transport: 'tcp' }),
    ];
    for (const phone of [alice, bob, tcp]) assert.equal((await phone.register()).status, 200);
    await alice.vanish();
    await tcp.vanish();
    await eventually(
      'only bob to be registered',
      () => running.contacts.bindings.map(({ userName }) => userName),
      (names) => names.join() === 'bob',
    );
    const asked = await bob.awaitMessage('OPTIONS', ({ isRequest, method }) => isRequest && method === 'OPTIONS');
    assert.equal(asked.requestUri, bob.contactUri);
    assert.match(asked.header('To'), /^<sip:bob@127\.0\.0\.1>$/);
  });

  it('is full at its maximum', async () => {
    await running.stop();
    running = await runApplication({ maxParticipants: 2 });
    for (const name of ['alice', 'bob']) await (await running.phone(name)).call('2000', { offer: SDP }).dial();
    const third = await running.phone('alice');
    assert.equal((await third.call('2000', { offer: SDP }).invite()).status, 486);
  });

  it('mutes and removes who is in a room', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    const [participant] = await eventually(
      'alice',
      () => running.roster.participants('2000'),
      ({ length }) => length === 1,
    );
    const { liveRooms } = running.application;
    await liveRooms.setMuted(participant?.id ?? '', true);
    assert.equal(running.media.open1.muted, true);
    await liveRooms.remove(participant?.id ?? '');
    await call.awaitBye();
    await nothingLeft();
  });

  it('says BYE to all and 503 to new calls when draining', async () => {
    const calls = [];
    for (const name of ['alice', 'bob', 'alice']) {
      const call = (await running.phone(name)).call('2000', { offer: SDP });
      await call.dial();
      calls.push(call);
    }
    await until(['alice', 'alice', 'bob']);
    await running.application.drain(5000);
    await Promise.all(calls.map((call) => call.awaitBye()));
    assert.equal(running.application.ready(), false);
    await nothingLeft();
    const late = await (await running.phone('bob')).call('2000', { offer: SDP }).invite();
    assert.equal(late.status, 503);
    assert.equal(late.header('Retry-After'), '10');
  });

  it('drains within its deadline though a phone does not answer the BYE', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(['alice']);
    phone.answers = false;
    await running.application.drain(200);
    await call.awaitBye();
    assert.equal(running.roster.participantCount, 0);
  });

  it('ends its calls and is not ready when the link to the engine is lost', async () => {
    const phone = await running.phone('alice');
    await phone.call('2000', { offer: SDP }).dial();
    await until(['alice']);
    assert.equal(running.application.ready(), true);
    const causes: string[] = [];
    running.roster.events.on('participant.left', ({ cause }) => causes.push(cause));
    await running.engine.close();
    await nothingLeft();
    assert.deepEqual(causes, ['failed']);
    assert.equal(running.application.ready(), false);
  });

  it('takes two devices of one user, and a caller who hangs up and calls again at once', async () => {
    const first = await running.phone('alice');
    const second = await running.phone('alice', { host: '127.0.0.2' });
    const call = first.call('2000', { offer: SDP });
    await call.dial();
    await second.call('2000', { offer: SDP }).dial();
    await until(['alice', 'alice']);
    const again = first.call('2000', { offer: SDP });
    await Promise.all([call.bye(), again.dial()]);
    await until(['alice', 'alice']);
    assert.equal(running.application.counts().legs, 2);
  });

  it('lets fifty callers in and out, in any order, and keeps nothing', async () => {
    const phones = [await running.phone('alice'), await running.phone('bob'), await running.phone('carol')];
    const calls = Array.from({ length: 50 }, (_, index) => phones[index % 3]?.call('2000', { offer: SDP }));
    await Promise.all(calls.map((call) => call?.dial()));
    await eventually('all to be in', inRoom, ({ length }) => length === 50);
    const order = calls.map((call, index) => ({ call, rank: (index * 17) % 50 })).sort((a, b) => a.rank - b.rank);
    await Promise.all(order.map(({ call }) => call?.bye()));
    await nothingLeft();
  });

  it('refuses control characters in headers and in the called number', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP, headers: [['Subject', 'a\x01b']] });
    call.sendInvite();
    assert.equal((await call.final()).status, 400);
    const hidden = phone.call('2000%0d%0a', { offer: SDP });
    assert.ok([400, 404].includes((await hidden.invite()).status));
    await nothingLeft();
  });
});

async function nothingLeftBut(bye: Promise<SipMessage>): Promise<void> {
  await bye;
  await eventually(
    'the leg to be gone',
    () => running.application.counts().legs,
    (legs) => legs === 0,
  );
}
