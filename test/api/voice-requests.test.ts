import assert from 'node:assert/strict';
import { type ApiServer, type RequestOptions, startApiServer } from './api-server.js';

interface VoiceAnswer {
  readonly room: { readonly number: string; readonly kind: string; readonly title: string; readonly uri: string };
  readonly invitations: readonly unknown[];
  readonly client: { wsUrl: string; aor: string; username: string; password: string; expiresAt: string };
}

describe('POST /v1/voice-requests', () => {
  let api: ApiServer;

  before(async function () {
    this.timeout(20_000);
    api = await startApiServer();
  });
  after(() => api.close());

  const ask = (token: string, json: unknown, more: RequestOptions = {}) =>
    api.request('/v1/voice-requests', { token, json, ...more });

  it('answers with the number of the group, its address, and SIP credentials that are ours', async () => {
    const token = await api.login('alice');
    const answer = await ask(token, { kind: 'voice-communication', group: 'engineering' });
    assert.equal(answer.status, 201);
    const { room, invitations, client } = answer.body as unknown as VoiceAnswer;
    assert.match(room.number, /^\d{3,12}$/);
    assert.deepEqual(room, {
      number: room.number,
      kind: 'group',
      title: 'Engineering',
      uri: `sip:${room.number}@127.0.0.1`,
    });
    assert.deepEqual(invitations, []);
    assert.equal(client.wsUrl, `${api.url.replace('http:', 'ws:')}/sip`);
    assert.equal(client.aor, 'sip:alice@127.0.0.1');
    assert.deepEqual(api.credentials.resolve(client.username), { userName: 'alice', password: client.password });
    assert.ok(Date.parse(client.expiresAt) > Date.now());
  });

  it('gives every member the same number, with the group named or not, and shows it in /v1/me', async () => {
    const numbers = new Set<string>();
    for (const name of ['alice', 'bob', 'carol']) {
      const token = await api.login(name);
      for (const group of [{}, { group: 'engineering' }]) {
        const answer = await ask(token, { kind: 'voice-communication', ...group });
        numbers.add((answer.body as unknown as VoiceAnswer).room.number);
      }
      const me = (await api.request('/v1/me', { token })).body as { groups?: { number?: string }[] };
      numbers.add(me.groups?.[0]?.number ?? 'none');
    }
    assert.equal(numbers.size, 1);
  });

  it('answers two hundred at once by one user, all with one number', async () => {
    const token = await api.login('erin');
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => ask(token, { kind: 'voice-communication', device: 'softphone' })),
    );
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [201]);
    assert.equal(new Set(answers.map((answer) => (answer.body as unknown as VoiceAnswer).room.number)).size, 1);
  });

  it('asks a user of several groups which one, and lists them', async () => {
    const answer = await ask(await api.login('dave'), { kind: 'voice-communication' });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.error?.code, 'group-required');
    assert.deepEqual(answer.body.error?.details?.groups, ['engineering', 'sales']);
  });

  it('tells a group that is not the asker’s from one that is not there', async () => {
    const token = await api.login('alice');
    const others = await ask(token, { kind: 'voice-communication', group: 'sales' });
    assert.deepEqual([others.status, others.body.error?.code], [403, 'not-a-member']);
    const none = await ask(token, { kind: 'voice-communication', group: 'Engineering' });
    assert.deepEqual([none.status, none.body.error?.code], [404, 'group-not-found']);
  });

  const refusals: readonly [what: string, json: unknown, code: string][] = [
    ['an unknown kind', { kind: 'telepathy' }, 'unknown-kind'],
    ['a kind of another case', { kind: 'Voice-Communication' }, 'unknown-kind'],
    ['a kind of emoji', { kind: '📞' }, 'unknown-kind'],
    ['a kind of later versions', { kind: 'voice-communication-invitation', invite: 'all' }, 'kind-not-supported'],
    ['a temporary team', { kind: 'temporary-voice-communication', team: 'x'.repeat(9_000) }, 'kind-not-supported'],
    ['an exclusive room', { kind: 'exclusive-voice-communication' }, 'kind-not-supported'],
    ['an exclusive invitation', { kind: 'exclusive-voice-communication-invitation' }, 'kind-not-supported'],
    ['a temporary invitation', { kind: 'temporary-voice-communication-invitation' }, 'kind-not-supported'],
    ['no kind', {}, 'invalid-request'],
    ['a kind that is a number', { kind: 7 }, 'invalid-request'],
    ['a kind that is a list', { kind: ['voice-communication'] }, 'invalid-request'],
    ['a group that is a number', { kind: 'voice-communication', group: 5 }, 'invalid-request'],
    ['a group that is null', { kind: 'voice-communication', group: null }, 'invalid-request'],
    ['an empty group', { kind: 'voice-communication', group: '' }, 'invalid-request'],
    ['a group of 10,000 characters', { kind: 'voice-communication', group: 'g'.repeat(10_000) }, 'invalid-request'],
    ['an unknown key', { kind: 'voice-communication', grup: 'engineering' }, 'invalid-request'],
    ['a key that means nothing here', { kind: 'voice-communication', team: 'x' }, 'invalid-request'],
    ['an unknown device', { kind: 'voice-communication', device: 'pigeon' }, 'invalid-request'],
    ['a desk phone', { kind: 'voice-communication', device: 'desk-phone' }, 'device-not-supported'],
    ['a list', [{ kind: 'voice-communication' }], 'invalid-request'],
  ];

  for (const [what, json, code] of refusals) {
    it(`refuses ${what} with 400 ${code}`, async () => {
      const answer = await ask(await api.login('alice'), json);
      assert.deepEqual([answer.status, answer.body.error?.code], [400, code]);
      assert.ok((answer.body.error?.message.length ?? 0) > 0);
    });
  }

  it('lists the kinds there are to whoever names another', async () => {
    const answer = await ask(await api.login('alice'), { kind: 'telepathy' });
    assert.equal((answer.body.error?.details?.kinds as string[] | undefined)?.length, 6);
    assert.deepEqual(answer.body.error?.details?.supported, ['voice-communication']);
  });

  it('takes SQL in a group’s name for a name', async () => {
    const answer = await ask(await api.login('alice'), { kind: 'voice-communication', group: `x' or '1'='1` });
    assert.equal(answer.status, 404);
  });

  const malformed: readonly [what: string, body: string, contentType: string, code: string][] = [
    ['half a JSON object', '{"kind":', 'application/json', 'malformed'],
    ['a JSON text', '"voice-communication"', 'application/json', 'malformed'],
    ['a form', 'kind=voice-communication', 'application/x-www-form-urlencoded', 'malformed'],
    ['JSON called text', '{"kind":"voice-communication"}', 'text/plain', 'malformed'],
    ['a prototype', '{"kind":"voice-communication","__proto__":{"group":"sales"}}', 'application/json', ''],
    ['1 MB', `{"kind":"${'x'.repeat(1_000_000)}"}`, 'application/json', 'too-large'],
  ];

  for (const [what, body, contentType, code] of malformed) {
    it(`refuses a body of ${what} with 400`, async () => {
      const token = await api.login('alice');
      const answer = await api.request('/v1/voice-requests', { token, body, headers: { 'content-type': contentType } });
      assert.equal(answer.status, 400);
      if (code !== '') assert.equal(answer.body.error?.code, code);
    });
  }

  it('refuses an empty body with 400', async () => {
    const answer = await api.request('/v1/voice-requests', { method: 'POST', token: await api.login('alice') });
    assert.deepEqual([answer.status, answer.body.error?.code], [400, 'malformed']);
  });

  it('answers 503 with Retry-After while the gateway drains', async () => {
    const token = await api.login('alice');
    api.setDraining(true);
    try {
      const answer = await ask(token, { kind: 'voice-communication' });
      assert.deepEqual([answer.status, answer.body.error?.code], [503, 'draining']);
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    } finally {
      api.setDraining(false);
    }
  });
});
