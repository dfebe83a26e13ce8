import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.js';
import { FakeClock } from './fake-clock.js';
import { answer, header, type RawPeer, request, tcpPeer, udpPeer, wsPeer } from './raw-peer.js';
import { type Running, SDP, type Srf, type SrfDialog, type SrfMessage, startRunning } from './running.js';

async function refusal(calling: Promise<unknown>): Promise<number | undefined> {
  return calling.then(
    () => undefined,
    (error: { status?: number }) => error.status,
  );
}

describe('SIP over connections', () => {
  let clock: FakeClock;
  let running: Running;
  let srf: Srf;
  let expires: string;
  const peers: RawPeer[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    expires = '60';
    running = await startRunning(clock);
    srf = await running.app();
    srf.register((req, res) => {
      const contact = req.get('Contact');
      res.send(200, { headers: expires === '' ? {} : { Contact: `${contact};expires=${expires}` } });
    });
  });

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    await running.stop();
    assert.equal(clock.pending, 0);
  });

  async function open(kind: 'TCP' | 'WS'): Promise<RawPeer> {
    const peer = kind === 'TCP' ? await tcpPeer(running.engine.sipPort) : await wsPeer(running.httpPort);
    peers.push(peer);
    return peer;
  }

  async function registered(kind: 'TCP' | 'WS', contact: string): Promise<RawPeer> {
    const peer = await open(kind);
    peer.send(request(peer, 'REGISTER', { contact: `<${contact}>`, callId: `r-${Math.random()}` }));
    await peer.inbox.take('SIP/2.0 200');
    return peer;
  }

  const lost = (count: number) =>
    eventually(
      'lost connections',
      () => running.engine.counts().connections,
      (connections) => connections === count,
    );

  for (const kind of ['TCP', 'WS'] as const) {
    const contact = kind === 'WS' ? 'sip:r4nd0m@abc.invalid;transport=ws' : 'sip:al@10.1.2.3:5099;transport=tcp';

    it(`calls a contact over the ${kind} connection it registered by, and shows our address there`, async () => {
      const peer = await registered(kind, contact);
      assert.equal(running.engine.counts().flows, 1);
      const calling = srf.createUAC(contact, { localSdp: SDP });
      const invite = await peer.inbox.take(`INVITE ${contact}`);
      const port = kind === 'WS' ? running.httpPort : running.engine.sipPort;
      assert.match(header(invite, 'Via'), new RegExp(`^SIP/2.0/${kind} 127.0.0.1:${port};`));
      assert.equal(header(invite, 'Contact'), `<sip:127.0.0.1:${port};transport=${kind.toLowerCase()}>`);
      peer.send(answer(invite, '200 OK', { tag: 'b', contact: `<${contact}>`, body: SDP }));
      const dialog = await calling;
      await peer.inbox.take('ACK');
      const destroyed = dialog.destroy();
      peer.send(answer(await peer.inbox.take(`BYE ${contact}`), '200 OK'));
      await destroyed;
    });

    it(`answers 410 for a contact whose ${kind} connection is gone, until it comes back`, async () => {
      const first = await registered(kind, contact);
      first.close();
      await lost(0);
      assert.equal(await refusal(srf.createUAC(contact, { localSdp: SDP })), 410);
      const second = await registered(kind, contact);
      const calling = refusal(srf.createUAC(contact, { localSdp: SDP }));
      second.send(answer(await second.inbox.take('INVITE'), '603 Decline', { tag: 'x' }));
      assert.equal(await calling, 603);
    });

    it(`fails a call that rings when its ${kind} connection is lost`, async () => {
      const peer = await registered(kind, contact);
      const calling = refusal(srf.createUAC(contact, { localSdp: SDP }));
      peer.send(answer(await peer.inbox.take('INVITE'), '180 Ringing', { tag: 'b', contact: `<${contact}>` }));
      await eventually(
        'the early dialog',
        () => running.engine.counts().dialogs,
        (count) => count === 1,
      );
      peer.close();
      assert.equal(await calling, 503);
      assert.equal(running.engine.counts().dialogs, 0);
    });

    it(`finds the peer of a dialog on the ${kind} connection it made anew`, async () => {
      const first = await registered(kind, contact);
      const answered = new Promise<SrfDialog>((resolve, reject) => {
        srf.invite((req, res) => {
          srf.createUAS(req, res, { localSdp: SDP }).then(resolve, reject);
        });
      });
      first.send(request(first, 'INVITE', { contact: `<${contact}>`, body: SDP }));
      const ok = await first.inbox.take('SIP/2.0 200');
      first.send(request(first, 'ACK', { to: header(ok, 'To') }));
      const dialog = await answered;
      first.close();
      await lost(0);
      assert.equal((await dialog.request({ method: 'INFO' })).status, 410);
      const second = await registered(kind, contact);
      const asked = dialog.request({ method: 'INFO' });
      second.send(answer(await second.inbox.take(`INFO ${contact}`), '200 OK'));
      assert.equal((await asked).status, 200);
    });

    it(`answers keep-alives on ${kind} (RFC 5626 3.5.1)`, async () => {
      const peer = await open(kind);
      peer.send('\r\n\r\n');
      assert.equal(await peer.inbox.take('\r\n'), '\r\n');
    });
  }

  it('forgets a flow when it expires, when it is removed, and makes none where the answer names no time', async () => {
    const contact = 'sip:r4nd0m@abc.invalid;transport=ws';
    await registered('WS', contact);
    clock.advance(60_000);
    assert.equal(running.engine.counts().flows, 0);
    await registered('WS', contact);
    expires = '0';
    await registered('WS', contact);
    assert.equal(running.engine.counts().flows, 0);
    expires = '';
    await registered('WS', contact);
    assert.equal(running.engine.counts().flows, 0);
    assert.equal(await refusal(srf.createUAC(contact, { localSdp: SDP })), 503);
  });

  it('makes no flow for a contact that registered over UDP', async () => {
    const peer = await udpPeer(running.engine.sipPort);
    peers.push(peer);
    peer.send(request(peer, 'REGISTER'));
    await peer.inbox.take('SIP/2.0 200');
    assert.equal(running.engine.counts().flows, 0);
  });

  it('opens a TCP connection itself, and says 503 where nobody listens', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      socket.once('data', (bytes) => socket.end(answer(String(bytes), '486 Busy Here', { tag: 'x' })));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const uri = `sip:b@127.0.0.1:${port};transport=tcp`;
    assert.equal(await refusal(srf.createUAC(uri, { localSdp: SDP })), 486);
    await new Promise<void>((done) => server.close(() => done()));
    assert.equal(await refusal(srf.createUAC(uri, { localSdp: SDP })), 503);
  });

  it('reads messages that come split and joined', async () => {
    const peer = await open('TCP');
    const both = Buffer.from(
      request(peer, 'REGISTER', { callId: 'one' }) + request(peer, 'REGISTER', { callId: 'two', body: 'v=0 ü' }),
    );
    for (let at = 0; at < both.length; at += 7) peer.send(both.subarray(at, at + 7));
    assert.equal(header(await peer.inbox.take('SIP/2.0 200'), 'Call-ID'), 'one');
    assert.equal(header(await peer.inbox.take('SIP/2.0 200'), 'Call-ID'), 'two');
  });

  it('closes a connection that leaves a message half sent', async () => {
    const peer = await open('TCP');
    peer.send(request(peer, 'REGISTER'));
    await peer.inbox.take('SIP/2.0 200');
    const before = clock.pending;
    peer.send('REGISTER sip:x SIP/2.0\r\nVia:');
    await eventually(
      'the half message',
      () => clock.pending,
      (pending) => pending > before,
    );
    clock.advance(20_000);
    await peer.closed;
    await lost(0);
  });

  it('closes a connection that never says anything, and one that fell silent without a flow', async () => {
    const silent = await open('TCP');
    await lost(1);
    clock.advance(30_000);
    await silent.closed;
    expires = '';
    const unregistered = await registered('TCP', 'sip:al@10.1.2.3');
    expires = '3600';
    const kept = await registered('TCP', 'sip:bo@10.1.2.3');
    clock.advance(15 * 60_000);
    await unregistered.closed;
    assert.equal(running.engine.counts().connections, 1);
    kept.close();
  });

  it('drops a WebSocket peer that answers no ping', async () => {
    const socket = connect(running.httpPort, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    const handshake = [
      'GET /sip HTTP/1.1',
      'Host: x',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: sip',
    ];
    socket.write(`${handshake.join('\r\n')}\r\n\r\n`);
    socket.resume();
    await lost(1);
    clock.advance(40_000);
    await closed;
    await lost(0);
  });

  it('takes no WebSocket without the subprotocol', async () => {
    const socket = connect(running.httpPort, '127.0.0.1');
    const said = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))));
    const handshake = ['GET /sip HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${handshake.join('\r\n')}\r\nSec-WebSocket-Protocol: soap\r\n\r\n`);
    assert.match(await said, /^HTTP\/1.1 400/);
    socket.destroy();
  });

  it('ends calls over WebSocket as those over UDP', async () => {
    srf.invite((req, res) => {
      srf.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
    });
    const peer = await open('WS');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const ok = await peer.inbox.take('SIP/2.0 200');
    assert.match(header(ok, 'Contact'), new RegExp(`:${running.httpPort};transport=ws>`));
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    const seen = new Promise<SrfMessage>((resolve) => srf.message((req) => resolve(req)));
    peer.send(request(peer, 'MESSAGE', { callId: 'm' }));
    assert.equal((await seen).protocol, 'tcp');
    peer.send(request(peer, 'BYE', { to: header(ok, 'To'), cseq: 2 }));
    await peer.inbox.take('SIP/2.0 200');
    assert.equal(running.engine.counts().dialogs, 0);
  });
});
