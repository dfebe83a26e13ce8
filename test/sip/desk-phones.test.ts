import assert from 'node:assert/strict';
import type { Confirmation } from '../../gateway/sip/confirm.js';
import { CalledPhone } from '../support/called-phone.js';
import { eventually } from '../support/eventually.js';
import { ROOM, user } from './fakes.js';
import { type ApplicationSettings, type RunningApplication, runApplication, SDP } from './running-application.js';

const ALICE = user('alice');
const COMPLETED = 'SIP;cause=200;text="Call completed elsewhere"';
const KEYS: Readonly<Record<string, Confirmation>> = { '1': 'accepted', '2': 'declined', '3': 'snoozed' };

describe('desk phones on the embedded engine', () => {
  let running: RunningApplication;
  const phones: CalledPhone[] = [];

  async function start(settings: ApplicationSettings = {}): Promise<void> {
    running = await runApplication({
      // A question without words: what is pressed is the answer.
      confirm: (call, { onStarted }) =>
        new Promise((resolve) => {
          onStarted();
          call.onDigit((digit) => resolve(KEYS[digit] ?? 'no-key'));
          call.ended.addEventListener('abort', () => resolve('hung-up'), { once: true });
        }),
      ...settings,
    });
  }
  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.close();
    await running.stop();
  });

  async function deskPhone(name: string): Promise<CalledPhone> {
    const phone = await CalledPhone.open({ server: running.server, user: name, password: `${name}-demo` });
    phones.push(phone);
    return phone;
  }
  function invite(name: string): string {
    const created = running.invitations.create(ROOM.number, { user: { id: `id-${name}`, name } });
    running.application.inviter.invite(ALICE, created);
    return created[0]?.id ?? assert.fail();
  }
  const becomes = (id: string, state: string) =>
    eventually(
      `the invitation to be ${state}`,
      () => running.invitations.invitations.get(id),
      (seen) => seen?.state === state,
    );
  const holds = (legs: number, rooms: number) =>
    eventually(
      `${legs} legs and ${rooms} rooms to be held`,
      () => ({ ...running.application.counts(), media: running.media.openCount }),
      (held) => held.legs === legs && held.rooms === rooms && held.media === legs,
    );
  const press = (phone: CalledPhone, key: string) =>
    phone.request('INFO', [['Content-Type', 'application/dtmf-relay']], `Signal=${key}\r\nDuration=100\r\n`);
  const inRoom = () => running.roster.participants(ROOM.number).map((one) => `${one.user ?? one.name} ${one.device}`);

  it('are asked once they are answered; the first to accept is in the room, and the others are told why', async () => {
    await start();
    const [kitchen, study, hall] = [await deskPhone('bob'), await deskPhone('bob'), await deskPhone('bob')];
    const id = invite('bob');
    for (const phone of [kitchen, study, hall]) {
      assert.match((await phone.invited()).header('From'), /^"ALICE \(Engineering\)" <sip:2000@127\.0\.0\.1>;tag=/);
    }
    await kitchen.answer();
    await becomes(id, 'confirming');
    await study.answer();
    assert.deepEqual(inRoom(), []);
    assert.equal((await press(study, '1')).status, 200);
    await becomes(id, 'joined');
    assert.deepEqual(inRoom(), ['bob desk-phone']);
    assert.equal((await kitchen.ended()).header('Reason'), COMPLETED);
    assert.equal((await hall.cancelled()).header('Reason'), COMPLETED);
    await holds(1, 1);
    assert.equal((await study.hangUp()).status, 200);
    await holds(0, 0);
  });

  it('are all told when one of them declines', async () => {
    await start();
    const [kitchen, study] = [await deskPhone('bob'), await deskPhone('bob')];
    const id = invite('bob');
    await study.invited();
    await kitchen.answer();
    await press(kitchen, '2');
    await becomes(id, 'declined');
    await kitchen.ended();
    assert.equal((await study.cancelled()).header('Reason'), 'SIP;cause=603;text="Declined elsewhere"');
    await holds(0, 0);
  });

  it('answer requests within the call while they are asked, as in a room', async () => {
    await start();
    const phone = await deskPhone('bob');
    invite('bob');
    await phone.answer();
    await holds(1, 1);
    assert.equal((await phone.request('OPTIONS')).status, 200);
    const hold = await phone.request('INVITE', [['Content-Type', 'application/sdp']], `${SDP}a=sendonly\r\n`);
    assert.equal(hold.status, 200);
    assert.equal((await press(phone, '1')).status, 200);
    await eventually('them to be in the room', inRoom, (users) => users.length === 1);
    assert.equal(running.roster.participants(ROOM.number)[0]?.held, true);
  });

  it('are hung up while they are asked when the gateway ends', async () => {
    await start();
    const phone = await deskPhone('bob');
    invite('bob');
    await phone.answer();
    await holds(1, 1);
    await running.application.drain(5000);
    await phone.ended();
    await holds(0, 0);
  });

  it('are hung up while they are asked when the room ends', async () => {
    await start();
    const phone = await deskPhone('bob');
    const id = invite('bob');
    await phone.answer();
    await becomes(id, 'confirming');
    running.access.emit('room.ended', { room: ROOM.number, cause: 'released' });
    await phone.ended();
    await becomes(id, 'cancelled');
    await holds(0, 0);
  });

  for (const [autoAnswer, name, value] of [
    ['alert-info', 'Alert-Info', '<http://localhost>;info=alert-autoanswer;delay=0'],
    ['call-info', 'Call-Info', '<sip:127.0.0.1>;answer-after=0'],
  ] as const) {
    it(`of the user’s own are asked by ${name} to answer, are in the room then, and nobody is asked`, async () => {
      await start({ autoAnswer, confirm: () => assert.fail('nobody is asked') });
      const [desk, dect] = [await deskPhone('alice'), await deskPhone('alice')];
      await running.application.ownPhones.callOwnPhone(ALICE, ROOM);
      assert.equal((await desk.invited()).header(name), value);
      assert.equal((await dect.invited()).header(name), value);
      await desk.answer();
      await eventually('her to be in the room', inRoom, (users) => users.length === 1);
      assert.deepEqual(inRoom(), ['alice desk-phone']);
      assert.equal((await dect.cancelled()).header('Reason'), COMPLETED);
      await holds(1, 1);
    });
  }

  it('of the user’s own must be registered', async () => {
    await start();
    await assert.rejects(running.application.ownPhones.callOwnPhone(ALICE, ROOM), { code: 'no-desk-phone' });
    await holds(0, 0);
  });

  it('that dial an access number are in the lobby, then in the room whose number they press', async () => {
    const heard: string[] = [];
    await start({
      lobby: (call, { identity }) =>
        new Promise((resolve) => {
          call.onDigit((digit) => {
            heard.push(digit);
            if (digit === '#' && identity !== undefined) resolve({ room: ROOM, identity, role: 'speaker' });
          });
        }),
    });
    const phone = await running.phone('alice');
    const call = phone.call('1000', { offer: SDP });
    await call.dial();
    await holds(1, 0);
    for (const digit of [...ROOM.number, '#']) {
      const body = `Signal=${digit}\r\nDuration=100\r\n`;
      assert.equal((await call.request('INFO', [['Content-Type', 'application/dtmf-relay']], body)).status, 200);
    }
    assert.deepEqual(heard, ['2', '0', '0', '0', '#']);
    await eventually('her to be in the room', inRoom, (users) => users.length === 1);
    await holds(1, 1);
    assert.equal((await call.bye()).status, 200);
    await holds(0, 0);
  });

  it('that dial an access number show who they are first', async () => {
    await start({ lobby: () => assert.fail('nobody is in the lobby') });
    const stranger = await running.phone('alice', { password: 'guessed' });
    assert.equal((await stranger.call('1000', { offer: SDP }).invite()).status, 407);
    await holds(0, 0);
  });
});
