import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPeerClient } from '../../gateway/peer/peer-client.js';
import { VoiceServerLink } from '../../gateway/peer/voice-server-link.js';
import { Roster } from '../../gateway/rooms/roster.js';
import { eventually } from '../support/eventually.js';
import { keepLog, WARN } from '../support/log-lines.js';
import { KEY } from './voice-server-peer.js';

describe("a directory's line to a voice server that refuses its key", () => {
  it('says so once, however often it is tried again', async () => {
    let tries = 0;
    const server = createServer((_request, response) => {
      tries++;
      response.writeHead(401).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { log, lines } = keepLog();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const link = new VoiceServerLink({
      id: '1',
      client: createPeerClient({ url, key: KEY }),
      roster: new Roster(),
      log,
      lost: () => {},
    });
    try {
      const failures = () => lines.filter(({ msg }) => msg === 'link to voice server failed');
      await eventually('three failures', failures, (seen) => seen.length >= 3);
      assert.ok(tries >= 3);
      assert.equal(failures().filter(({ level }) => level === WARN).length, 1);
    } finally {
      await link.close();
      server.close();
    }
  });
});
