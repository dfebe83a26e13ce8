import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { SipMessage } from '../support/sip-message.js';
import { inRoom, nothingLeft, type RunningApplication, runApplication, SDP, until } from './running-application.js';

describe('the SIP application on the embedded engine', () => {
  let running: RunningApplication;

  beforeEach(async () => {
    running = await runApplication();
  });
  afterEach(() => running.stop());

  async function nothingLeftBut(bye: Promise<SipMessage>): Promise<void> {
    await bye;
    await eventually(
      'the leg to be gone',
      () => running.application.counts().legs,
      (legs) => legs === 0,
    );
  }

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
    await until(running, ['alice']);
    const asked = () => phone.received.filter(({ isRequest, method }) => isRequest && method === 'OPTIONS').length;
    const causes: string[] = [];
    running.roster.events.on('participant.left', ({ cause }) => causes.push(cause));
    running.media.events.emit('idle', { leg: running.media.open1.id, idle: true });
    await eventually('a second OPTIONS', asked, (count) => count >= 2);
    assert.deepEqual(inRoom(running), ['alice']);
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
    await nothingLeft(running);
  });

  it('says BYE to all and 503 to new calls when draining', async () => {
    const calls = [];
    for (const name of ['alice', 'bob', 'alice']) {
      const call = (await running.phone(name)).call('2000', { offer: SDP });
      await call.dial();
      calls.push(call);
    }
    await until(running, ['alice', 'alice', 'bob']);
    await running.application.drain(5000);
    await Promise.all(calls.map((call) => call.awaitBye()));
    assert.equal(running.application.ready(), false);
    await nothingLeft(running);
    const late = await (await running.phone('bob')).call('2000', { offer: SDP }).invite();
    assert.equal(late.status, 503);
    assert.equal(late.header('Retry-After'), '10');
  });

  it('drains within its deadline though a phone does not answer the BYE', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP });
    await call.dial();
    await until(running, ['alice']);
    phone.answers = false;
    await running.application.drain(200);
    await call.awaitBye();
    assert.equal(running.roster.participantCount, 0);
  });

  it('ends its calls and is not ready when the link to the engine is lost', async () => {
    const phone = await running.phone('alice');
    await phone.call('2000', { offer: SDP }).dial();
    await until(running, ['alice']);
    assert.equal(running.application.ready(), true);
    const causes: string[] = [];
    running.roster.events.on('participant.left', ({ cause }) => causes.push(cause));
    await running.engine.close();
    await nothingLeft(running);
    assert.deepEqual(causes, ['failed']);
    assert.equal(running.application.ready(), false);
  });

  it('takes two devices of one user, and a caller who hangs up and calls again at once', async () => {
    const first = await running.phone('alice');
    const second = await running.phone('alice', { host: '127.0.0.2' });
    const call = first.call('2000', { offer: SDP });
    await call.dial();
    await second.call('2000', { offer: SDP }).dial();
    await until(running, ['alice', 'alice']);
    const again = first.call('2000', { offer: SDP });
    await Promise.all([call.bye(), again.dial()]);
    await until(running, ['alice', 'alice']);
    assert.equal(running.application.counts().legs, 2);
  });

  it('lets fifty callers in and out, in any order, and keeps nothing', async () => {
    const phones = [await running.phone('alice'), await running.phone('bob'), await running.phone('carol')];
    const calls = Array.from({ length: 50 }, (_, index) => phones[index % 3]?.call('2000', { offer: SDP }));
    await Promise.all(calls.map((call) => call?.dial()));
    await eventually(
      'all to be in',
      () => inRoom(running),
      ({ length }) => length === 50,
    );
    const order = calls.map((call, index) => ({ call, rank: (index * 17) % 50 })).sort((a, b) => a.rank - b.rank);
    await Promise.all(order.map(({ call }) => call?.bye()));
    await nothingLeft(running);
  });

  it('refuses control characters in headers and in the called number', async () => {
    const phone = await running.phone('alice');
    const call = phone.call('2000', { offer: SDP, headers: [['Subject', 'a\x01b']] });
    call.sendInvite();
    assert.equal((await call.final()).status, 400);
    const hidden = phone.call('2000%0d%0a', { offer: SDP });
    assert.ok([400, 404].includes((await hidden.invite()).status));
    await nothingLeft(running);
  });
});
