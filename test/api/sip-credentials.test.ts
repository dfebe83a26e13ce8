import assert from 'node:assert/strict';
import { type ApiServer, startApiServer } from './api-server.js';

describe('POST /v1/me/sip-credentials', () => {
  let api: ApiServer;

  beforeEach(async function () {
    this.timeout(60_000);
    api = await startApiServer();
  });
  afterEach(() => api.close());

  const ask = (token?: string) =>
    api.request('/v1/me/sip-credentials', { method: 'POST', ...(token === undefined ? {} : { token }) });

  it('answers SIP credentials that are ours and the asker’s, and takes no number', async () => {
    const before = await api.numbersTaken();
    const answer = await ask(await api.login('bob'));
    assert.equal(answer.status, 201);
    const { client } = answer.body as { client: Record<'wsUrl' | 'aor' | 'username' | 'password', string> };
    assert.equal(client.wsUrl, `${api.url.replace('http:', 'ws:')}/sip`);
    assert.equal(client.aor, 'sip:bob@127.0.0.1');
    const resolved = api.credentials.resolve(client.username);
    assert.deepEqual([resolved?.owner, resolved?.password], [{ userName: 'bob' }, client.password]);
    assert.deepEqual(await api.numbersTaken(), before);
  });

  it('is for users, and for servers that act for one', async () => {
    assert.equal((await ask()).status, 401);
    const key = await api.keyOf('rooms');
    assert.equal((await ask(key)).status, 403);
  });

  it('is answered 503 while no voice server is ready: there is nowhere to register', async () => {
    const token = await api.login('bob');
    api.voiceServers = [];
    const answer = await ask(token);
    assert.deepEqual([answer.status, answer.body.error?.code], [503, 'no-voice-server']);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
  });
});
