import assert from 'node:assert/strict';
import { Caller, type CallerOptions } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { TestGateway } from '../support/gateway.js';
import { beginsToHear, hearsWhole, soundIn } from '../support/heard-sound.js';
import { hearsExactly } from '../support/hearing.js';
import { type KeyWay, pressKeys } from '../support/keypad.js';
import { firstSound } from '../support/prompt.js';
import { Prompts } from '../support/prompts.js';
import type { RtpPhone } from '../support/rtp-phone.js';
import { yamlFile } from '../support/yaml-file.js';

const BOB_HZ = 700;
const CAROL_HZ = 1300;
const TONES = [BOB_HZ, CAROL_HZ];
const SILENT_SAMPLES = 1600;

const hearsSilence = (who: string, rtp: RtpPhone) =>
  eventually(
    `${who} to hear nothing`,
    () => firstSound(rtp.lastHeard(SILENT_SAMPLES)),
    (at) => at === -1,
  );

describe('in a room', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let prompts: Prompts;
  let number: string;
  const callers: Caller[] = [];

  const enter = async (user: string, options: Partial<CallerOptions> = {}) => {
    const caller = await Caller.enter(number, { server: gateway.sip, user, ...options });
    callers.push(caller);
    await gateway.holds({ participants: callers.length });
    return caller;
  };
  const bob = () => enter('bob', { rtp: { frequencyHz: BOB_HZ } });
  const carol = () => enter('carol', { rtp: { frequencyHz: CAROL_HZ } });
  const participant = async (user: string) => {
    const { participants } = await gateway.api.room('alice', number);
    return participants.find((candidate) => candidate.user === user) ?? assert.fail(`${user} is not in the room`);
  };

  before(async () => {
    const config = yamlFile({ invitations: { announceJoins: false } });
    [gateway, prompts] = await Promise.all([TestGateway.start({ ROOMLINE_CONFIG: config }), Prompts.open()]);
    number = await gateway.api.roomNumber('alice', 'engineering');
  });
  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.close();
    await gateway.holdsNothing();
  });
  after(async () => {
    await prompts?.close();
    await gateway?.stop();
  });

  describe('who is alone', () => {
    it('is told so, hears music, and silence when another enters', async () => {
      const dave = await enter('dave');
      const { at, samples } = await hearsWhole('dave', dave.rtp, await prompts.say('alone'));
      await beginsToHear('dave', dave.rtp, prompts.sound('music'), { from: at + samples });
      const alice = await enter('alice');
      // A packet of it may still be on its way.
      await hearsSilence('dave', dave.rtp);
      dave.rtp.forget();
      await dave.rtp.hear(50);
      const recording = dave.rtp.heard();
      assert.equal(firstSound(recording), -1, 'nothing is heard of the music');
      assert.equal(firstSound(alice.rtp.heard()), -1, 'nor did the other hear of it');
    });

    it('hears the music on after an answer to a key', async () => {
      const dave = await enter('dave');
      await beginsToHear('dave', dave.rtp, prompts.sound('music'));
      await pressKeys(dave, '*1');
      const { at, samples } = await hearsWhole('dave', dave.rtp, await prompts.say('count-alone'));
      await beginsToHear('dave', dave.rtp, prompts.sound('music'), { from: at + samples });
    });
  });

  describe('the keypad', () => {
    for (const way of ['RFC 4733', 'INFO'] satisfies KeyWay[]) {
      it(`counts by *1, pressed by ${way}, for the one who asks alone`, async () => {
        const asking = await enter('bob');
        const others = [await enter('carol'), await enter('dave')];
        for (const { rtp } of others) rtp.forget();
        await pressKeys(asking, '*1', way);
        await hearsWhole('bob', asking.rtp, await prompts.say('count-here', { count: { count: 2 } }));
        for (const { rtp } of others) assert.equal(firstSound(rtp.heard()), -1);
      });
    }

    it('mutes by *6 and lets be heard again by the next', async () => {
      const talker = await bob();
      const listener = await carol();
      await hearsExactly('carol', listener.rtp, [BOB_HZ], TONES);
      await pressKeys(talker, '*6');
      await hearsExactly('carol', listener.rtp, [], TONES);
      assert.equal((await participant('bob')).muted, true);
      await pressKeys(talker, '*6');
      await hearsExactly('carol', listener.rtp, [BOB_HZ], TONES);
      assert.equal((await participant('bob')).muted, false);
    });

    it('says that one is muted, and is no longer', async () => {
      const talker = await bob();
      await enter('dave');
      await pressKeys(talker, '*6');
      const { at, samples } = await hearsWhole('bob', talker.rtp, await prompts.say('muted'));
      await pressKeys(talker, '*6');
      await hearsWhole('bob', talker.rtp, await prompts.say('unmuted'), { from: at + samples });
    });

    it('raises a hand by *5', async () => {
      const asking = await bob();
      await enter('dave');
      await pressKeys(asking, '*5');
      await hearsWhole('bob', asking.rtp, await prompts.say('hand-raised'));
    });

    it('says by *0 what there is, until the next key', async () => {
      const asking = await bob();
      await enter('dave');
      const menu = await prompts.say('menu');
      await pressKeys(asking, '*0');
      await beginsToHear('bob', asking.rtp, menu);
      await pressKeys(asking, '*1');
      await hearsWhole('bob', asking.rtp, await prompts.say('count-here', { count: { count: 1 } }));
      assert.equal(soundIn(asking.rtp.heard(), menu)?.whole, false);
    });

    it('locks the room by a moderator’s *9 against others, and opens it by the next', async () => {
      const alice = await enter('alice');
      await enter('dave');
      await pressKeys(alice, '*9');
      const { at, samples } = await hearsWhole('alice', alice.rtp, await prompts.say('room-locked'));
      const late = await Caller.open(number, { server: gateway.sip, user: 'bob' });
      try {
        assert.equal((await late.call.invite()).status, 403);
      } finally {
        await late.close();
      }
      await pressKeys(alice, '*9');
      await hearsWhole('alice', alice.rtp, await prompts.say('room-unlocked'), { from: at + samples });
      await enter('carol');
    });

    it('tells one in the lobby that the room is locked, and goodbye', async () => {
      const alice = await enter('alice');
      await pressKeys(alice, '*9');
      await hearsWhole('alice', alice.rtp, await prompts.say('room-locked'));
      const late = await Caller.enter('1000', { server: gateway.sip, user: 'bob' });
      try {
        await pressKeys(late, `${number}#`);
        await hearsWhole('bob', late.rtp, await prompts.say('lobby-locked'));
        await hearsWhole('bob', late.rtp, await prompts.say('goodbye'));
        await late.call.awaitBye();
      } finally {
        await late.close();
      }
    });

    it('mutes all by a moderator’s *8, and tells them', async () => {
      const alice = await enter('alice');
      const talker = await bob();
      await hearsExactly('alice', alice.rtp, [BOB_HZ], TONES);
      await pressKeys(alice, '*8');
      await hearsWhole('bob', talker.rtp, await prompts.say('muted-by-moderator'));
      await hearsExactly('alice', alice.rtp, [], TONES);
      assert.deepEqual([(await participant('alice')).muted, (await participant('bob')).muted], [false, true]);
    });

    it('does neither for one who does not moderate', async () => {
      const asking = await bob();
      const listener = await carol();
      for (const code of ['*8', '*9']) {
        asking.rtp.forget();
        listener.rtp.sending = false;
        await pressKeys(asking, code);
        await hearsWhole('bob', asking.rtp, await prompts.say('not-moderator'));
      }
      assert.equal((await participant('carol')).muted, false);
      await enter('dave');
    });
  });

  it('tells one on a telephone that they were muted on the page', async () => {
    const talker = await bob();
    await enter('dave');
    const { id } = await participant('bob');
    const { status } = await gateway.api.request('alice', 'PATCH', `/v1/rooms/${number}/participants/${id}`, {
      muted: true,
    });
    assert.equal(status, 200);
    await hearsWhole('bob', talker.rtp, await prompts.say('muted'));
  });
});

describe('in a room that wants to hear who joins', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let prompts: Prompts;
  const callers: Caller[] = [];

  before(async () => {
    const config = yamlFile({ invitations: { announceJoins: true } });
    [gateway, prompts] = await Promise.all([TestGateway.start({ ROOMLINE_CONFIG: config }), Prompts.open()]);
  });
  after(async () => {
    for (const caller of callers) await caller.close();
    await prompts?.close();
    await gateway?.stop();
  });

  it('all hear the name of one who joins, but the one who does', async () => {
    const number = await gateway.api.roomNumber('alice', 'engineering');
    for (const user of ['alice', 'carol', 'bob']) {
      callers.push(await Caller.enter(number, { server: gateway.sip, user }));
      await gateway.holds({ participants: callers.length });
    }
    const { displayName } = (await gateway.api.request<{ displayName: string }>('bob', 'GET', '/v1/me')).body;
    const joined = await prompts.say('joined', { name: { name: displayName, recordedAs: 'bob' } });
    const [alice, carol, bob] = callers;
    for (const caller of [alice, carol]) {
      if (caller !== undefined) await hearsWhole(caller.user, caller.rtp, joined);
    }
    assert.equal(soundIn(bob?.rtp.heard() ?? new Int16Array(), joined), undefined);
  });
});
