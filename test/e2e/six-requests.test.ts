import assert from 'node:assert/strict';
import { roomline } from '../cli/roomline.js';
import { peer, servePeerPage } from '../media/peer-page.js';
import { analyse, closeBrowsers, TestBrowser } from '../support/browser.js';
import { Caller } from '../support/caller.js';
import { mariadb } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { type GatewayEnvironment, TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import type { DigestCredentials } from '../support/sip-digest.js';
import { randomToken } from '../support/sip-message.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type OnCall, WebSocketPhone } from '../support/websocket-phone.js';

interface Client {
  readonly wsUrl: string;
  readonly aor: string;
  readonly username: string;
  readonly password: string;
}

interface VoiceAnswer {
  readonly room: { number: string; kind: string; uri: string; team?: string };
  readonly invitations: readonly { id: string; to: string; state: string }[];
  readonly client: Client;
}

interface ApiInvitation {
  readonly id: string;
  readonly to: string;
  readonly state: string;
  readonly tries: number;
  readonly cause?: string;
}

/** One of the six requests: who asks for what, who else may then dial the number, and who may not. */
interface Case {
  readonly asker: string;
  readonly body: Record<string, unknown> & { kind: string };
  readonly roomKind: string;
  /** The asker's own second phone where nobody else may enter. */
  readonly other: string;
  /** Who else has to ask first, and how. */
  readonly alsoAsks?: boolean;
  readonly stranger: string;
}

const TONES = [900, 1300] as const;
const TEAM = `tèam ${randomToken()} 🎧`;

const CASES: readonly Case[] = [
  {
    asker: 'alice',
    body: { kind: 'voice-communication', group: 'engineering' },
    roomKind: 'group',
    other: 'bob',
    stranger: 'erin',
  },
  {
    asker: 'erin',
    body: { kind: 'voice-communication-invitation', group: 'sales', invite: ['alice'] },
    roomKind: 'group',
    other: 'alice',
    stranger: 'bob',
  },
  {
    asker: 'alice',
    body: { kind: 'temporary-voice-communication', team: TEAM },
    roomKind: 'temporary',
    other: 'erin',
    alsoAsks: true,
    stranger: 'carol',
  },
  {
    asker: 'alice',
    body: { kind: 'temporary-voice-communication-invitation', team: `${TEAM}2`, invite: ['erin', 'bob'] },
    roomKind: 'temporary',
    other: 'erin',
    stranger: 'carol',
  },
  {
    asker: 'alice',
    body: { kind: 'exclusive-voice-communication' },
    roomKind: 'exclusive',
    other: 'alice',
    stranger: 'bob',
  },
  {
    asker: 'bob',
    body: { kind: 'exclusive-voice-communication-invitation', invite: ['erin'] },
    roomKind: 'exclusive',
    other: 'erin',
    stranger: 'alice',
  },
];

sixRequests('SQLite', async () => ({ DATABASE_URL: `sqlite:${temporaryFolder('six-requests')}/roomline.sqlite` }));
sixRequests('MariaDB', async () => {
  const server = await mariadb();
  const name = `six_requests_${process.pid}`;
  await server.query(`create database ${name}`);
  return { DATABASE_URL: `mysql://root@127.0.0.1:${server.port}/${name}` };
});

function sixRequests(database: string, environment: () => Promise<GatewayEnvironment>): void {
  describe(`the six voice requests, on ${database}`, function () {
    this.timeout(120_000);
    let gateway: TestGateway;
    let settings: GatewayEnvironment;
    const callers: Caller[] = [];
    const browsers: WebSocketPhone[] = [];
    const numbers = new Set<string>();

    before(async () => {
      settings = await environment();
      gateway = await TestGateway.start(settings);
      await administer('user', 'admin', 'alice');
    });
    afterEach(async () => {
      for (const browser of browsers.splice(0)) browser.vanish();
      for (const caller of callers.splice(0)) await caller.close();
      await gateway.holdsNothing();
    });
    after(async () => {
      await gateway?.stop();
    });

    /** What the operator does on the command line, beside the gateway that runs. */
    async function administer(...command: readonly string[]): Promise<void> {
      const { code, stderr } = await roomline(command, { env: { ROOMLINE_SEED: 'demo', ...settings } });
      assert.deepEqual([code, stderr], [0, '']);
    }
    async function request(user: string, body: unknown): Promise<VoiceAnswer> {
      const reply = await gateway.api.request<VoiceAnswer>(user, 'POST', '/v1/voice-requests', body);
      assert.equal(reply.status, 201, JSON.stringify(reply.body));
      return reply.body;
    }
    async function phone(user: string, number: string, frequencyHz?: number): Promise<Caller> {
      const rtp = frequencyHz === undefined ? {} : { rtp: { frequencyHz } };
      const caller = await Caller.open(number, { server: gateway.sip, user, ...rtp });
      callers.push(caller);
      return caller;
    }
    async function statusOfDialling(user: string, number: string): Promise<number> {
      const caller = await phone(user, number);
      return (await caller.call.invite()).status;
    }
    const statusOf = async (user: string, path: string) => (await gateway.api.request(user, 'GET', path)).status;
    async function browser(client: Client, onCall: OnCall): Promise<WebSocketPhone> {
      const { username, password } = client;
      const found = await WebSocketPhone.open(client.wsUrl, /^sip:([^@]+)@/.exec(client.aor)?.[1] ?? '');
      browsers.push(found);
      found.onCall = onCall;
      assert.equal((await found.ask('REGISTER', 'sip:127.0.0.1', { username, password })).status, 200);
      return found;
    }
    /** What a user's page has to register with. */
    const clientOf = async (user: string) => (await request(user, { kind: 'exclusive-voice-communication' })).client;
    async function invitation(user: string, number: string, to: string, state: string): Promise<ApiInvitation> {
      const path = `/v1/rooms/${number}/invitations`;
      const look = async () => {
        const { body } = await gateway.api.request<{ invitations: ApiInvitation[] }>(user, 'GET', path);
        return body.invitations.filter((one) => one.to === to).at(-1);
      };
      const found = await eventually(`${to} to be ${state}`, look, (seen) => seen?.state === state);
      return found ?? assert.fail();
    }

    for (const { asker, body, roomKind, other, alsoAsks, stranger } of CASES) {
      it(`${body.kind} gives a number that works at once, for those who may enter and nobody else`, async () => {
        const { room, invitations } = await request(asker, body);
        const { number } = room;
        assert.match(number, /^\d{3,12}$/);
        assert.equal(room.kind, roomKind);
        assert.equal(room.uri, `sip:${number}@127.0.0.1`);
        assert.equal(numbers.has(number), false, `${number} was handed out twice`);
        numbers.add(number);
        assert.deepEqual(
          invitations.map(({ to }) => to),
          body.invite ?? [],
        );

        assert.equal(await statusOfDialling(stranger, number), 403);
        assert.equal(await statusOf(stranger, `/v1/rooms/${number}`), 403);
        assert.equal(await statusOf(stranger, `/v1/rooms/${number}/events`), 403);
        if (body.group !== undefined) {
          assert.equal((await gateway.api.request(stranger, 'POST', '/v1/voice-requests', body)).status, 403);
        }

        if (alsoAsks) assert.equal((await request(other, body)).room.number, number);
        const [first, second] = [await phone(asker, number, TONES[0]), await phone(other, number, TONES[1])];
        await Promise.all([first.dial(), second.dial()]);
        await hearsExactly(asker, first.rtp, [TONES[1]], TONES);
        await hearsExactly(other, second.rtp, [TONES[0]], TONES);
        const { participants } = await gateway.api.room(other, number);
        assert.deepEqual(participants.map((one) => one.user).sort(), [asker, other].sort());
        assert.equal((await request(asker, body)).room.number, number, 'asked again');
      });
    }

    it('keeps strangers out who guess a number, a team or an owner', async () => {
      const { room } = await request('bob', { kind: 'temporary-voice-communication', team: `${TEAM} of bob` });
      const { room: similar } = await request('erin', {
        kind: 'temporary-voice-communication',
        team: `${TEAM} of Bob`,
      });
      assert.notEqual(similar.number, room.number);
      assert.equal(await statusOfDialling('erin', room.number), 403);
      assert.equal(await statusOfDialling('bob', similar.number), 403);
    });

    it('rings an invited browser, which is in the room when it answers, and hears and is heard', async () => {
      const page = await servePeerPage();
      try {
        const chromium = await TestBrowser.start({ toneHz: TONES[1] });
        await chromium.page.goto(page.url);
        const media = peer(chromium.page);
        const [laptop, tablet] = [
          await browser(await clientOf('bob'), 'ring'),
          await browser(await clientOf('bob'), 'ring'),
        ];
        const kind = 'temporary-voice-communication-invitation';
        const { room } = await request('alice', { kind, team: `${TEAM}3`, invite: ['bob', 'carol'] });
        const events = await gateway.api.events('alice', room.number);
        const alice = await phone('alice', room.number, TONES[0]);
        await alice.dial();
        await invitation('alice', room.number, 'bob', 'ringing');
        await invitation('alice', room.number, 'carol', 'unreachable');
        const call = await laptop.called();
        assert.match(call.header('From'), new RegExp(`^"Alice" <${room.uri}>`));
        await laptop.answer(200, await media.accept(call.body));
        assert.equal((await invitation('alice', room.number, 'bob', 'joined')).tries, 1);
        const stopped = await eventually(
          'the other browser to stop ringing',
          () => tablet.requests('CANCEL')[0],
          (cancel) => cancel !== undefined,
        );
        assert.equal(stopped?.header('Reason'), 'SIP;cause=200;text="Call completed elsewhere"');
        await hearsExactly('alice', alice.rtp, [TONES[1]], TONES);
        const listen = () => analyse(chromium, [...TONES]);
        await eventually('the browser to hear alice', listen, (heard) => String(heard) === String([TONES[0]]), 15_000);
        await events.find('bob to have joined by the stream', ({ name, data }) => {
          const shown = (data as { invitation?: ApiInvitation }).invitation;
          return name === 'invitation.updated' && shown?.to === 'bob' && shown.state === 'joined';
        });
        events.close();
        assert.equal((await laptop.hangUp(call)).status, 200);
      } finally {
        page.close();
        await closeBrowsers();
      }
    });

    it('tells what became of each invitation, and lets the invited dial in all the same', async () => {
      const kind = 'exclusive-voice-communication-invitation';
      await browser(await clientOf('bob'), { status: 486 });
      await browser(await clientOf('carol'), { status: 603 });
      const { room } = await request('dave', { kind, invite: ['bob', 'carol', 'erin'] });
      assert.equal((await invitation('dave', room.number, 'bob', 'busy')).cause, '486');
      assert.equal((await invitation('dave', room.number, 'carol', 'declined')).cause, '603');
      await invitation('dave', room.number, 'erin', 'unreachable');
      for (const name of ['bob', 'carol', 'erin']) await (await phone(name, room.number)).dial();
      await gateway.holds({ participants: 3 });
    });

    it('ends the call of one whose invitation is cancelled, who may not come back', async () => {
      const { room } = await request('dave', { kind: 'exclusive-voice-communication-invitation', invite: ['alice'] });
      const alice = await phone('alice', room.number);
      await alice.dial();
      const { id } = await invitation('dave', room.number, 'alice', 'unreachable');
      const path = `/v1/rooms/${room.number}/invitations/${id}`;
      assert.equal((await gateway.api.request('alice', 'DELETE', path)).status, 403);
      assert.equal((await gateway.api.request('dave', 'DELETE', path)).status, 204);
      await alice.call.awaitBye();
      assert.equal(await statusOfDialling('alice', room.number), 403);
      assert.equal(await statusOf('alice', `/v1/rooms/${room.number}`), 403);
    });

    it('lets guests in by the PIN of a room, into that room alone, until it is changed', async () => {
      const { room } = await request('carol', { kind: 'exclusive-voice-communication' });
      const pinPath = `/v1/rooms/${room.number}/pin`;
      assert.equal((await gateway.api.request('erin', 'PUT', pinPath, {})).status, 403);
      const { body } = await gateway.api.request<{ pin: string }>('carol', 'PUT', pinPath, {});
      assert.equal((await enterAsGuest(room.number, '0000000')).status, 403);
      const entered = await enterAsGuest(room.number, body.pin);
      assert.equal(entered.status, 201);
      const { client } = (await entered.json()) as VoiceAnswer;
      const guest = await browser(client, 'ignore');
      const credentials: DigestCredentials = client;
      const { room: another } = await request('carol', { kind: 'voice-communication', group: 'engineering' });
      const offer = (await phone('carol', room.number)).sdp();
      assert.equal((await guest.ask('INVITE', another.uri, credentials, offer)).status, 403);
      const answer = await guest.ask('INVITE', room.uri, credentials, offer);
      assert.equal(answer.status, 200);
      guest.acknowledge(room.uri, answer);
      const [shown] = (await gateway.api.room('carol', room.number)).participants;
      assert.deepEqual([shown?.user, shown?.name, shown?.role], [undefined, 'Zoë', 'speaker']);
      assert.equal((await gateway.api.request('carol', 'PUT', pinPath, { pin: '4711471' })).status, 200);
      await eventually(
        'the guest to be sent out',
        () => guest.requests('BYE').length,
        (count) => count === 1,
      );
      assert.equal((await guest.ask('INVITE', room.uri, credentials, offer)).status, 403);
    });

    it('ends the call of a member who is taken out of the group, who may not come back', async () => {
      const { room } = await request('alice', { kind: 'voice-communication', group: 'engineering' });
      const [bob, carol] = [await phone('bob', room.number, TONES[0]), await phone('carol', room.number, TONES[1])];
      await Promise.all([bob.dial(), carol.dial()]);
      await hearsExactly('carol', carol.rtp, [TONES[0]], TONES);
      const path = '/v1/groups/engineering/members/bob';
      assert.equal((await gateway.api.request('alice', 'DELETE', path)).status, 204);
      await bob.call.awaitBye();
      await hearsExactly('carol', carol.rtp, [], TONES);
      assert.equal(await statusOfDialling('bob', room.number), 403);
      assert.equal(await statusOf('bob', `/v1/rooms/${room.number}`), 403);
      assert.equal((await gateway.api.request('alice', 'PUT', path, { role: 'member' })).status, 200);
    });

    it('lets a listener hear and not be heard, until a moderator makes them a speaker', async () => {
      const { room } = await request('alice', { kind: 'voice-communication', group: 'engineering' });
      const role = { role: 'listener' };
      const member = '/v1/groups/engineering/members/bob';
      assert.equal((await gateway.api.request('alice', 'PUT', member, role)).status, 200);
      const [bob, alice] = [await phone('bob', room.number, TONES[0]), await phone('alice', room.number, TONES[1])];
      await Promise.all([bob.dial(), alice.dial()]);
      const listener = (await gateway.api.room('alice', room.number)).participants.find((one) => one.user === 'bob');
      assert.deepEqual([listener?.role, listener?.muted], ['listener', true]);
      await hearsExactly('bob', bob.rtp, [TONES[1]], TONES);
      await hearsExactly('alice', alice.rtp, [], TONES);
      const path = `/v1/rooms/${room.number}/participants/${listener?.id}`;
      for (const user of ['bob', 'alice']) {
        assert.equal((await gateway.api.request(user, 'PATCH', path, { muted: false })).status, 403, user);
      }
      assert.equal((await gateway.api.request('bob', 'PATCH', path, { role: 'speaker' })).status, 403);
      assert.equal((await gateway.api.request('alice', 'PATCH', path, { role: 'speaker' })).status, 200);
      await hearsExactly('alice', alice.rtp, [TONES[0]], TONES);
      assert.equal((await gateway.api.request('alice', 'PUT', member, { role: 'member' })).status, 200);
    });

    it('ends the calls in a room whose number is released, which is nobody’s then', async () => {
      const { room } = await request('erin', { kind: 'voice-communication', group: 'sales' });
      const erin = await phone('erin', room.number);
      await erin.dial();
      assert.equal((await gateway.api.request('alice', 'DELETE', '/v1/groups/sales/number')).status, 204);
      await erin.call.awaitBye();
      assert.equal(await statusOfDialling('erin', room.number), 404);
      const { room: next } = await request('erin', { kind: 'voice-communication', group: 'sales' });
      assert.notEqual(next.number, room.number);
    });

    it('ends the calls of a user whom the operator disables beside it', async () => {
      const { room } = await request('erin', { kind: 'exclusive-voice-communication' });
      const erin = await phone('erin', room.number);
      await erin.dial();
      await administer('user', 'disable', 'erin');
      await erin.call.awaitBye();
      assert.ok([403, 407].includes(await statusOfDialling('erin', room.number)));
      assert.equal(await statusOf('erin', `/v1/rooms/${room.number}`), 401);
    });

    function enterAsGuest(number: string, pin: string): Promise<Response> {
      return fetch(`${gateway.httpUrl}/v1/rooms/${number}/guests`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ pin, name: 'Zoë' }),
      });
    }
  });
}
