import assert from 'node:assert/strict';
import { type ApiServer, startApiServer } from './api-server.js';
import { ask, EXCLUSIVE, TEMPORARY, type VoiceAnswer, written } from './ask-voice.js';

describe('POST /v1/voice-requests', () => {
  let api: ApiServer;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer();
  });
  after(() => api.close());

  it('answers with the number of the group, its address, and SIP credentials that are ours', async () => {
    const token = await api.login('alice');
    const answer = await ask(api, token, { kind: 'voice-communication', group: 'engineering' });
    assert.equal(answer.status, 201);
    const { room, invitations, client } = answer.body as unknown as VoiceAnswer;
    assert.match(room.number, /^\d{3,12}$/);
    assert.deepEqual(room, {
      number: room.number,
      kind: 'group',
      title: 'Engineering',
      uri: `sip:${room.number}@127.0.0.1`,
      hasPin: false,
    });
    assert.deepEqual(invitations, []);
    assert.equal(client.wsUrl, `${api.url.replace('http:', 'ws:')}/sip`);
    assert.equal(client.aor, 'sip:alice@127.0.0.1');
    const resolved = api.credentials.resolve(client.username);
    assert.deepEqual([resolved?.owner, resolved?.password], [{ userName: 'alice' }, client.password]);
    assert.ok(Date.parse(client.expiresAt) > Date.now());
  });

  it('gives every member the same number, with the group named or not, and shows it in /v1/me', async () => {
    const numbers = new Set<string>();
    for (const name of ['alice', 'bob', 'carol']) {
      const token = await api.login(name);
      for (const group of [{}, { group: 'engineering' }]) {
        const answer = await ask(api, token, { kind: 'voice-communication', ...group });
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
      Array.from({ length: 200 }, () => ask(api, token, { kind: 'voice-communication', device: 'softphone' })),
    );
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [201]);
    assert.equal(new Set(answers.map((answer) => (answer.body as unknown as VoiceAnswer).room.number)).size, 1);
  });

  it('asks a user of several groups which one, and lists them', async () => {
    const answer = await ask(api, await api.login('dave'), { kind: 'voice-communication' });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.error?.code, 'group-required');
    assert.deepEqual(answer.body.error?.details?.groups, ['engineering', 'sales']);
  });

  it('tells a group that is not the asker’s from one that is not there', async () => {
    const token = await api.login('alice');
    const others = await ask(api, token, { kind: 'voice-communication', group: 'sales' });
    assert.deepEqual([others.status, others.body.error?.code], [403, 'not-a-member']);
    const none = await ask(api, token, { kind: 'voice-communication', group: 'Engineering' });
    assert.deepEqual([none.status, none.body.error?.code], [404, 'group-not-found']);
  });

  const refusals: readonly [what: string, json: unknown, code: string][] = [
    ['an unknown kind', { kind: 'telepathy' }, 'unknown-kind'],
    ['a kind of another case', { kind: 'Voice-Communication' }, 'unknown-kind'],
    ['a kind of emoji', { kind: '📞' }, 'unknown-kind'],
    ['a kind of 10,000 characters', { kind: 'k'.repeat(10_000) }, 'unknown-kind'],
    ['no kind', {}, 'invalid-request'],
    ['a kind that is a number', { kind: 7 }, 'invalid-request'],
    ['a kind that is a list', { kind: ['voice-communication'] }, 'invalid-request'],
    ['a group that is a number', { kind: 'voice-communication', group: 5 }, 'invalid-request'],
    ['a group that is null', { kind: 'voice-communication', group: null }, 'invalid-request'],
    ['an empty group', { kind: 'voice-communication', group: '' }, 'invalid-request'],
    ['a group of 10,000 characters', { kind: 'voice-communication', group: 'g'.repeat(10_000) }, 'invalid-request'],
    ['an unknown key', { kind: 'voice-communication', grup: 'engineering' }, 'invalid-request'],
    ['a team for a group', { kind: 'voice-communication', team: 'x' }, 'field-not-allowed'],
    ['a group for a team', { kind: TEMPORARY, group: 'engineering' }, 'field-not-allowed'],
    ['a group for an own room', { kind: EXCLUSIVE, group: 'engineering' }, 'field-not-allowed'],
    ['a team for an own room', { kind: EXCLUSIVE, team: 'x' }, 'field-not-allowed'],
    ['an invitation nobody asked to send', { kind: 'voice-communication', invite: ['bob'] }, 'field-not-allowed'],
    ['an invitation to a team nobody asked to send', { kind: TEMPORARY, invite: ['bob'] }, 'field-not-allowed'],
    ['an invitation of nobody', { kind: 'voice-communication-invitation' }, 'invite-required'],
    ['an invitation to a team of nobody', { kind: `${TEMPORARY}-invitation`, team: 'x' }, 'invite-required'],
    ['an invitation to one’s own room of nobody', { kind: `${EXCLUSIVE}-invitation` }, 'invite-required'],
    ['an empty list of invitees', { kind: `${EXCLUSIVE}-invitation`, invite: [] }, 'invalid-request'],
    ['one invitee who is no list', { kind: `${EXCLUSIVE}-invitation`, invite: 'bob' }, 'invalid-request'],
    ['a number for an invitee', { kind: `${EXCLUSIVE}-invitation`, invite: [5] }, 'invalid-request'],
    ['an emoji for an invitee', { kind: `${EXCLUSIVE}-invitation`, invite: ['📞'] }, 'invalid-request'],
    ['SQL for an invitee', { kind: `${EXCLUSIVE}-invitation`, invite: [`bob' or '1'='1`] }, 'invalid-request'],
    ['501 invitees', { kind: `${EXCLUSIVE}-invitation`, invite: Array(501).fill('bob') }, 'invalid-request'],
    ['a telephone number that is none', { kind: `${EXCLUSIVE}-invitation`, invite: ['tel:0123'] }, 'invalid-request'],
    [
      'a telephone without a trunk',
      { kind: `${EXCLUSIVE}-invitation`, invite: ['bob', 'tel:+4930123456'] },
      'no-trunk',
    ],
    ['all of no group', { kind: `${TEMPORARY}-invitation`, team: 'x', invite: 'all' }, 'no-group'],
    ['all of nobody’s room', { kind: `${EXCLUSIVE}-invitation`, invite: 'all' }, 'no-group'],
    ['a team of 129 characters', { kind: TEMPORARY, team: 'x'.repeat(129) }, 'invalid-request'],
    ['a team of 10,000 characters', { kind: TEMPORARY, team: 'x'.repeat(10_000) }, 'invalid-request'],
    ['an empty team', { kind: TEMPORARY, team: '' }, 'invalid-request'],
    ['a team that is a number', { kind: TEMPORARY, team: 7 }, 'invalid-request'],
    ['a team that is null', { kind: TEMPORARY, team: null }, 'invalid-request'],
    ['a team with a line break', { kind: TEMPORARY, team: 'a\nb' }, 'invalid-request'],
    ['a team with a NUL', { kind: TEMPORARY, team: 'a\u0000b' }, 'invalid-request'],
    ['a team of half an emoji', { kind: TEMPORARY, team: '\ud83d' }, 'invalid-request'],
    ['an unknown device', { kind: 'voice-communication', device: 'pigeon' }, 'invalid-request'],
    ['a list', [{ kind: 'voice-communication' }], 'invalid-request'],
  ];

  for (const [what, json, code] of refusals) {
    it(`refuses ${what} with 400 ${code}, and writes nothing`, async () => {
      const token = await api.login('alice');
      const before = await written(api);
      const answer = await ask(api, token, json);
      assert.deepEqual([answer.status, answer.body.error?.code], [400, code]);
      assert.ok((answer.body.error?.message.length ?? 0) > 0);
      assert.deepEqual(await written(api), before);
    });
  }

  it('lists the kinds there are to whoever names another', async () => {
    const answer = await ask(api, await api.login('alice'), { kind: 'telepathy' });
    assert.equal((answer.body.error?.details?.kinds as string[] | undefined)?.length, 6);
  });

  it('says how many may be invited to whoever invites too many or nobody', async () => {
    const token = await api.login('alice');
    const many = Array.from({ length: 501 }, (_, index) => `u${index}`);
    for (const invite of [many, []]) {
      const answer = await ask(api, token, { kind: `${EXCLUSIVE}-invitation`, invite });
      assert.match(answer.body.error?.message ?? '', /^invite: .*\b1 (to 500|items)\b/);
    }
  });

  it('takes SQL in a group’s name for a name', async () => {
    const answer = await ask(api, await api.login('alice'), { kind: 'voice-communication', group: `x' or '1'='1` });
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
      const answer = await ask(api, token, { kind: 'voice-communication' });
      assert.deepEqual([answer.status, answer.body.error?.code], [503, 'draining']);
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    } finally {
      api.setDraining(false);
    }
  });
});
