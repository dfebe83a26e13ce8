import assert from 'node:assert/strict';
import { Baresip } from '../support/baresip.js';
import { closeBrowsers } from '../support/browser.js';
import { mariadb } from '../support/databases.js';
import { type GatewayEnvironment, GONE_MS, TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import type { RoomEvents } from '../support/room-events.js';
import { Softphone } from '../support/softphone.js';
import { toneFile } from '../support/tone-file.js';

/** What each of the three says. */
const TONE = { alice: 500, bob: 900, carol: 1300 } as const;
const TONES = Object.values(TONE);

conversationOfThree('SQLite', async () => ({}));
conversationOfThree('MariaDB', async () => {
  const server = await mariadb();
  const name = `conversation_${process.pid}`;
  await server.query(`create database ${name}`);
  return { DATABASE_URL: `mysql://root@127.0.0.1:${server.port}/${name}` };
});

/** The tests follow one conversation from its beginning to its end: each begins where the one before left off. */
function conversationOfThree(database: string, environment: () => Promise<GatewayEnvironment>): void {
  describe(`two browsers and a desk phone in one room, on ${database}`, function () {
    this.timeout(120_000);
    this.bail(true);
    let gateway: TestGateway;
    let number: string;
    let events: RoomEvents;
    let alice: Softphone;
    let bob: Softphone;
    let carol: Baresip;

    const carolHears = (wanted: readonly number[]) => hearsExactly('carol', carol, wanted, TONES);
    const allHear = async (heard: Record<keyof typeof TONE, readonly number[]>) => {
      await Promise.all([alice.hears(heard.alice, TONES), bob.hears(heard.bob, TONES), carolHears(heard.carol)]);
    };
    const allHearTheOthers = () =>
      allHear({ alice: [TONE.bob, TONE.carol], bob: [TONE.alice, TONE.carol], carol: [TONE.alice, TONE.bob] });
    const participant = async (user: string) => {
      const { participants } = await gateway.api.room('alice', number);
      const found = participants.find((candidate) => candidate.user === user);
      assert.ok(found, `${user} is not in the room`);
      return found;
    };
    const setMuted = async (user: string, muted: boolean) => {
      const path = `/v1/rooms/${number}/participants/${(await participant(user)).id}`;
      assert.equal((await gateway.api.request('alice', 'PATCH', path, { muted })).status, 200);
    };

    before(async () => {
      gateway = await TestGateway.start(await environment());
      number = await gateway.api.roomNumber('carol', 'engineering');
      events = await gateway.api.events('carol', number);
      const server = gateway.sip;
      [alice, bob, carol] = await Promise.all([
        Softphone.start(gateway.httpUrl, 'alice', { toneHz: TONE.alice }),
        Softphone.start(gateway.httpUrl, 'bob', { toneHz: TONE.bob }),
        Baresip.start({ server, user: 'carol', password: 'carol-demo', microphone: toneFile(TONE.carol, 300) }),
      ]);
    });

    after(async function () {
      this.timeout(2 * GONE_MS);
      events?.close();
      await carol?.stop();
      await closeBrowsers();
      // A browser that is closed does not always get to unregister: its contact goes when it does not answer.
      await gateway?.holds({ contactBindings: 0 }).finally(() => gateway.stop());
    });

    it('lets each of them in, the browsers by one click and the phone by the number', async () => {
      await Promise.all([alice.enter('engineering'), bob.enter('engineering')]);
      await carol.registered();
      await carol.dial(number);
      await gateway.holds({ legs: 3, participants: 3, rooms: 1, rtpengineCalls: 3, mixerPorts: 3, contactBindings: 3 });
    });

    it('lets each hear both others, and nobody themselves', async () => {
      await allHearTheOthers();
    });

    it('shows who is there, on what, and that they talk', async () => {
      const { participants } = await gateway.api.room('bob', number);
      const shown = participants.map(({ user, device, role, muted }) => [user, device, role, muted]);
      assert.deepEqual(shown.sort(), [
        ['alice', 'softphone', 'moderator', false],
        ['bob', 'softphone', 'speaker', false],
        ['carol', 'desk-phone', 'speaker', false],
      ]);
      await Promise.all([alice.shows(['alice', 'bob', 'carol']), bob.shows(['alice', 'bob', 'carol'])]);
      for (const user of Object.keys(TONE)) {
        await events.find(`${user} talking`, ({ data }) => data.participant?.user === user && data.participant.talking);
      }
    });

    it('sees a digit pressed on each of them, and lets nobody hear it', async () => {
      await Promise.all([alice.press('5'), bob.press('7'), carol.press('#')]);
      for (const [user, digit] of [
        ['alice', '5'],
        ['bob', '7'],
        ['carol', '#'],
      ] as const) {
        const { id } = await participant(user);
        await events.find(`${digit} of ${user}`, ({ name, data }) => {
          return name === 'participant.digit' && data.participantId === id && data.digit === digit;
        });
      }
      assert.equal(events.count('participant.digit'), 3);
      await allHearTheOthers();
    });

    it('lets nobody hear a browser that is muted on its page, while it hears the others', async () => {
      await alice.setMuted(true);
      await allHear({ alice: [TONE.bob, TONE.carol], bob: [TONE.carol], carol: [TONE.bob] });
      await alice.setMuted(false);
      await allHearTheOthers();
    });

    it('lets nobody hear a desk phone that is muted by its own key, while it hears the others', async () => {
      await carol.toggleMute();
      await allHear({ alice: [TONE.bob], bob: [TONE.alice], carol: [TONE.alice, TONE.bob] });
      await carol.toggleMute();
      await allHearTheOthers();
    });

    it('lets nobody hear whom the moderator mutes, while they hear the others', async () => {
      for (const [user, heard] of [
        ['carol', { alice: [TONE.bob], bob: [TONE.alice], carol: [TONE.alice, TONE.bob] }],
        ['bob', { alice: [TONE.carol], bob: [TONE.alice, TONE.carol], carol: [TONE.alice] }],
      ] as const) {
        await setMuted(user, true);
        assert.equal((await participant(user)).muted, true);
        await allHear(heard);
        await setMuted(user, false);
      }
      await allHearTheOthers();
    });

    it('keeps the music of a phone that holds the room out of it, until it resumes', async () => {
      await carol.hold();
      await Promise.all([alice.hears([TONE.bob], TONES), bob.hears([TONE.alice], TONES)]);
      assert.equal((await participant('carol')).held, true);
      await carol.resume();
      await Promise.all([alice.hears([TONE.bob, TONE.carol], TONES), bob.hears([TONE.alice, TONE.carol], TONES)]);
      assert.equal((await participant('carol')).held, false);
    });

    it('takes the phone back that hangs up and dials again', async () => {
      await carol.hangUp();
      await carol.dial(number);
      await allHearTheOthers();
    });

    it('lets the others hear exactly each other after one has left', async () => {
      await bob.leave();
      await gateway.holds({ legs: 2, rtpengineCalls: 2, mixerPorts: 2 });
      await Promise.all([alice.hears([TONE.carol], TONES), carolHears([TONE.alice])]);
      await alice.shows(['alice', 'carol']);
    });

    it('takes one back who left', async () => {
      await bob.enter('engineering');
      await allHearTheOthers();
    });

    it('hangs up on whom the moderator sends out', async () => {
      const { id } = await participant('carol');
      assert.equal(
        (await gateway.api.request('alice', 'DELETE', `/v1/rooms/${number}/participants/${id}`)).status,
        204,
      );
      await carol.callEnded();
      await Promise.all([alice.hears([TONE.bob], TONES), bob.hears([TONE.alice], TONES)]);
    });

    it('leaves none of their voices to the last one, and nothing behind when they have left', async () => {
      await bob.leave();
      // What one who is alone is told has something of her own tone in it.
      await alice.hears([], [TONE.bob, TONE.carol]);
      await alice.leave();
      await gateway.holdsNothing();
    });
  });
}
