import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { eventually } from '../support/eventually.js';
import { openWebSocketServer, WebSocketPhone } from '../support/websocket-phone.js';
import { type RunningApplication, runApplication, SDP } from './running-application.js';

describe('a browser on the embedded engine', () => {
  let running: RunningApplication;
  let server: Server;
  let url: string;
  const phones: WebSocketPhone[] = [];

  beforeEach(async () => {
    running = await runApplication({ optionsIntervalSeconds: 1, optionsTimeoutSeconds: 3 });
    ({ server, url } = await openWebSocketServer(running.engine));
  });
  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.vanish();
    await running.stop();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  async function softphone(name: string) {
    const phone = await WebSocketPhone.open(url, name);
    phones.push(phone);
    const { username, password } = running.credentials.issue({ name });
    return { phone, credentials: { username, password } };
  }

  it('is challenged in MD5 whatever its desk phone has, registers, and is asked over its own connection', async () => {
    const { phone, credentials } = await softphone('carol');
    assert.equal((await phone.ask('REGISTER', 'sip:127.0.0.1', credentials)).status, 200);
    assert.equal(running.contacts.bindings[0]?.transport, 'ws');
    const [options] = await eventually(
      'OPTIONS',
      () => phone.requests('OPTIONS'),
      ({ length }) => length > 1,
    );
    assert.equal(options?.requestUri, phone.contact);
    assert.equal(running.contacts.bindings.length, 1);
  });

  it('is no contact any more when it is closed', async () => {
    const { phone, credentials } = await softphone('alice');
    await phone.ask('REGISTER', 'sip:127.0.0.1', credentials);
    phone.vanish();
    await eventually(
      'the contact to be gone',
      () => running.contacts.bindings,
      ({ length }) => length === 0,
    );
  });

  it('is in the room as a softphone, and out of it when it is torn off', async () => {
    const { phone, credentials } = await softphone('alice');
    const answer = await phone.ask('INVITE', 'sip:2000@127.0.0.1', credentials, SDP);
    assert.equal(answer.status, 200);
    phone.acknowledge('sip:2000@127.0.0.1', answer);
    const [participant] = await eventually(
      'alice',
      () => running.roster.participants('2000'),
      ({ length }) => length === 1,
    );
    assert.equal(participant?.device, 'softphone');
    const causes: string[] = [];
    running.roster.events.on('participant.left', ({ cause }) => causes.push(cause));
    running.media.events.emit('idle', { leg: running.media.open1.id, idle: true });
    await eventually(
      'OPTIONS',
      () => phone.requests('OPTIONS'),
      ({ length }) => length > 0,
    );
    phone.vanish();
    await eventually(
      'the leg to be gone',
      () => running.application.counts().legs,
      (legs) => legs === 0,
    );
    assert.deepEqual(causes, ['unreachable']);
    assert.equal(running.media.openCount, 0);
  });
});
