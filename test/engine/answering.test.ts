import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { FakeClock } from './fake-clock.js';
import { setUp, takeDown } from './peer-world.js';
import { answer, bodyOf, header, headers, type RawPeer, type RequestParts, request } from './raw-peer.js';
import { type Running, SDP, type Srf, type SrfDialog, type SrfMessage } from './running.js';

describe('the engine answering calls for drachtio-srf', () => {
  let clock: FakeClock;
  let running: Running;
  let srf: Srf;
  let peer: RawPeer;

  beforeEach(async () => {
    ({ clock, running, srf, peer } = await setUp());
  });

  afterEach(async () => {
    await takeDown({ clock, running, peer });
    assert.deepEqual(running.engine.counts(), { transactions: 0, dialogs: 0, flows: 0, connections: 0, apps: 0 });
  });

  /** Answers every call and hands out its dialog. */
  function answerCalls(sent: Record<string, string> = {}): { dialog: Promise<SrfDialog> } {
    const dialog = new Promise<SrfDialog>((resolve, reject) => {
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: SDP, headers: sent }).then(resolve, reject);
      });
    });
    return { dialog };
  }

  /** Calls in and acknowledges; returns the 200 and what later requests of the caller have in common. */
  async function call(parts: RequestParts = {}): Promise<{ ok: string; within: RequestParts }> {
    peer.send(request(peer, 'INVITE', { body: SDP, ...parts }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    const within: RequestParts = { ...parts, to: header(ok, 'To') };
    peer.send(request(peer, 'ACK', within));
    return { ok, within };
  }

  it('gives a REGISTER to the app and its answer back, with rport and a tag', async () => {
    const seen: SrfMessage[] = [];
    srf.register((req, res) => {
      seen.push(req);
      res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60`, 'X-Thing': 'a', 'p-other': 'b' } });
    });
    peer.send(request(peer, 'REGISTER', { more: ['User-Agent: Größe'] }));
    const ok = await peer.inbox.take('SIP/2.0 200 OK');
    assert.match(header(ok, 'Via'), new RegExp(`;rport=${peer.port}`));
    assert.match(header(ok, 'To'), /;tag=\w+/);
    assert.equal(header(ok, 'Contact'), `<sip:peer@127.0.0.1:${peer.port}>;expires=60`);
    assert.equal(header(ok, 'X-Thing'), 'a');
    assert.equal(header(ok, 'P-Other'), 'b');
    const [req] = seen;
    assert.equal(req?.get('User-Agent'), 'Größe');
    assert.equal(req?.protocol, 'udp');
    assert.equal(req?.source_port, peer.port);
    assert.equal(req?.receivedOn, `127.0.0.1:${running.engine.sipPort}`);
  });

  it('answers a call with Contact and Record-Route, and passes the ACK to the app', async () => {
    const { dialog } = answerCalls({ 'X-App': 'yes' });
    let acknowledged: SrfMessage | undefined;
    const route = '<sip:proxy.example;lr>';
    void dialog.then((dlg) => {
      dlg.on('ack', (req: SrfMessage) => {
        acknowledged = req;
      });
    });
    const { ok } = await call({ more: [`Record-Route: ${route}`] });
    const dlg = await dialog;
    assert.equal(header(ok, 'Contact'), `<sip:127.0.0.1:${running.engine.sipPort}>`);
    assert.equal(header(ok, 'Record-Route'), route);
    assert.equal(header(ok, 'Content-Type'), 'application/sdp');
    assert.equal(header(ok, 'X-App'), 'yes');
    assert.equal(bodyOf(ok), SDP);
    assert.equal(dlg.id, 'call-1;from-tag=peer-tag');
    assert.match(header(ok, 'To'), new RegExp(`;tag=${dlg.sip.localTag}$`));
    await eventually(
      'the ACK',
      () => acknowledged,
      (ack) => ack?.method === 'ACK',
    );
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('sends 100 at once and lets the app ring before it answers, with one tag', async () => {
    srf.invite((req, res) => {
      res.send(180, { headers: { 'X-Ring': '1' } });
      srf.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
    });
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const trying = await peer.inbox.take('SIP/2.0 100');
    assert.doesNotMatch(header(trying, 'To'), /tag=/);
    const ringing = await peer.inbox.take('SIP/2.0 180');
    const ok = await peer.inbox.take('SIP/2.0 200');
    assert.equal(header(ringing, 'To'), header(ok, 'To'));
    assert.equal(header(ringing, 'Contact'), '');
  });

  it('repeats its last answer for a repeated INVITE, and asks the app only once', async () => {
    let asked = 0;
    srf.invite((_req, res) => {
      asked += 1;
      res.send(486);
    });
    const invite = request(peer, 'INVITE', { body: SDP });
    peer.send(invite);
    const first = await peer.inbox.take('SIP/2.0 486');
    peer.send(invite);
    assert.equal(await peer.inbox.take('SIP/2.0 486'), first);
    clock.advance(500);
    assert.equal(await peer.inbox.take('SIP/2.0 486'), first);
    const branch = /branch=([\w-]+)/.exec(invite)?.[1] ?? '';
    peer.send(request(peer, 'ACK', { branch, to: header(first, 'To') }));
    await eventually(
      'the end of the transaction',
      () => clock.pending,
      (pending) => pending === 1,
    );
    clock.advance(10_000);
    assert.deepEqual(peer.inbox.takeAll('SIP/2.0 486'), []);
    assert.equal(asked, 1);
  });

  it('repeats a 200 at T1, doubling up to T2, until its ACK', async () => {
    answerCalls();
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    for (const wait of [500, 1000, 2000, 4000, 4000]) {
      clock.advance(wait - 1);
      assert.deepEqual(peer.inbox.takeAll('SIP/2.0 200'), []);
      clock.advance(1);
      assert.equal(await peer.inbox.take('SIP/2.0 200'), ok);
    }
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    peer.send(request(peer, 'OPTIONS', { to: header(ok, 'To'), cseq: 2 }));
    await peer.inbox.take('SIP/2.0 200');
    clock.advance(20_000);
    assert.deepEqual(peer.inbox.takeAll('SIP/2.0 200'), []);
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('ends a call whose 200 nobody acknowledges, and says why', async () => {
    const { dialog } = answerCalls();
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await peer.inbox.take('SIP/2.0 200');
    const destroyed = new Promise<string>((resolve) => {
      void dialog.then((dlg) => dlg.on('destroy', (_bye: SrfMessage, reason: string) => resolve(reason)));
    });
    await dialog;
    clock.advance(32_000);
    const bye = await peer.inbox.take('BYE');
    assert.match(header(bye, 'Reason'), /text="ACK timeout"/);
    assert.equal(await destroyed, 'ACK timeout');
    assert.equal(running.engine.counts().dialogs, 0);
    peer.send(answer(bye, '200 OK'));
    await eventually(
      'the answered BYE',
      () => clock.pending,
      (pending) => pending === 1,
    );
    clock.advance(5_000);
  });

  for (const status of [100, 180]) {
    it(`cancels a call the app has answered with ${status}, and takes no other answer for it`, async () => {
      const late = new Promise<unknown>((resolve) => {
        srf.invite((req, res) => {
          req.on('cancel', () => res.send(200, { body: SDP }, resolve));
          res.send(status);
        });
      });
      peer.send(request(peer, 'INVITE', { branch: 'z9hG4bK-early', body: SDP }));
      await peer.inbox.take(`SIP/2.0 ${status}`);
      peer.send(request(peer, 'CANCEL', { branch: 'z9hG4bK-early', contact: undefined }));
      assert.match(header(await peer.inbox.take('SIP/2.0 200'), 'CSeq'), /CANCEL/);
      const terminated = await peer.inbox.take('SIP/2.0 487');
      assert.match(header(terminated, 'CSeq'), /INVITE/);
      assert.match(String(await late), /unknown transaction/);
      peer.send(request(peer, 'ACK', { branch: 'z9hG4bK-early', to: header(terminated, 'To') }));
      assert.deepEqual(peer.inbox.takeAll('SIP/2.0 200'), []);
    });
  }

  it('answers a CANCEL that comes after the 200, and leaves the call alone', async () => {
    const { dialog } = answerCalls();
    const invite = { branch: 'z9hG4bK-late', body: SDP };
    peer.send(request(peer, 'INVITE', invite));
    const ok = await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'CANCEL', { branch: 'z9hG4bK-late' }));
    assert.match(header(await peer.inbox.take('SIP/2.0 200'), 'CSeq'), /CANCEL/);
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    assert.equal((await dialog).connected, true);
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('refuses what belongs to nothing with 481, and what nobody wants with 503 or 501', async () => {
    const refusals: [string, RequestParts, string][] = [
      ['BYE', { to: '<sip:7@h>;tag=gone' }, '481'],
      ['UPDATE', {}, '481'],
      ['CANCEL', {}, '481'],
      ['INVITE', { to: '<sip:7@h>;tag=gone', body: SDP }, '481'],
      ['OPTIONS', {}, '503'],
      ['INVITE', { callId: 'rel', body: SDP, more: ['Require: 100rel'] }, '420'],
      ['JUMP', {}, '501'],
      ['REFER', {}, '501'],
      ['REGISTER', { contact: '*', more: ['Expires: 60'] }, '400'],
    ];
    for (const [method, parts, status] of refusals) {
      peer.send(request(peer, method, parts));
      const refusal = await peer.inbox.take(`SIP/2.0 ${status}`);
      assert.match(header(refusal, 'CSeq'), new RegExp(method), `${method} was answered ${status}`);
      assert.match(header(refusal, 'To'), /;tag=/);
    }
  });

  it('refuses an INVITE that came by two ways with 482 (RFC 3261 8.2.2.2)', async () => {
    srf.invite((_req, res) => res.send(180));
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await peer.inbox.take('SIP/2.0 180');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await peer.inbox.take('SIP/2.0 482');
  });

  it('carries requests both ways within a dialog', async () => {
    const { dialog } = answerCalls();
    const { within } = await call();
    const dlg = await dialog;
    const seen: string[] = [];
    dlg.on('info', (req: SrfMessage, res: { send(status: number): void }) => {
      seen.push(req.body);
      res.send(200);
    });
    dlg.on('message', (_req: SrfMessage, res: { send(status: number): void }) => res.send(415));
    peer.send(request(peer, 'INFO', { ...within, cseq: 2, body: 'Signal=ü' }));
    await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'MESSAGE', { ...within, cseq: 3 }));
    await peer.inbox.take('SIP/2.0 415');
    peer.send(request(peer, 'OPTIONS', { ...within, cseq: 2 }));
    await peer.inbox.take('SIP/2.0 500');
    assert.deepEqual(seen, ['Signal=ü']);

    const sent = dlg.request({ method: 'INFO', body: 'digit 5', headers: { 'Content-Type': 'text/x', 'X-A': '1' } });
    const info = await peer.inbox.take('INFO');
    assert.equal(info.split(' ')[1], `sip:peer@127.0.0.1:${peer.port}`);
    assert.match(header(info, 'From'), new RegExp(`tag=${dlg.sip.localTag}$`));
    assert.equal(header(info, 'To'), '<sip:peer@127.0.0.1>;tag=peer-tag');
    assert.equal(header(info, 'X-A'), '1');
    assert.equal(bodyOf(info), 'digit 5');
    peer.send(answer(info, '202 Accepted'));
    assert.equal((await sent).status, 202);
  });

  it('carries re-INVITEs both ways, and refuses them with 491 and 500 where they cross', async () => {
    const { dialog } = answerCalls();
    const { within } = await call();
    const dlg = await dialog;
    const changed = `${SDP}a=inactive\r\n`;
    dlg.on('modify', (_req: SrfMessage, res: { send(status: number, with_: object): void }) => {
      res.send(200, { body: changed });
    });
    peer.send(request(peer, 'INVITE', { ...within, cseq: 2, body: changed }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    assert.equal(bodyOf(ok), changed);
    peer.send(request(peer, 'INVITE', { ...within, cseq: 3, body: SDP }));
    await peer.inbox.take('SIP/2.0 500');
    peer.send(request(peer, 'ACK', { ...within, cseq: 2 }));
    await eventually(
      'the ACK',
      () => clock.pending,
      (pending) => pending > 0,
    );

    const modified = dlg.modify(SDP);
    const invite = await peer.inbox.take('INVITE');
    assert.equal(header(invite, 'Contact'), `<sip:127.0.0.1:${running.engine.sipPort}>`);
    peer.send(request(peer, 'INVITE', { ...within, cseq: 4, body: SDP }));
    await peer.inbox.take('SIP/2.0 491');
    peer.send(answer(invite, '200 OK', { contact: `<sip:moved@127.0.0.1:${peer.port}>`, body: changed }));
    assert.equal(await modified, changed);
    const ack = await peer.inbox.take('ACK');
    assert.equal(ack.split(' ')[1], `sip:moved@127.0.0.1:${peer.port}`);
    assert.equal(header(ack, 'CSeq').split(' ')[0], header(invite, 'CSeq').split(' ')[0]);
  });

  it('ends a call from either side', async () => {
    const { dialog } = answerCalls();
    const { within } = await call();
    const dlg = await dialog;
    const reason = new Promise<string>((resolve) => {
      dlg.on('destroy', (_bye: SrfMessage, why: string) => resolve(why));
    });
    const bye = request(peer, 'BYE', { ...within, cseq: 2 });
    peer.send(bye);
    const ok = await peer.inbox.take('SIP/2.0 200');
    assert.equal(await reason, 'normal release');
    peer.send(bye);
    assert.equal(await peer.inbox.take('SIP/2.0 200'), ok);
    assert.equal(running.engine.counts().dialogs, 0);
    peer.send(request(peer, 'INFO', { ...within, cseq: 3, body: 'x' }));
    await peer.inbox.take('SIP/2.0 503');
  });

  it('sends a BYE of the app, and gives up on it after 64*T1', async () => {
    const { dialog } = answerCalls();
    await call();
    const destroyed = (await dialog).destroy();
    const bye = await peer.inbox.take('BYE');
    clock.advance(500);
    assert.equal(await peer.inbox.take('BYE'), bye);
    clock.advance(31_500);
    await destroyed;
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('holds a BYE of the app until the caller has acknowledged (RFC 3261 15)', async () => {
    const { dialog } = answerCalls();
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    const dlg = await dialog;
    const destroyed = dlg.destroy();
    // Frames are taken in their order, so the BYE was asked for before this.
    const asked = dlg.request({ method: 'INFO' });
    peer.send(answer(await peer.inbox.take('INFO'), '200 OK'));
    await asked;
    assert.deepEqual(peer.inbox.takeAll('BYE'), []);
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    peer.send(answer(await peer.inbox.take('BYE'), '200 OK'));
    await destroyed;
  });

  it('answers the open re-INVITE with 487 when the caller hangs up', async () => {
    const { dialog } = answerCalls();
    const { within } = await call();
    (await dialog).on('modify', () => undefined);
    peer.send(request(peer, 'INVITE', { ...within, cseq: 2, body: SDP }));
    await peer.inbox.take('SIP/2.0 100');
    peer.send(request(peer, 'BYE', { ...within, cseq: 3 }));
    await peer.inbox.take('SIP/2.0 487');
    await peer.inbox.take('SIP/2.0 200');
  });

  it('sends in-dialog requests through the route set', async () => {
    const { dialog } = answerCalls();
    const routes = [`<sip:127.0.0.1:${peer.port};lr>`, '<sip:far.invalid;lr>'];
    await call({ more: routes.map((route) => `Record-Route: ${route}`), contact: '<sip:peer@10.9.8.7:5062>' });
    const asked = (await dialog).request({ method: 'INFO' });
    const info = await peer.inbox.take('INFO sip:peer@10.9.8.7:5062');
    assert.deepEqual(headers(info, 'Route'), routes);
    peer.send(answer(info, '200 OK'));
    await asked;
  });

  it('sends in-dialog requests where the caller was heard from when its Contact is behind a NAT', async () => {
    const { dialog } = answerCalls();
    await call({ contact: '<sip:peer@10.9.8.7:5062>' });
    const asked = (await dialog).request({ method: 'INFO' });
    peer.send(answer(await peer.inbox.take('INFO sip:peer@10.9.8.7:5062'), '200 OK'));
    await asked;
  });

  it('refuses an app its answer when a header of it cannot be sent, and the peer with 500', async () => {
    const refused = new Promise<unknown>((resolve) => {
      srf.invite((_req, res) => res.send(200, { body: SDP, headers: { Contact: 'not a uri' } }, resolve));
    });
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await peer.inbox.take('SIP/2.0 500');
    assert.match(String(await refused), /invalid Contact/);
  });
});
