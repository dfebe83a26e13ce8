import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { Invitation, InvitationState } from '../../gateway/rooms/invitations.js';
import { eventually } from '../support/eventually.js';
import { openWebSocketServer, WebSocketPhone } from '../support/websocket-phone.js';
import { user } from './fakes.js';
import { type ApplicationSettings, type RunningApplication, runApplication, SDP } from './running-application.js';

const ALICE = user('alice');

describe('an invitation on the embedded engine', () => {
  let running: RunningApplication;
  let server: Server;
  let url: string;
  const browsers: WebSocketPhone[] = [];

  async function start(settings: ApplicationSettings = {}): Promise<void> {
    running = await runApplication(settings);
    ({ server, url } = await openWebSocketServer(running.engine));
  }
  afterEach(async () => {
    for (const browser of browsers.splice(0)) browser.vanish();
    await running.stop();
    server.close();
    server.closeAllConnections();
  });

  async function browser(name: string, onCall: WebSocketPhone['onCall'] = 'ring'): Promise<WebSocketPhone> {
    const phone = await WebSocketPhone.open(url, name);
    browsers.push(phone);
    phone.onCall = onCall;
    const { username, password } = running.credentials.issue({ name });
    assert.equal((await phone.ask('REGISTER', 'sip:127.0.0.1', { username, password })).status, 200);
    return phone;
  }
  function invite(...names: string[]): Invitation[] {
    const created = running.invitations.create('2000', ...names.map((name) => ({ user: { id: `id-${name}`, name } })));
    running.application.inviter.invite(ALICE, created);
    return created;
  }
  async function ends(invitation: Invitation | undefined, state: InvitationState): Promise<Invitation> {
    const look = () => running.invitations.invitations.get(invitation?.id ?? '');
    const found = await eventually(`the invitation to be ${state}`, look, (seen) => seen?.state === state);
    return found ?? assert.fail();
  }
  const inRoom = () => running.roster.participants('2000').map((one) => `${one.user ?? one.name} ${one.device}`);
  const nothingLeft = () =>
    eventually(
      'nothing to be left',
      () => ({ ...running.application.counts(), media: running.media.openCount }),
      ({ legs, rooms, media }) => legs === 0 && rooms === 0 && media === 0,
    );

  it('rings all browsers of the invited, lets in the first to answer and tells the others', async () => {
    await start();
    const [laptop, tablet, carols] = [await browser('bob'), await browser('bob'), await browser('carol')];
    const [bob, carol] = invite('bob', 'carol');
    for (const phone of [laptop, tablet, carols]) {
      const call = await phone.called();
      assert.match(call.header('From'), /^"ALICE \(Engineering\)" <sip:2000@127\.0\.0\.1>;tag=/);
      assert.equal(call.header('To'), `<sip:${phone.user}@127.0.0.1>`);
      assert.equal(call.requestUri, phone.contact);
      assert.match(call.body, /^v=0/);
    }
    assert.deepEqual(inRoom(), []);
    await tablet.answer(200, SDP);
    await ends(bob, 'joined');
    assert.deepEqual(inRoom(), ['bob softphone']);
    await eventually(
      'the CANCEL',
      () => laptop.requests('CANCEL').map((cancel) => cancel.header('Reason')),
      (reasons) => reasons.length === 1 && reasons[0] === 'SIP;cause=200;text="Call completed elsewhere"',
    );
    await eventually(
      'the ACK',
      () => tablet.requests('ACK').length,
      (count) => count === 1,
    );
    assert.equal(tablet.requests('CANCEL').length, 0);
    await carols.answer(200, SDP);
    await ends(carol, 'joined');
    assert.deepEqual(inRoom(), ['bob softphone', 'carol softphone']);
    assert.equal(running.media.openCount, 2);
    for (const phone of [tablet, carols]) assert.equal((await phone.hangUp(await phone.called())).status, 200);
    await nothingLeft();
    assert.deepEqual(inRoom(), []);
  });

  for (const [status, state] of [
    [486, 'busy'],
    [603, 'declined'],
    [480, 'unreachable'],
    [488, 'failed'],
  ] as const) {
    it(`is ${state} when the phone answers ${status}`, async () => {
      await start();
      await browser('bob', { status });
      const { cause } = await ends(invite('bob')[0], state);
      assert.equal(cause, String(status));
      await nothingLeft();
    });
  }

  it('is unanswered when it rang for its time, and the phone is told to stop', async () => {
    await start({ ringSeconds: 1 });
    const phone = await browser('bob');
    await ends(invite('bob')[0], 'no-answer');
    await eventually(
      'the CANCEL',
      () => phone.requests('CANCEL').length,
      (count) => count === 1,
    );
    await nothingLeft();
  });

  it('is unanswered when the phone does not even ring', async () => {
    await start({ ringSeconds: 1 });
    const phone = await browser('bob', 'ignore');
    await ends(invite('bob')[0], 'no-answer');
    await nothingLeft();
    assert.equal(phone.requests('CANCEL').length, 0);
  });

  it('is unreachable when the browser is gone, and so is its contact then', async () => {
    await start();
    const phone = await browser('bob');
    phone.vanish();
    await eventually(
      'the connection to be lost',
      async () => {
        const { state } = running.invitations.invitations.get(invite('bob')[0]?.id ?? '') ?? {};
        return [state, running.contacts.bindings.length];
      },
      ([, contacts]) => contacts === 0,
    );
    await ends(invite('bob')[0], 'unreachable');
    await nothingLeft();
  });

  it('stops ringing when it is cancelled', async () => {
    await start();
    const phone = await browser('bob');
    const [invitation] = invite('bob');
    await phone.called();
    running.application.inviter.cancel(invitation?.id ?? '');
    await ends(invitation, 'cancelled');
    await eventually(
      'the CANCEL',
      () => phone.requests('CANCEL').length,
      (count) => count === 1,
    );
    await nothingLeft();
  });

  it('ends with the invited in the room when they dial in instead of answering', async () => {
    await start();
    const phone = await browser('bob');
    const [invitation] = invite('bob');
    await phone.called();
    const desk = await running.phone('bob');
    await desk.call('2000', { offer: SDP }).dial();
    await ends(invitation, 'joined');
    await eventually(
      'the CANCEL',
      () => phone.requests('CANCEL').length,
      (count) => count === 1,
    );
    assert.deepEqual(inRoom(), ['bob desk-phone']);
  });

  it('rings at least three at once', async () => {
    await start();
    const phones = [await browser('bob'), await browser('carol'), await browser('dave')];
    const created = invite('bob', 'carol', 'dave');
    for (const phone of phones) await phone.called();
    for (const invitation of created) await ends(invitation, 'ringing');
    for (const phone of phones) await phone.answer(200, SDP);
    for (const invitation of created) await ends(invitation, 'joined');
    assert.deepEqual(inRoom().sort(), ['bob softphone', 'carol softphone', 'dave softphone']);
  });

  it('waits for the next gateway when this one stops meanwhile, and the phone is told', async () => {
    await start();
    const phone = await browser('bob');
    const [invitation] = invite('bob');
    await phone.called();
    await running.application.drain(5000);
    assert.equal((await ends(invitation, 'queued')).cause, 'interrupted');
    await eventually(
      'the CANCEL',
      () => phone.requests('CANCEL').length,
      (count) => count === 1,
    );
    await nothingLeft();
  });

  it('is no way to stay in the room for one who is revoked: their call is ended and their browser forgotten', async () => {
    await start();
    const phone = await browser('bob', { status: 200, sdp: SDP });
    await ends(invite('bob')[0], 'joined');
    running.access.emit('user.revoked', { userId: 'id-bob', user: 'bob' });
    await eventually(
      'the BYE',
      () => phone.requests('BYE').length,
      (count) => count === 1,
    );
    await nothingLeft();
    await eventually(
      'the contact to be gone',
      () => running.contacts.bindings.length,
      (count) => count === 0,
    );
  });
});

describe('a guest on the embedded engine', () => {
  let running: RunningApplication;
  let server: Server;
  let url: string;

  before(async () => {
    running = await runApplication({ room: { hasPin: true, pinVersion: 2 } });
    ({ server, url } = await openWebSocketServer(running.engine));
  });
  after(async () => {
    await running.stop();
    server.close();
    server.closeAllConnections();
  });

  async function guest(pinVersion: number, room = '2000') {
    const { aorUser, username, password } = running.credentials.issueGuest({ room, pinVersion, name: 'Zoë' });
    const phone = await WebSocketPhone.open(url, aorUser);
    return { phone, credentials: { username, password } };
  }

  it('registers, enters the room of the PIN, and is out when the PIN is changed', async () => {
    const { phone, credentials } = await guest(2);
    const registered = await phone.ask('REGISTER', 'sip:127.0.0.1', credentials);
    assert.equal(registered.status, 200);
    assert.match(registered.header('Contact'), /expires=60/);
    assert.deepEqual(running.contacts.bindings, []);
    const answer = await phone.ask('INVITE', 'sip:2000@127.0.0.1', credentials, SDP);
    assert.equal(answer.status, 200);
    phone.acknowledge('sip:2000@127.0.0.1', answer);
    const [participant] = await eventually(
      'the guest to be in the room',
      () => running.roster.participants('2000'),
      ({ length }) => length === 1,
    );
    assert.deepEqual(
      [participant?.user, participant?.name, participant?.device, participant?.role],
      [undefined, 'Zoë', 'softphone', 'speaker'],
    );
    running.room.pinVersion = 3;
    running.access.emit('pin.changed', { room: '2000' });
    await eventually(
      'the BYE',
      () => phone.requests('BYE').length,
      (count) => count === 1,
    );
    assert.deepEqual(running.roster.participants('2000'), []);
    phone.vanish();
  });

  for (const [what, pinVersion, room] of [
    ['with an older PIN', 1, '2000'],
    ['of another room', 3, '2001'],
  ] as const) {
    it(`is refused ${what}`, async () => {
      running.room.pinVersion = 3;
      const { phone, credentials } = await guest(pinVersion, room);
      assert.equal((await phone.ask('INVITE', 'sip:2000@127.0.0.1', credentials, SDP)).status, 403);
      phone.vanish();
    });
  }
});
