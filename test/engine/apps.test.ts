import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Frame, FrameReader, MAX_FRAME_BYTES, writeFrame } from '../../gateway/engine/admin/framing.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from './fake-clock.js';
import { answer, header, type RawPeer, request, udpPeer } from './raw-peer.js';
import { type Running, SDP, SECRET, startRunning } from './running.js';

/** An app that speaks frames by hand. */
class RawApp {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  readonly #reader = new FrameReader();

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (bytes) => this.frames.push(...this.#reader.push(bytes, MAX_FRAME_BYTES)));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  send(fields: readonly string[], message?: string): void {
    this.socket.write(writeFrame(fields, message === undefined ? undefined : Buffer.from(message)));
  }

  /** The reply to the frame of that id, without the leading fields. */
  async reply(id: string): Promise<readonly string[]> {
    const found = () => this.frames.find(({ fields }) => fields[1] === 'response' && fields[2] === id);
    return (await eventually(`the reply to ${id}`, found, (frame) => frame !== undefined))?.fields.slice(3) ?? [];
  }

  /** The next event whose message begins so. */
  async event(start: string): Promise<Frame> {
    const found = () => this.frames.findIndex(({ message }) => message?.toString().startsWith(start));
    const index = await eventually(`a frame with ${start}`, found, (at) => at >= 0);
    return this.frames.splice(index, 1)[0] as Frame;
  }
}

describe('applications on the admin port', () => {
  let clock: FakeClock;
  let running: Running;
  let peer: RawPeer;
  const apps: RawApp[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    running = await startRunning(clock);
    peer = await udpPeer(running.engine.sipPort);
  });

  afterEach(async () => {
    for (const app of apps.splice(0)) app.socket.destroy();
    peer.close();
    await running.stop();
    assert.equal(clock.pending, 0);
  });

  function open(): RawApp {
    const app = new RawApp(running.engine.adminPort);
    apps.push(app);
    return app;
  }

  async function authenticated(...routes: string[]): Promise<RawApp> {
    const app = open();
    app.send(['a', 'authenticate', SECRET, '']);
    await app.reply('a');
    for (const verb of routes) {
      app.send([verb, 'route', verb]);
      assert.deepEqual(await app.reply(verb), ['OK']);
    }
    return app;
  }

  it('listens on loopback only', () => {
    const app = open();
    return once(app.socket, 'connect').then(() => assert.equal(app.socket.remoteAddress, '127.0.0.1'));
  });

  it('lets in who knows the secret and says where it can be reached', async () => {
    const app = open();
    app.send(['a', 'authenticate', SECRET, 'tag']);
    const [ok, hostports, version, local] = await app.reply('a');
    assert.equal(ok, 'OK');
    assert.equal(hostports, `udp/127.0.0.1:${running.engine.sipPort},tcp/127.0.0.1:${running.engine.sipPort}`);
    assert.match(version ?? '', /^v\d+\.\d+\.\d+$/);
    assert.equal(local, hostports);
  });

  for (const frame of [
    ['x', 'authenticate', 'wrong', ''],
    ['x', 'authenticate', '', ''],
    ['x', 'route', 'invite'],
    ['x', 'ping'],
    ['x', 'sip', '', ''],
  ]) {
    it(`answers NO and closes when the first frame is ${frame.slice(1).join('|')}`, async () => {
      const app = open();
      app.send(frame, frame[1] === 'sip' ? request(peer, 'OPTIONS') : undefined);
      assert.equal((await app.reply('x'))[0], 'NO');
      await app.closed;
      assert.equal(running.engine.counts().apps, 0);
    });
  }

  for (const garbage of ['hello, world', '99999999#x', '-5#x', '0#', '5000#', '\r\n\r\n\r\n\r\n', '#']) {
    it(`closes on ${JSON.stringify(garbage)} before authentication`, async () => {
      const app = open();
      app.socket.write(garbage);
      await app.closed;
      assert.equal(running.engine.counts().apps, 0);
    });
  }

  it('closes who does not authenticate in time', async () => {
    const app = open();
    await eventually(
      'the app',
      () => running.engine.counts().apps,
      (count) => count === 1,
    );
    clock.advance(10_000);
    await app.closed;
  });

  it('answers ping, routes, what it does not know, and what it does not do', async () => {
    const app = await authenticated('invite');
    app.send(['p', 'ping']);
    assert.deepEqual(await app.reply('p'), ['OK', 'pong']);
    app.send(['q', 'proxy', 'txn', '', '', '', 'serial', '', '', 'sip:x'], request(peer, 'INVITE'));
    assert.equal((await app.reply('q'))[0], 'NOK');
    app.send(['s', 'sip', '', ''], 'not SIP at all');
    assert.equal((await app.reply('s'))[0], 'NOK');
    app.send(['t', 'sip', '', ''], answer(request(peer, 'INVITE'), '200 OK'));
    assert.deepEqual(await app.reply('t'), ['NOK', 'transaction id missing']);
    app.send(['u', 'sip', 'nobody', ''], answer(request(peer, 'INVITE'), '200 OK'));
    assert.match((await app.reply('u'))[1] ?? '', /unknown transaction/);
    app.send(['v', 'what']);
    assert.deepEqual(await app.reply('v'), ['NO', 'Unknown message type']);
    await app.closed;
  });

  it('takes frames split at every byte, and many in one', async () => {
    const app = open();
    const frames = [
      ['a', 'authenticate', SECRET, ''],
      ['b', 'route', 'register'],
      ['c', 'ping'],
    ];
    const bytes = Buffer.concat(frames.map((fields) => writeFrame(fields)));
    for (const byte of bytes) app.socket.write(Buffer.of(byte));
    assert.deepEqual(await app.reply('c'), ['OK', 'pong']);
    const pings = Array.from({ length: 500 }, (_, index) => writeFrame([`p${index}`, 'ping']));
    app.socket.write(Buffer.concat(pings));
    assert.deepEqual(await app.reply('p499'), ['OK', 'pong']);
  });

  it('speaks of a new request in 13 fields, of others in 11', async () => {
    const app = await authenticated('invite');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const { fields, message } = await app.event('INVITE');
    assert.equal(fields.length, 13);
    const [, kind, source, bytes, protocol, address, port, time, txnId, dialogId, host, local] = fields;
    assert.deepEqual([kind, source, protocol, address], ['sip', 'network', 'udp', '127.0.0.1']);
    assert.equal(Number(bytes), message?.length);
    assert.equal(Number(port), peer.port);
    assert.match(time ?? '', /^\d\d:\d\d:\d\d\.\d{6}$/);
    assert.equal(dialogId, '');
    assert.deepEqual([host, Number(local)], ['127.0.0.1', running.engine.sipPort]);
    app.send(['r', 'sip', txnId ?? '', ''], `SIP/2.0 200 OK\r\nContent-Length: 3\r\n\r\n${SDP}`);
    const reply = await app.reply('r');
    assert.deepEqual(reply.slice(0, 2), ['OK', 'application']);
    assert.equal(reply[7], txnId);
    assert.equal(reply[8], 'call-1;from-tag=peer-tag');
    const ok = await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    const ack = await app.event('ACK');
    assert.equal(ack.fields.length, 11);
    assert.deepEqual(ack.fields.slice(8, 10), [txnId, 'call-1;from-tag=peer-tag']);
  });

  it('gives new requests to its apps in turn, however often they ask for them', async () => {
    const both = [await authenticated('register', 'register'), await authenticated('register')];
    for (let turn = 0; turn < 4; turn++) {
      peer.send(request(peer, 'REGISTER', { callId: `turn-${turn}`, cseq: turn + 1 }));
      const frame = await both[turn % 2]?.event('REGISTER');
      assert.match(frame?.message?.toString() ?? '', new RegExp(`turn-${turn}\r\n`));
    }
    both[0]?.send(['g', 'remove_route', 'register']);
    await both[0]?.reply('g');
    peer.send(request(peer, 'REGISTER', { callId: 'last' }));
    await both[1]?.event('REGISTER');
  });

  it('ends everything of an app that is gone: calls, answers it owes, calls it makes', async () => {
    const app = await authenticated('invite', 'register');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const invite = await app.event('INVITE');
    app.send(['r', 'sip', invite.fields[8] ?? '', ''], `SIP/2.0 200 OK\r\n\r\n${SDP}`);
    const ok = await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    await app.event('ACK');
    peer.send(request(peer, 'REGISTER', { callId: 'owed' }));
    await app.event('REGISTER');
    const uri = `sip:b@127.0.0.1:${peer.port}`;
    app.send(['i', 'sip', '', ''], `INVITE ${uri} SIP/2.0\r\n\r\n${SDP}`);
    const ringing = await peer.inbox.take('INVITE');
    peer.send(answer(ringing, '180 Ringing', { tag: 'b', contact: `<${uri}>` }));
    await app.event('SIP/2.0 180');
    app.send(['j', 'sip', '', ''], `INVITE ${uri} SIP/2.0\r\n\r\n${SDP}`);
    const answered = await peer.inbox.take('INVITE');

    app.socket.destroy();
    const bye = await peer.inbox.take('BYE');
    assert.equal(header(bye, 'Call-ID'), 'call-1');
    peer.send(answer(bye, '200 OK'));
    assert.equal(header(await peer.inbox.take('SIP/2.0 503'), 'Call-ID'), 'owed');
    const cancel = await peer.inbox.take('CANCEL');
    assert.equal(header(cancel, 'Call-ID'), header(ringing, 'Call-ID'));
    peer.send(answer(cancel, '200 OK'));
    peer.send(answer(ringing, '487 Request Terminated', { tag: 'b' }));
    await peer.inbox.take('ACK');
    peer.send(answer(answered, '200 OK', { tag: 'c', contact: `<${uri}>`, body: SDP }));
    await peer.inbox.take('ACK');
    peer.send(answer(await peer.inbox.take('BYE'), '200 OK'));
    assert.equal(running.engine.counts().dialogs, 0);
    clock.advance(64_000);
    assert.deepEqual(running.engine.counts(), { transactions: 0, dialogs: 0, flows: 0, connections: 0, apps: 0 });
    assert.equal(clock.pending, 0);
  });

  it('refuses with 503 what no app wants', async () => {
    await authenticated('register');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await peer.inbox.take('SIP/2.0 503');
  });

  it('refuses an INVITE the app never answers', async () => {
    const app = await authenticated('invite');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    await app.event('INVITE');
    clock.advance(64_000);
    await peer.inbox.take('SIP/2.0 503');
  });

  it('takes bodies of any bytes, and messages larger than a datagram usually is', async () => {
    const app = await authenticated('message');
    const body = Buffer.from([0, 255, 254, 13, 10, 13, 10, 128]);
    const head = `INFO sip:b@127.0.0.1:${peer.port} SIP/2.0\r\nContent-Type: application/octet-stream\r\n\r\n`;
    app.socket.write(writeFrame(['i', 'sip', '', ''], Buffer.concat([Buffer.from(head), body])));
    assert.match(await peer.inbox.take('INFO'), /Content-Length: 8\r\n/);
    const large = 'x'.repeat(40_000);
    app.send(
      ['l', 'sip', '', ''],
      `INFO sip:b@127.0.0.1:${peer.port} SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${large}`,
    );
    assert.ok((await peer.inbox.take('INFO')).endsWith(large));
    peer.send(request(peer, 'MESSAGE', { body: large }));
    assert.ok((await app.event('MESSAGE')).message?.toString().endsWith(large));
  });

  it('says goodbye to every peer when it closes', async () => {
    const app = await authenticated('invite');
    peer.send(request(peer, 'INVITE', { body: SDP }));
    const invite = await app.event('INVITE');
    app.send(['r', 'sip', invite.fields[8] ?? '', ''], `SIP/2.0 200 OK\r\n\r\n${SDP}`);
    const ok = await peer.inbox.take('SIP/2.0 200');
    peer.send(request(peer, 'ACK', { to: header(ok, 'To') }));
    await app.event('ACK');
    await running.engine.close();
    await peer.inbox.take('BYE');
    assert.equal(clock.pending, 0);
  });
});
