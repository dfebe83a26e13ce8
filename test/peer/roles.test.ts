import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import type { ApiRoom } from '../support/api-client.js';
import { Caller } from '../support/caller.js';
import { forEachDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway.js';
import type { SipMessage } from '../support/sip-message.js';
import { SipPhone } from '../support/sip-phone.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { yamlFile } from '../support/yaml-file.js';

const KEY = 'a key that directory and voice server share'.replaceAll(' ', '-');
/** Three are missed by a voice server that is gone, and not by one that runs beside many other tests. */
const HEARTBEAT_SECONDS = 2;
const ALL_KINDS: readonly object[] = [
  { kind: 'voice-communication', group: 'engineering' },
  { kind: 'voice-communication-invitation', group: 'engineering', invite: ['bob'] },
  { kind: 'temporary-voice-communication', team: 'red' },
  { kind: 'temporary-voice-communication-invitation', team: 'red', invite: ['bob'] },
  { kind: 'exclusive-voice-communication' },
  { kind: 'exclusive-voice-communication-invitation', invite: ['bob'] },
];

interface RequestAnswer {
  readonly room: { readonly number: string };
  readonly client: { readonly wsUrl: string };
  readonly error?: { readonly code: string };
}

forEachDatabase('directory and voice server as two processes', (database) => {
  const running: GatewayProcess[] = [];
  const callers: Caller[] = [];

  async function start(role: 'directory' | 'voice', settings: object = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({
      ROOMLINE_ROLE: role,
      DATABASE_URL: database.url,
      ROOMLINE_PEER_KEY: KEY,
      ROOMLINE_CONFIG: yamlFile({ ...settings, peer: { heartbeatSeconds: HEARTBEAT_SECONDS } }),
    });
    running.push(gateway);
    return gateway;
  }

  async function startBoth(): Promise<{ directory: GatewayProcess; voice: GatewayProcess }> {
    const voice = await start('voice');
    const directory = await start('directory');
    await answersWith(directory, 201);
    return { directory, voice };
  }

  const ask = (directory: GatewayProcess, body: object, user = 'alice') =>
    directory.api.request<RequestAnswer>(user, 'POST', '/v1/voice-requests', body);

  const answersWith = (directory: GatewayProcess, status: number) =>
    eventually(
      `the directory to answer ${status}`,
      () => ask(directory, { kind: 'voice-communication', group: 'engineering' }),
      (reply) => reply.status === status,
      30_000,
    );

  async function enter(number: string, user: string, voice: GatewayProcess): Promise<Caller> {
    const caller = await Caller.enter(number, { server: voice.sip, user });
    callers.push(caller);
    return caller;
  }

  const shows = (directory: GatewayProcess, number: string, what: string, holds: (room: ApiRoom) => boolean) =>
    eventually(`the directory to show ${what}`, () => directory.api.room('alice', number), holds, 30_000);

  afterEach(async function () {
    this.timeout(60_000);
    await Promise.all(callers.splice(0).map((caller) => caller.close()));
    await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
  });

  it('gives numbers of every kind that a phone dials at the voice server, and shows who is there', async function () {
    this.timeout(180_000);
    const { directory, voice } = await startBoth();
    for (const body of ALL_KINDS) {
      const { status, body: answer } = await ask(directory, body);
      assert.equal(status, 201, JSON.stringify(answer));
      const { number } = answer.room;
      assert.equal(answer.client.wsUrl, `${voice.api.url.replace('http', 'ws')}/sip`);
      const caller = await enter(number, 'alice', voice);
      await shows(directory, number, `alice in ${number}`, (room) => room.participants[0]?.user === 'alice');
      await caller.close();
      await shows(directory, number, `nobody in ${number}`, (room) => room.participants.length === 0);
    }
  });

  it('refuses one who may not enter at both of them', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const { room } = (await ask(directory, { kind: 'exclusive-voice-communication' })).body;
    assert.equal((await directory.api.request('bob', 'GET', `/v1/rooms/${room.number}`)).status, 403);
    const caller = await Caller.open(room.number, { server: voice.sip, user: 'bob' });
    callers.push(caller);
    assert.equal((await caller.call.invite()).status, 403);
  });

  it('has no API at the voice server, and no SIP at the directory', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    assert.equal((await fetch(`${voice.api.url}/v1/login`, { method: 'POST' })).status, 404);
    assert.equal((await fetch(`${voice.api.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${directory.api.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${directory.api.url}/peer/v1/roster`)).status, 404);
    assert.throws(() => directory.sip, /has no SIP/);
  });

  it('relays events, mutes, and sends people out across the two', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const number = await directory.api.roomNumber('alice', 'engineering');
    const events = await directory.api.events('alice', number);
    try {
      const caller = await enter(number, 'bob', voice);
      const joined = await events.find('bob', ({ name }) => name === 'participant.joined');
      const path = `/v1/rooms/${number}/participants/${joined.data.participant?.id}`;
      assert.equal((await directory.api.request('alice', 'PATCH', path, { muted: true })).status, 200);
      await events.find('bob muted', ({ data }) => data.participant?.muted === true);
      assert.equal(await voice.api.request('alice', 'PATCH', path, { muted: true }).catch(() => null), null);
      assert.equal((await directory.api.request('alice', 'DELETE', path)).status, 204);
      await caller.call.awaitBye();
      const left = await events.find('bob gone', ({ name }) => name === 'participant.left');
      assert.equal(left.data.cause, 'removed');
    } finally {
      events.close();
    }
  });

  it('locks a room, mutes all and raises hands across the two', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const number = await directory.api.roomNumber('alice', 'engineering');
    const path = `/v1/rooms/${number}`;
    const change = (user: string, method: string, where: string, body?: object) =>
      directory.api.request<{ code?: string }>(user, method, `${path}${where}`, body);
    const bob = await enter(number, 'bob', voice);
    await shows(directory, number, 'bob', (room) => room.participants[0]?.user === 'bob');
    assert.equal((await change('alice', 'PATCH', '', { locked: true })).status, 200);
    const carol = await Caller.open(number, { server: voice.sip, user: 'carol' });
    callers.push(carol);
    assert.equal((await carol.call.invite()).status, 403);
    assert.equal((await change('alice', 'PATCH', '', { locked: false })).status, 200);
    await enter(number, 'carol', voice);
    const both = (room: ApiRoom) => room.participants.length === 2;
    const room = await shows(directory, number, 'both', both);
    const id = room.participants.find(({ user }) => user === 'bob')?.id;
    const raised = await change('bob', 'PATCH', `/participants/${id}`, { handRaised: true });
    assert.equal(raised.status, 200);
    assert.deepEqual((await change('alice', 'POST', '/mute-all')).body, { muted: 2 });
    await shows(directory, number, 'both muted', ({ participants }) => participants.every(({ muted }) => muted));
    await bob.close();
  });

  it('rings one’s own desk phone, which is registered at the voice server', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const body = { kind: 'exclusive-voice-communication', device: 'desk-phone' };
    const without = await ask(directory, body);
    assert.deepEqual([without.status, without.body.error?.code], [409, 'no-desk-phone']);
    const phone = await SipPhone.open({ server: voice.sip, user: 'alice', password: 'alice-demo' });
    try {
      assert.equal((await phone.register()).status, 200);
      phone.answers = false;
      const { status, body: answer } = await ask(directory, body);
      assert.equal(status, 201, JSON.stringify(answer));
      const isInvite = (message: SipMessage) => message.isRequest && message.method === 'INVITE';
      const invite = await phone.awaitMessage('an INVITE', isInvite);
      assert.match(invite.header('From'), new RegExp(`<sip:${answer.room.number}@`));
      phone.reply(invite, 486, 'Busy Here');
      await phone.awaitMessage('the ACK', ({ method }) => method === 'ACK');
    } finally {
      await phone.close();
    }
  });

  it('learns from the voice server what telephones can be called', async function () {
    this.timeout(120_000);
    const { directory } = await startBoth();
    const invite = ['bob', 'tel:+4930123456'];
    const { status, body } = await ask(directory, { kind: 'exclusive-voice-communication-invitation', invite });
    assert.deepEqual([status, body.error?.code], [400, 'no-trunk']);
    const { number } = (await ask(directory, { kind: 'exclusive-voice-communication' })).body.room;
    const listed = await directory.api.request('alice', 'GET', `/v1/rooms/${number}/invitations`);
    assert.deepEqual(listed.body, { invitations: [] });
  });

  it('knows which languages the voice server speaks, which has prompts of its own', async function () {
    this.timeout(60_000);
    const prompts = temporaryFolder('prompts');
    await cp(join(PACKAGE_ROOT, 'config', 'prompts', 'en'), join(prompts, 'de'), { recursive: true });
    const alone = await start('directory');
    const me = async () => (await alone.api.request<{ languages: string[] }>('alice', 'GET', '/v1/me')).body;
    const choose = async (language: string) =>
      (await alone.api.request('alice', 'PATCH', '/v1/me', { language })).status;
    assert.deepEqual((await me()).languages, ['en', 'zh'], 'what this machine has, until a voice server says more');
    assert.equal(await choose('de'), 400);
    const voice = await start('voice', { prompts: { folder: prompts } });
    assert.deepEqual((await me()).languages, ['de', 'en', 'zh']);
    assert.deepEqual([await choose('de'), await choose('fr')], [200, 400]);
    await voice.stop();
    running.splice(running.indexOf(voice), 1);
    assert.deepEqual((await me()).languages, ['de', 'en', 'zh'], 'and while none is there');
  });

  it('cancels all invitations of a room, wherever they are being seen to', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const phone = await SipPhone.open({ server: voice.sip, user: 'bob', password: 'bob-demo' });
    try {
      assert.equal((await phone.register()).status, 200);
      phone.answers = false;
      const body = { kind: 'temporary-voice-communication-invitation', invite: ['bob', 'carol'] };
      const { number } = (await ask(directory, body)).body.room;
      const invite = await phone.awaitMessage('an INVITE', (message) => message.method === 'INVITE');
      phone.reply(invite, 180, 'Ringing');
      const path = `/v1/rooms/${number}/invitations`;
      const cancelled = await directory.api.request('alice', 'DELETE', path);
      assert.deepEqual([cancelled.status, cancelled.body], [200, { cancelled: 2 }]);
      await phone.awaitMessage('a CANCEL', ({ method }) => method === 'CANCEL');
      phone.reply(invite, 487, 'Request Terminated');
      await phone.awaitMessage('the ACK', ({ method }) => method === 'ACK');
    } finally {
      await phone.close();
    }
  });

  it('sends whoever is removed from a group out of its room at once', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const store = await database.open();
    await store.administration.updateUser('alice', { admin: true }, undefined, new Date());
    const number = await directory.api.roomNumber('alice', 'engineering');
    const caller = await enter(number, 'bob', voice);
    const removal = await directory.api.request('alice', 'DELETE', '/v1/groups/engineering/members/bob');
    assert.equal(removal.status, 204);
    await caller.call.awaitBye();
  });

  it('has the voice server see to invitations made at the directory', async function () {
    this.timeout(120_000);
    const { directory } = await startBoth();
    const body = { kind: 'temporary-voice-communication-invitation', invite: ['bob', 'carol'] };
    const { number } = (await ask(directory, body)).body.room;
    await eventually(
      'both to be found unreachable',
      async () => {
        const { body: listed } = await directory.api.request<{ invitations: { state: string }[] }>(
          'alice',
          'GET',
          `/v1/rooms/${number}/invitations`,
        );
        return listed.invitations.map(({ state }) => state);
      },
      (states) => states.join() === 'unreachable,unreachable',
      30_000,
    );
  });

  it('answers every kind 503 while no voice server is ready, manages groups meanwhile, and goes on with the next', async function () {
    this.timeout(180_000);
    const { directory, voice } = await startBoth();
    const store = await database.open();
    await store.administration.updateUser('alice', { admin: true }, undefined, new Date());
    const before = await directory.api.roomNumber('alice', 'engineering');
    await voice.kill();
    await answersWith(directory, 503);
    for (const body of ALL_KINDS) {
      const { status, headers, body: answer } = await ask(directory, body);
      assert.deepEqual([status, answer.error?.code], [503, 'no-voice-server']);
      assert.ok(Number(headers.get('retry-after')) > 0, 'Retry-After');
    }
    const created = await directory.api.request('alice', 'PUT', '/v1/groups/ops', { title: 'Operations' });
    assert.equal(created.status, 201);
    const next = await start('voice');
    await answersWith(directory, 201);
    assert.equal(await directory.api.roomNumber('alice', 'engineering'), before);
    await enter(before, 'alice', next);
    await shows(directory, before, 'alice', (room) => room.participants[0]?.user === 'alice');
  });

  it('has a second voice server stand by until the first is gone, so that callers of a room meet', async function () {
    this.timeout(180_000);
    const { directory, voice } = await startBoth();
    const second = await start('voice');
    const number = await directory.api.roomNumber('alice', 'engineering');
    const caller = await Caller.open(number, { server: second.sip, user: 'bob' });
    callers.push(caller);
    assert.equal((await caller.call.invite()).status, 503);
    await voice.kill();
    const { body } = await eventually(
      'the directory to send callers to the second',
      () => ask(directory, { kind: 'voice-communication', group: 'engineering' }),
      (reply) => reply.status === 201,
      30_000,
    );
    assert.equal(body.client.wsUrl, `${second.api.url.replace('http', 'ws')}/sip`);
    await enter(number, 'bob', second);
  });

  it('shows who was in a room as gone once their voice server is given up', async function () {
    this.timeout(120_000);
    const { directory, voice } = await startBoth();
    const number = await directory.api.roomNumber('alice', 'engineering');
    await enter(number, 'bob', voice);
    await shows(directory, number, 'bob', (room) => room.participants.length === 1);
    await voice.kill();
    await shows(directory, number, 'nobody', (room) => room.participants.length === 0);
  });
});
