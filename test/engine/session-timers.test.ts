import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { FakeClock } from './fake-clock.js';
import { setUp, takeDown } from './peer-world.js';
import { answer, bodyOf, header, type RawPeer, type RequestParts, request } from './raw-peer.js';
import { type Running, SDP, type Srf, type SrfDialog, type SrfMessage } from './running.js';

describe('session timers (RFC 4028)', () => {
  let clock: FakeClock;
  let running: Running;
  let srf: Srf;
  let peer: RawPeer;

  beforeEach(async () => {
    ({ clock, running, srf, peer } = await setUp());
  });

  afterEach(() => takeDown({ clock, running, peer }));

  /** Calls in; the app answers with these headers. */
  async function call(sent: Record<string, string>, more: readonly string[] = []) {
    const answered = new Promise<SrfDialog>((resolve, reject) => {
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: SDP, headers: sent }).then(resolve, reject);
      });
    });
    peer.send(request(peer, 'INVITE', { body: SDP, more }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    const within: RequestParts = { to: header(ok, 'To') };
    const dialog = await answered;
    const acknowledged = new Promise<void>((resolve) => dialog.on('ack', () => resolve()));
    const destroyed = new Promise<string>((resolve) =>
      dialog.on('destroy', (_: SrfMessage, why: string) => resolve(why)),
    );
    peer.send(request(peer, 'ACK', within));
    await acknowledged;
    return { ok, within, dialog, destroyed };
  }

  it('renews with a re-INVITE of the last description at half the time, again and again', async () => {
    await call({ 'Session-Expires': '90;refresher=uas' });
    for (let round = 0; round < 3; round++) {
      clock.advance(44_999);
      assert.deepEqual(peer.inbox.takeAll('INVITE'), []);
      clock.advance(1);
      const refresh = await peer.inbox.take('INVITE');
      assert.equal(header(refresh, 'Session-Expires'), '90;refresher=uac');
      assert.equal(header(refresh, 'Min-SE'), '90');
      assert.equal(bodyOf(refresh), SDP);
      peer.send(answer(refresh, '200 OK', { contact: header(refresh, 'Contact'), body: SDP }));
      await peer.inbox.take('ACK');
    }
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('renews with an UPDATE without a body where the peer takes it', async () => {
    await call({ 'Session-Expires': '90;refresher=uas' }, ['Allow: INVITE, ACK, BYE, UPDATE']);
    clock.advance(45_000);
    const refresh = await peer.inbox.take('UPDATE');
    assert.equal(bodyOf(refresh), '');
    peer.send(answer(refresh, '200 OK', { more: ['Session-Expires: 90;refresher=uac'] }));
    await eventually(
      'the answered UPDATE',
      () => clock.pending,
      (pending) => pending <= 4,
    );
    clock.advance(45_000);
    await peer.inbox.take('UPDATE');
  });

  it('ends the call when its renewal is refused', async () => {
    const { destroyed } = await call({ 'Session-Expires': '90;refresher=uas' });
    clock.advance(45_000);
    peer.send(answer(await peer.inbox.take('INVITE'), '481 Gone'));
    assert.match(header(await peer.inbox.take('BYE'), 'Reason'), /Session timer expired/);
    assert.equal(await destroyed, 'Session timer expired');
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('ends the call when nobody answers its renewal', async () => {
    const { destroyed } = await call({ 'Session-Expires': '90;refresher=uas' });
    clock.advance(45_000 + 32_000);
    await peer.inbox.take('BYE');
    assert.equal(await destroyed, 'Session timer expired');
  });

  it('tries again after 491, and with a longer time after 422', async () => {
    await call({ 'Session-Expires': '90;refresher=uas' });
    clock.advance(45_000);
    peer.send(answer(await peer.inbox.take('INVITE'), '491 Request Pending'));
    await peer.inbox.take('ACK');
    clock.advance(4_000);
    peer.send(answer(await peer.inbox.take('INVITE'), '422 Too Small', { more: ['Min-SE: 600'] }));
    await peer.inbox.take('ACK');
    // The refused INVITE was repeated meanwhile.
    let longer = await peer.inbox.take('INVITE');
    while (header(longer, 'Session-Expires').startsWith('90;')) longer = await peer.inbox.take('INVITE');
    assert.equal(header(longer, 'Session-Expires'), '600;refresher=uac');
    peer.send(answer(longer, '200 OK', { contact: header(longer, 'Contact'), body: SDP }));
    await peer.inbox.take('ACK');
    clock.advance(299_999);
    assert.deepEqual(peer.inbox.takeAll('INVITE'), []);
    clock.advance(1);
    await peer.inbox.take('INVITE');
  });

  it('ends the call when the caller does not renew it in time, and not before', async () => {
    const { ok, within, destroyed } = await call({}, ['Supported: timer', 'Session-Expires: 100;refresher=uac']);
    assert.equal(header(ok, 'Session-Expires'), '100;refresher=uac');
    clock.advance(99_000);
    peer.send(request(peer, 'UPDATE', { ...within, cseq: 2, more: ['Session-Expires: 100;refresher=uac'] }));
    const renewed = await peer.inbox.take('SIP/2.0 200');
    assert.equal(header(renewed, 'Session-Expires'), '100;refresher=uac');
    await eventually(
      'the app',
      () => running.engine.counts().transactions,
      (count) => count > 0,
    );
    clock.advance(99_999);
    assert.deepEqual(peer.inbox.takeAll('BYE'), []);
    clock.advance(1);
    await peer.inbox.take('BYE');
    assert.equal(await destroyed, 'Session timer expired');
  });

  it("raises the caller's time to the least RFC 4028 allows", async () => {
    const { ok } = await call({}, ['Session-Expires: 30;refresher=uac']);
    assert.equal(header(ok, 'Session-Expires'), '90;refresher=uac');
  });

  it('ignores an offer that names no refresher', async () => {
    const { ok } = await call({}, ['Session-Expires: 1800']);
    assert.equal(header(ok, 'Session-Expires'), '');
  });

  it('keeps a running session when the app changes the call', async () => {
    const { dialog } = await call({ 'Session-Expires': '90;refresher=uas' });
    const modified = dialog.modify(`${SDP}a=inactive\r\n`);
    const invite = await peer.inbox.take('INVITE');
    assert.equal(header(invite, 'Session-Expires'), '90;refresher=uac');
    const renewed = { contact: header(invite, 'Contact'), body: SDP, more: ['Session-Expires: 90;refresher=uac'] };
    peer.send(answer(invite, '200 OK', renewed));
    await modified;
    await peer.inbox.take('ACK');
    clock.advance(45_000);
    assert.match(bodyOf(await peer.inbox.take('INVITE')), /a=inactive/);
  });

  it('arms the timer of a call out as its 200 says', async () => {
    const calling = srf.createUAC(`sip:b@127.0.0.1:${peer.port}`, { localSdp: SDP });
    const invite = await peer.inbox.take('INVITE');
    const contact = `<sip:b@127.0.0.1:${peer.port}>`;
    const more = ['Session-Expires: 90;refresher=uac', 'Require: timer'];
    peer.send(answer(invite, '200 OK', { tag: 'b', contact, body: SDP, more }));
    await calling;
    await peer.inbox.take('ACK');
    clock.advance(45_000);
    assert.equal(header(await peer.inbox.take('INVITE'), 'Session-Expires'), '90;refresher=uac');
  });
});
