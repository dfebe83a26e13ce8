import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../gateway/config.js';
import { readFields } from '../../../gateway/engine/message/incoming.js';
import { serialise } from '../../../gateway/engine/message/message.js';
import { parseDatagram } from '../../../gateway/engine/message/parse.js';
import { header, type RawPeer, request, tcpPeer, udpPeer, wsPeer } from '../raw-peer.js';
import { type Running, startRunning } from '../running.js';

const FOLDER = join(PACKAGE_ROOT, 'test', 'data', 'sip');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sip'));
const read = (name: string) => readFileSync(join(FOLDER, name));

/** The parser that reads what the engine tells an app. */
const SrfMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message') as new (
  text: string,
) => { get(name: string): string; getParsedHeader(name: string): { uri: string; params: Record<string, string> } };

describe('odd and malformed SIP (after RFC 4475)', () => {
  let running: Running;
  const peers: RawPeer[] = [];

  before(async () => {
    running = await startRunning();
    await running.app();
    peers.push(await udpPeer(running.engine.sipPort), await wsPeer(running.httpPort));
  });

  after(async () => {
    for (const peer of peers) peer.close();
    await running.stop();
  });

  /** Shows that the engine still answers. */
  async function isAlive(peer: RawPeer): Promise<void> {
    const callId = `alive-${Math.random()}`;
    peer.send(request(peer, 'OPTIONS', { callId }));
    let seen = '';
    while (header(seen, 'Call-ID') !== callId) seen = await peer.inbox.take('SIP/2.0 503');
  }

  for (const name of files.filter((file) => file.startsWith('accept-'))) {
    it(`takes ${name}, and an app can read it`, () => {
      const parsed = parseDatagram(read(name));
      assert.notEqual(parsed.kind, 'malformed', JSON.stringify(parsed));
      if (parsed.kind === 'malformed') return;
      const fields = readFields(parsed);
      assert.equal(typeof fields, 'object', String(fields));
      if (typeof fields === 'string') return;
      const seen = new SrfMessage(serialise(parsed).toString('utf8'));
      assert.equal(seen.get('call-id'), fields.callId);
      assert.equal(seen.getParsedHeader('from').params.tag, fields.fromTag);
      assert.equal(seen.getParsedHeader('to').uri, fields.to.uri);
      const again = parseDatagram(serialise(parsed));
      assert.deepEqual(
        again.kind === 'malformed' ? undefined : [...again.headers].map(({ value }) => value).slice(0, -1),
        [...parsed.headers].filter(({ key }) => key !== 'content-length').map(({ value }) => value),
      );
    });
  }

  for (const name of files.filter((file) => file.startsWith('refuse-'))) {
    const status = name.split('-')[1] ?? '';
    it(`answers ${status} to ${name}, over UDP and WebSocket`, async () => {
      for (const peer of peers) {
        peer.send(read(name));
        const refusal = await peer.inbox.take(`SIP/2.0 ${status}`);
        assert.match(header(refusal, 'Via'), /rport=\d+/);
        await isAlive(peer);
      }
    });
  }

  for (const name of files.filter((file) => file.startsWith('drop-'))) {
    it(`gives no answer to ${name}, over UDP and WebSocket`, async () => {
      for (const peer of peers) {
        peer.send(read(name));
        await isAlive(peer);
        assert.equal(peer.inbox.size, 0);
      }
    });
  }

  it('outlives all of it over TCP, split at random, closing what makes no sense', async () => {
    for (const name of files) {
      const peer = await tcpPeer(running.engine.sipPort);
      const bytes = read(name);
      const cut = Math.floor(Math.random() * bytes.length);
      peer.send(bytes.subarray(0, cut));
      peer.send(bytes.subarray(cut));
      peer.close();
    }
    const peer = await tcpPeer(running.engine.sipPort);
    await isAlive(peer);
    peer.send('this is no SIP\r\n\r\n');
    await peer.closed;
  });

  it('outlives random bytes and messages with random bytes in them', async () => {
    const [peer] = peers;
    if (peer === undefined) throw new Error('no peer');
    // A fixed sequence, so that what fails once fails again.
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(read(files[random(files.length)] ?? ''));
      for (let change = 0; change < 5; change++) bytes[random(bytes.length)] = random(256);
      peer.send(bytes.subarray(0, 1 + random(bytes.length)));
      if (round % 50 === 0) await isAlive(peer);
    }
    await isAlive(peer);
    peer.inbox.takeAll('SIP/2.0');
  });

  it('refuses a message above 64 KiB on every transport', async () => {
    const peer = await tcpPeer(running.engine.sipPort);
    peer.send(`OPTIONS sip:x SIP/2.0\r\nSubject: ${'x'.repeat(70_000)}`);
    await peer.closed;
    const webSocket = await wsPeer(running.httpPort);
    webSocket.send(request(webSocket, 'OPTIONS', { body: 'x'.repeat(70_000) }));
    await webSocket.closed;
  });
});
