import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { participant } from '../support/participant.js';
import { type ApiServer, startApiServer } from './api-server.js';

describe('the HTTP server', () => {
  let api: ApiServer;
  let page: string;
  const ready = { engine: true, rtpengine: true };
  const logged: string[] = [];

  before(async function () {
    this.timeout(60_000);
    page = await mkdtemp(join(tmpdir(), 'roomline-page-'));
    await mkdir(join(page, 'assets'));
    await writeFile(join(page, 'index.html'), '<!doctype html><title>Roomline</title>');
    await writeFile(join(page, 'assets', 'index-abc123.js'), 'export {};');
    api = await startApiServer({
      pageFolder: page,
      readiness: {
        engine: async () => ready.engine,
        rtpengine: async () => {
          if (!ready.rtpengine) throw new Error('no answer');
          return true;
        },
      },
      log: pino({ level: 'info' }, { write: (line) => void logged.push(line) }),
      environment: { ROOMLINE_SIP_WS_URL: 'wss://sip.example.com:8443/ws' },
    });
  });
  after(async () => {
    await api.close();
    await rm(page, { recursive: true, force: true });
  });

  it('is alive, without a token', async () => {
    const answer = await api.request('/healthz');
    assert.deepEqual([answer.status, answer.body.status], [200, 'ok']);
  });

  it('is ready when every part is, and says which is not', async () => {
    assert.equal((await api.request('/readyz')).status, 200);
    ready.rtpengine = false;
    const answer = await api.request('/readyz');
    ready.rtpengine = true;
    assert.equal(answer.status, 503);
    assert.ok(answer.headers.has('retry-after'));
    assert.deepEqual(answer.body.error?.details, {
      checks: { engine: true, rtpengine: false },
      notReady: ['rtpengine'],
    });
    api.setDraining(true);
    const draining = await api.request('/readyz');
    api.setDraining(false);
    assert.deepEqual([draining.status, draining.body.error?.details?.notReady], [503, ['draining']]);
  });

  it('logs in one line without a stack why it cannot serve', async () => {
    logged.length = 0;
    ready.rtpengine = false;
    await api.request('/readyz');
    ready.rtpengine = true;
    assert.equal(logged.length, 1);
    assert.match(logged[0] ?? '', /"why":"not ready: rtpengine"/);
    assert.doesNotMatch(logged[0] ?? '', /"stack"/);
  });

  it('shows metrics to loopback, and to others and through a proxy only with a token', async () => {
    api.roster.join('4000', participant('p1', 'alice'));
    const answer = await api.request('/metrics');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
    assert.match(answer.text, /^roomline_participants 1$/m);
    assert.match(answer.text, /^roomline_http_requests_total\{method="GET",route="\/healthz",status="200"\} \d+$/m);
    const proxied = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    assert.equal((await api.request('/metrics', proxied)).status, 401);
    assert.equal((await api.request('/metrics', { ...proxied, token: await api.login('alice') })).status, 200);
  });

  it('answers unknown paths with 404 and wrong methods with 405 and Allow, as JSON', async () => {
    for (const path of ['/v1/nothing', '/v1', '/nothing.html', '/v1/rooms', '/../../etc/passwd']) {
      const answer = await api.request(path);
      assert.deepEqual([answer.status, answer.body.error?.code], [404, 'no-such-path'], path);
    }
    const answer = await api.request('/v1/login', { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.body.error?.code], [405, 'method-not-allowed']);
    assert.equal(answer.headers.get('allow'), 'POST');
  });

  it('answers a failure of its own with 500 and nothing of what it was', async () => {
    const findByName = api.store.users.findByName;
    const token = await api.login('alice');
    api.store.users.findByName = async () => {
      throw new Error('secret detail');
    };
    const answer = await api.request('/v1/me', { token });
    api.store.users.findByName = findByName;
    assert.deepEqual([answer.status, answer.body.error?.code], [500, 'internal']);
    assert.doesNotMatch(answer.text, /secret|stack|at /);
  });

  it('serves the page, and for a link to a room too, with nothing kept but what is named by its content', async () => {
    for (const path of ['/', '/join/2000', '/index.html']) {
      const answer = await api.request(path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.text, /<title>Roomline/);
      assert.equal(answer.headers.get('cache-control'), 'no-cache');
    }
    for (const path of ['/join/abc', '/join/12', '/join/2000/x', '/join/', '/join', '/join/%ZZ']) {
      const answer = await api.request(path);
      assert.equal(answer.status, 404, path);
      assert.match(answer.text, /<title>Roomline/);
    }
    const script = await api.request('/assets/index-abc123.js');
    assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  });

  it('lets the page use the microphone and its own origin and SIP server, and no page frame it', async () => {
    const { headers } = await api.request('/');
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /connect-src 'self' wss:\/\/sip\.example\.com:8443(;|$)/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(headers.get('permissions-policy') ?? '', /microphone=\(self\)/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal((await api.request('/v1/me')).headers.get('cache-control'), 'no-store');
  });

  it('tells browsers the SIP WebSocket of the configuration, where there is one', async () => {
    const json = { kind: 'voice-communication' };
    const answer = await api.request('/v1/voice-requests', { token: await api.login('alice'), json });
    assert.equal((answer.body.client as { wsUrl: string }).wsUrl, 'wss://sip.example.com:8443/ws');
  });
});
