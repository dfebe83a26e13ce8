import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { FakeClock } from './fake-clock.js';
import { setUp, takeDown } from './peer-world.js';
import { answer, bodyOf, header, headers, type RawPeer, request } from './raw-peer.js';
import { type Running, SDP, type Srf, type SrfMessage, type SrfResponse } from './running.js';

/** What a refused call says. */
async function refusal(calling: Promise<unknown>): Promise<string> {
  return calling.then(
    () => 'it was not refused',
    (error: { status?: number; message: string }) => String(error.status ?? error.message),
  );
}

describe('the engine calling for drachtio-srf', () => {
  let clock: FakeClock;
  let running: Running;
  let srf: Srf;
  let peer: RawPeer;
  let uri: string;

  beforeEach(async () => {
    ({ clock, running, srf, peer } = await setUp());
    uri = `sip:b@127.0.0.1:${peer.port}`;
  });

  afterEach(async () => {
    await takeDown({ clock, running, peer });
    assert.deepEqual(running.engine.counts(), { transactions: 0, dialogs: 0, flows: 0, connections: 0, apps: 0 });
  });

  const contact = () => `<sip:b@127.0.0.1:${peer.port}>`;
  const ok = (invite: string) => answer(invite, '200 OK', { tag: 'b', contact: contact(), body: SDP });

  /** Calls the peer, which answers; returns the app's dialog and the INVITE. */
  async function connected() {
    const calling = srf.createUAC(uri, { localSdp: SDP });
    const invite = await peer.inbox.take('INVITE');
    peer.send(ok(invite));
    const dialog = await calling;
    const ack = await peer.inbox.take('ACK');
    return { dialog, invite, ack };
  }

  it('sends what the app left out, and what it gave', async () => {
    const headersGiven = {
      From: '"A \\" B" <sip:7@localhost>',
      To: '<sip:b@example.com>',
      'X-Room': '7',
      'Call-ID': 'mine',
    };
    const calling = srf.createUAC(uri, { localSdp: SDP, headers: headersGiven });
    const invite = await peer.inbox.take(`INVITE ${uri} SIP/2.0`);
    const { sipPort } = running.engine;
    assert.match(header(invite, 'Via'), new RegExp(`^SIP/2.0/UDP 127.0.0.1:${sipPort};rport;branch=z9hG4bK`));
    assert.match(header(invite, 'From'), new RegExp(`^"A \\\\" B" <sip:7@127.0.0.1:${sipPort}>;tag=\\w+$`));
    assert.equal(header(invite, 'To'), '<sip:b@example.com>');
    assert.equal(header(invite, 'Call-ID'), 'mine');
    assert.equal(header(invite, 'Contact'), `<sip:127.0.0.1:${sipPort}>`);
    assert.equal(header(invite, 'Max-Forwards'), '70');
    assert.equal(header(invite, 'X-Room'), '7');
    assert.equal(bodyOf(invite), SDP);
    peer.send(answer(invite, '486 Busy Here', { tag: 'b' }));
    assert.equal(await refusal(calling), '486');
    const ack = await peer.inbox.take('ACK');
    assert.equal(header(ack, 'Via'), header(invite, 'Via'));
  });

  it('is answered: provisional answers, dialog, ACK, and the ACK again for a repeated 200', async () => {
    const rung: number[] = [];
    const calling = srf.createUAC(uri, { localSdp: SDP }, { cbProvisional: (res) => rung.push(res.status) });
    const invite = await peer.inbox.take('INVITE');
    peer.send(answer(invite, '100 Trying'));
    peer.send(answer(invite, '180 Ringing', { tag: 'b', contact: contact() }));
    peer.send(ok(invite));
    const dialog = await calling;
    assert.deepEqual(rung, [180]);
    assert.equal(dialog.id, `${header(invite, 'Call-ID')};from-tag=${dialog.sip.localTag}`);
    assert.equal(dialog.remote.sdp, SDP);
    const ack = await peer.inbox.take('ACK');
    peer.send(ok(invite));
    assert.equal(await peer.inbox.take('ACK'), ack);
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('repeats the credentials of an INVITE in its ACK', async () => {
    const credentials = { Authorization: 'Digest username="a"', 'Proxy-Authorization': 'Digest username="p"' };
    const calling = srf.createUAC(uri, { localSdp: SDP, headers: credentials });
    peer.send(ok(await peer.inbox.take('INVITE')));
    const dialog = await calling;
    const ack = await peer.inbox.take('ACK');
    for (const [name, value] of Object.entries(credentials)) assert.deepEqual(headers(ack, name), [value]);
    const destroyed = dialog.destroy();
    const bye = await peer.inbox.take('BYE');
    assert.deepEqual([...headers(bye, 'Authorization'), ...headers(bye, 'Proxy-Authorization')], []);
    peer.send(answer(bye, '200 OK'));
    await destroyed;
  });

  it('keeps a dialog whose BYE was challenged for a while, and no longer', async () => {
    const { dialog } = await connected();
    const destroyed = dialog.destroy();
    peer.send(answer(await peer.inbox.take('BYE'), '407 Proxy Authentication Required'));
    await destroyed;
    assert.equal(running.engine.counts().dialogs, 1);
    clock.advance(32_000);
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('carries requests both ways, target refresh and BYE from either side', async () => {
    const { dialog, invite } = await connected();
    const within = {
      from: `${header(invite, 'To')};tag=b`,
      to: header(invite, 'From'),
      callId: header(invite, 'Call-ID'),
    };
    const info = new Promise<string>((resolve) => {
      dialog.on('info', (req: SrfMessage, res: SrfResponse) => {
        res.send(200);
        resolve(req.body);
      });
    });
    peer.send(request(peer, 'INFO', { ...within, body: 'Signal=1' }));
    await peer.inbox.take('SIP/2.0 200');
    assert.equal(await info, 'Signal=1');
    peer.send(
      request(peer, 'INVITE', { ...within, cseq: 2, body: SDP, contact: `<sip:moved@127.0.0.1:${peer.port}>` }),
    );
    await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'ACK', { ...within, cseq: 2 }));
    const modified = dialog.modify(SDP);
    const again = await peer.inbox.take('INVITE sip:moved@');
    assert.equal(Number.parseInt(header(again, 'CSeq'), 10), Number.parseInt(header(invite, 'CSeq'), 10) + 1);
    peer.send(answer(again, '200 OK', { contact: contact(), body: SDP }));
    await modified;
    await peer.inbox.take('ACK sip:b@');
    const destroyed = dialog.destroy();
    peer.send(answer(await peer.inbox.take('BYE'), '200 OK'));
    await destroyed;
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('tells the app of a BYE', async () => {
    const { dialog, invite } = await connected();
    const destroyed = new Promise<string>((resolve) =>
      dialog.on('destroy', (_: SrfMessage, why: string) => resolve(why)),
    );
    const parts = {
      from: `${header(invite, 'To')};tag=b`,
      to: header(invite, 'From'),
      callId: header(invite, 'Call-ID'),
    };
    peer.send(request(peer, 'BYE', parts));
    await peer.inbox.take('SIP/2.0 200');
    assert.equal(await destroyed, 'normal release');
  });

  it('answers a digest challenge with the same Call-ID and From tag and the next CSeq', async () => {
    const auth = { username: 'joe', password: 'secret' };
    const calling = srf.createUAC(uri, { localSdp: SDP, auth });
    const first = await peer.inbox.take('INVITE');
    const challenge = ['Proxy-Authenticate: Digest realm="r1", nonce="n1", qop="auth", algorithm=MD5'];
    peer.send(answer(first, '407 Proxy Authentication Required', { tag: 'x', more: challenge }));
    await peer.inbox.take('ACK');
    const second = await peer.inbox.take('INVITE');
    assert.equal(header(second, 'Call-ID'), header(first, 'Call-ID'));
    assert.equal(header(second, 'From'), header(first, 'From'));
    assert.equal(Number.parseInt(header(second, 'CSeq'), 10), Number.parseInt(header(first, 'CSeq'), 10) + 1);
    assert.notEqual(header(second, 'Via'), header(first, 'Via'));
    assert.match(header(second, 'Proxy-Authorization'), /username="joe".*nc=00000001/);
    peer.send(ok(second));
    const dialog = await calling;
    await peer.inbox.take('ACK');
    // A challenged BYE does not end the dialog, its answer does.
    const destroyed = dialog.destroy();
    const bye = await peer.inbox.take('BYE');
    peer.send(answer(bye, '401 Unauthorized', { more: ['WWW-Authenticate: Digest realm="r1", nonce="n2"'] }));
    const authorised = await peer.inbox.take('BYE');
    assert.equal(Number.parseInt(header(authorised, 'CSeq'), 10), Number.parseInt(header(bye, 'CSeq'), 10) + 1);
    assert.match(header(authorised, 'Authorization'), /nonce="n2"/);
    peer.send(answer(authorised, '200 OK'));
    await destroyed;
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('is told 408 when nobody answers, after 64*T1', async () => {
    const calling = refusal(srf.createUAC(uri, { localSdp: SDP }));
    await peer.inbox.take('INVITE');
    clock.advance(500);
    await peer.inbox.take('INVITE');
    clock.advance(31_500);
    assert.equal(await calling, '408');
  });

  /** Starts a call and hands out the request, which the app can cancel. */
  async function startCall() {
    let sent: ((request: SrfMessage) => void) | undefined;
    const req = new Promise<SrfMessage>((resolve) => {
      sent = resolve;
    });
    const calling = srf.createUAC(uri, { localSdp: SDP }, { cbRequest: (_error, request_) => sent?.(request_) });
    calling.catch(() => undefined);
    return { calling, req: await req, invite: await peer.inbox.take('INVITE') };
  }

  it('cancels a ringing call', async () => {
    const { calling, req, invite } = await startCall();
    peer.send(answer(invite, '180 Ringing', { tag: 'b', contact: contact() }));
    await eventually(
      'the early dialog',
      () => running.engine.counts().dialogs,
      (count) => count === 1,
    );
    req.cancel();
    const cancel = await peer.inbox.take('CANCEL');
    for (const name of ['Via', 'From', 'To', 'Call-ID']) assert.equal(header(cancel, name), header(invite, name));
    assert.equal(header(cancel, 'CSeq'), header(invite, 'CSeq').replace('INVITE', 'CANCEL'));
    peer.send(answer(cancel, '200 OK'));
    peer.send(answer(invite, '487 Request Terminated', { tag: 'b' }));
    assert.equal(await refusal(calling), '487');
    await peer.inbox.take('ACK');
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('holds a CANCEL until there is a provisional answer (RFC 3261 9.1)', async () => {
    const { calling, req, invite } = await startCall();
    await new Promise<void>((resolve) => req.cancel(() => resolve()));
    assert.deepEqual(peer.inbox.takeAll('CANCEL'), []);
    peer.send(answer(invite, '100 Trying'));
    const cancel = await peer.inbox.take('CANCEL');
    peer.send(answer(cancel, '200 OK'));
    peer.send(answer(invite, '487 Request Terminated', { tag: 'b' }));
    assert.equal(await refusal(calling), '487');
    const refused = await new Promise<unknown>((resolve) => req.cancel(resolve));
    assert.match(String(refused), /unable to cancel unknown transaction id/);
  });

  it('ends a cancelled call that nobody finally answers after 64*T1', async () => {
    const { calling, req, invite } = await startCall();
    peer.send(answer(invite, '180 Ringing', { tag: 'b', contact: contact() }));
    await eventually(
      'the early dialog',
      () => running.engine.counts().dialogs,
      (count) => count === 1,
    );
    req.cancel();
    await peer.inbox.take('CANCEL');
    clock.advance(32_000);
    assert.equal(await refusal(calling), '487');
  });

  it('ends with a BYE the call that is answered while its CANCEL is under way', async () => {
    const { calling, req, invite } = await startCall();
    await new Promise<void>((resolve) => req.cancel(() => resolve()));
    peer.send(ok(invite));
    const dialog = await calling;
    const destroyed = new Promise<string>((resolve) =>
      dialog.on('destroy', (_: SrfMessage, why: string) => resolve(why)),
    );
    await peer.inbox.take('ACK');
    const bye = await peer.inbox.take('BYE');
    peer.send(answer(bye, '200 OK'));
    assert.match(await destroyed, /cancel race/);
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('acknowledges and ends the answer of a second phone a proxy forked to', async () => {
    const { invite } = await connected();
    peer.send(answer(invite, '200 OK', { tag: 'other', contact: contact(), body: SDP }));
    assert.match(header(await peer.inbox.take('ACK'), 'To'), /tag=other$/);
    const bye = await peer.inbox.take('BYE');
    assert.match(header(bye, 'To'), /tag=other$/);
    peer.send(answer(bye, '200 OK'));
    assert.equal(running.engine.counts().dialogs, 1);
  });

  it('ends a call whose 200 has no Contact, since the app makes no dialog of it', async () => {
    const calling = srf.createUAC(uri, { localSdp: SDP });
    const invite = await peer.inbox.take('INVITE');
    peer.send(answer(invite, '200 OK', { tag: 'b', body: SDP }));
    assert.equal(await refusal(calling), '500');
    await peer.inbox.take('ACK');
    peer.send(answer(await peer.inbox.take('BYE'), '200 OK'));
    assert.equal(running.engine.counts().dialogs, 0);
  });

  it('sends requests outside of dialogs and tells all their answers', async () => {
    const req = await srf.request(uri, { method: 'OPTIONS', headers: { 'User-Agent': 'x' } });
    const told = new Promise<SrfResponse>((resolve) => req.on('response', (res: SrfResponse) => resolve(res)));
    const options = await peer.inbox.take('OPTIONS');
    assert.equal(header(options, 'User-Agent'), 'x');
    assert.deepEqual(headers(options, 'Contact'), []);
    peer.send(answer(options, '404 Not Found', { tag: 'x', more: ['Reason: Q.850;cause=1', 'Contact: "broken'] }));
    const res = await told;
    assert.equal(res.status, 404);
    assert.equal(res.get('Reason'), 'Q.850;cause=1');
    assert.equal(res.source_port, peer.port);
  });

  it('sends to the next hop the app chose, without a Route', async () => {
    const proxy = `sip:127.0.0.1:${peer.port}`;
    const calling = srf.createUAC('sip:b@far.example', { localSdp: SDP, proxy });
    const invite = await peer.inbox.take('INVITE sip:b@far.example');
    assert.deepEqual(headers(invite, 'Route'), []);
    peer.send(answer(invite, '404 Not Found', { tag: 'x' }));
    assert.equal(await refusal(calling), '404');
  });

  const unreachable: readonly [string, string][] = [
    ['sip:nobody@peer.invalid', '503'],
    ['sip:nobody@peer.invalid;transport=ws', '503'],
    ['sips:b@127.0.0.1', '416'],
    ['sip:b@127.0.0.1;transport=tls', 'requested protocol/transport not available'],
    ['sip:b@@127.0.0.1', 'invalid request-uri: sip:b@@127.0.0.1'],
  ];
  for (const [target, said] of unreachable) {
    it(`says at once that ${target} cannot be reached: ${said}`, async () => {
      assert.equal(await refusal(srf.createUAC(target, { localSdp: SDP })), said);
    });
  }

  it('refuses to call itself, and to send a body nobody could read', async () => {
    const self = `sip:x@127.0.0.1:${running.engine.sipPort}`;
    assert.equal(await refusal(srf.createUAC(self, { localSdp: SDP })), 'can not send request to myself');
    assert.equal(await refusal(srf.request(uri, { method: 'INFO', body: 'what?' })), 'missing content-type');
  });

  it('says that a dialog it does not have cannot be used', async () => {
    const { dialog, invite } = await connected();
    const parts = {
      from: `${header(invite, 'To')};tag=b`,
      to: header(invite, 'From'),
      callId: header(invite, 'Call-ID'),
    };
    peer.send(request(peer, 'BYE', parts));
    await peer.inbox.take('SIP/2.0 200');
    await assert.rejects(dialog.request({ method: 'INFO' }), /unable to find dialog/);
  });
});
