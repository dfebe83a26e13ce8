import assert from 'node:assert/strict';
import { peer, servePeerPage } from '../media/peer-page.js';
import { analyse, closeBrowsers, TestBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { hearsExactly } from '../support/hearing.js';
import { randomToken } from '../support/sip-message.js';
import { type ApiInvitation, describeRequests } from './request-stage.js';

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

describeRequests('the six voice requests', (stage) => {
  const numbers = new Set<string>();

  for (const { asker, body, roomKind, other, alsoAsks, stranger } of CASES) {
    it(`${body.kind} gives a number that works at once, for those who may enter and nobody else`, async () => {
      const { room, invitations } = await stage.request(asker, body);
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

      assert.equal(await stage.statusOfDialling(stranger, number), 403);
      assert.equal(await stage.statusOf(stranger, `/v1/rooms/${number}`), 403);
      assert.equal(await stage.statusOf(stranger, `/v1/rooms/${number}/events`), 403);
      if (body.group !== undefined) {
        assert.equal((await stage.gateway.api.request(stranger, 'POST', '/v1/voice-requests', body)).status, 403);
      }

      if (alsoAsks) assert.equal((await stage.request(other, body)).room.number, number);
      const [first, second] = [await stage.phone(asker, number, TONES[0]), await stage.phone(other, number, TONES[1])];
      await Promise.all([first.dial(), second.dial()]);
      await hearsExactly(asker, first.rtp, [TONES[1]], TONES);
      await hearsExactly(other, second.rtp, [TONES[0]], TONES);
      const { participants } = await stage.gateway.api.room(other, number);
      assert.deepEqual(participants.map((one) => one.user).sort(), [asker, other].sort());
      assert.equal((await stage.request(asker, body)).room.number, number, 'asked again');
    });
  }

  it('keeps strangers out who guess a number, a team or an owner', async () => {
    const { room } = await stage.request('bob', { kind: 'temporary-voice-communication', team: `${TEAM} of bob` });
    const { room: similar } = await stage.request('erin', {
      kind: 'temporary-voice-communication',
      team: `${TEAM} of Bob`,
    });
    assert.notEqual(similar.number, room.number);
    assert.equal(await stage.statusOfDialling('erin', room.number), 403);
    assert.equal(await stage.statusOfDialling('bob', similar.number), 403);
  });

  it('rings an invited browser, which is in the room when it answers, and hears and is heard', async () => {
    const page = await servePeerPage();
    try {
      const chromium = await TestBrowser.start({ toneHz: TONES[1] });
      await chromium.page.goto(page.url);
      const media = peer(chromium.page);
      const [laptop, tablet] = [
        await stage.browser(await stage.clientOf('bob'), 'ring'),
        await stage.browser(await stage.clientOf('bob'), 'ring'),
      ];
      const kind = 'temporary-voice-communication-invitation';
      const { room } = await stage.request('alice', { kind, team: `${TEAM}3`, invite: ['bob', 'carol'] });
      const events = await stage.gateway.api.events('alice', room.number);
      const alice = await stage.phone('alice', room.number, TONES[0]);
      await alice.dial();
      await stage.invitation('alice', room.number, 'bob', 'ringing');
      await stage.invitation('alice', room.number, 'carol', 'unreachable');
      const call = await laptop.called();
      assert.match(call.header('From'), new RegExp(`^"Alice" <${room.uri}>`));
      await laptop.answer(200, await media.accept(call.body));
      assert.equal((await stage.invitation('alice', room.number, 'bob', 'joined')).tries, 1);
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
    await stage.browser(await stage.clientOf('bob'), { status: 486 });
    await stage.browser(await stage.clientOf('carol'), { status: 603 });
    const { room } = await stage.request('dave', { kind, invite: ['bob', 'carol', 'erin'] });
    assert.equal((await stage.invitation('dave', room.number, 'bob', 'busy')).cause, '486');
    assert.equal((await stage.invitation('dave', room.number, 'carol', 'declined')).cause, '603');
    await stage.invitation('dave', room.number, 'erin', 'unreachable');
    for (const name of ['bob', 'carol', 'erin']) await (await stage.phone(name, room.number)).dial();
    await stage.gateway.holds({ participants: 3 });
  });
});
