import assert from 'node:assert/strict';
import { type Asked, createConfirmations } from '../../gateway/ivr/confirmation.js';
import { FakeClock } from '../engine/fake-clock.js';
import { FakeCall, FakeSpeaker, settled } from './fakes.js';

const PROMPT = 'en invitation(inviter=Alice A./alice,group=Engineering)';
const ASKED: Asked = {
  inviter: { name: 'alice', displayName: 'Alice A.' },
  room: { kind: 'group', title: 'Engineering' },
};

/** Somebody was called, answered, and is asked. */
async function setUp(asked: Asked = ASKED, barrier?: 'full' | 'locked') {
  const speaker = new FakeSpeaker();
  const call = new FakeCall(speaker);
  const clock = new FakeClock();
  const confirmations = createConfirmations({ speaker, clock });
  const refusals: string[] = [];
  const world = { speaker, call, clock, confirmations, started: 0, refusals, outcome: Promise.resolve('') };
  world.outcome = confirmations.confirm(call, {
    ...asked,
    onStarted: () => world.started++,
    onRefused: (refusal) => refusals.push(refusal),
    barrier: () => barrier,
  });
  await settled();
  return world;
}

async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  clock.advance(milliseconds);
  await settled();
}

describe('asking whoever answered whether they join', () => {
  it('tells who invites and into which group’s room, and that it has begun', async () => {
    const { call, started } = await setUp();
    assert.equal(call.playing, PROMPT);
    assert.equal(started, 1);
  });

  it('tells only who invites where the room is no group’s', async () => {
    for (const kind of ['temporary', 'exclusive'] as const) {
      const { call } = await setUp({ ...ASKED, room: { kind, title: 'xyz' } });
      assert.equal(call.playing, 'en invitation-to-person(inviter=Alice A./alice)');
    }
  });

  it('speaks the user’s language, else the trunk’s', async () => {
    const own = await setUp({ ...ASKED, user: { language: 'zh' }, language: 'en' });
    assert.match(own.call.playing ?? '', /^zh /);
    const trunk = await setUp({ ...ASKED, user: {}, language: 'zh' });
    assert.match(trunk.call.playing ?? '', /^zh /);
  });

  it('stops at 1, plays the tone, and lets it go on while they enter', async () => {
    const { call, outcome } = await setUp();
    await call.press('1');
    assert.equal(await outcome, 'accepted');
    assert.deepEqual(call.played, [PROMPT, 'entered']);
    assert.equal(call.playing, 'entered');
  });

  for (const [key, answer, word] of [
    ['2', 'declined', 'en invitation-declined'],
    ['3', 'snoozed', 'en invitation-snoozed'],
  ] as const) {
    it(`stops at ${key}, says a word, and is over when that is`, async () => {
      const { call, outcome, refusals } = await setUp();
      await call.press(key);
      assert.equal(call.playing, word);
      assert.deepEqual(refusals, [answer]);
      await call.hearOut();
      assert.equal(await outcome, answer);
      assert.deepEqual(call.played, [PROMPT, word]);
    });

    it(`has been answered by ${key} even when they hang up during the word`, async () => {
      const { call, outcome } = await setUp();
      await call.press(key);
      await call.hangUp();
      assert.equal(await outcome, answer);
    });
  }

  for (const barrier of ['full', 'locked'] as const) {
    it(`says that the room is ${barrier} to one who accepts`, async () => {
      const { call, outcome, refusals } = await setUp(ASKED, barrier);
      await call.press('1');
      assert.equal(call.playing, `en lobby-${barrier}`);
      await call.hearOut();
      assert.equal(await outcome, 'accepted');
      assert.deepEqual([call.played, refusals], [[PROMPT, `en lobby-${barrier}`], []]);
    });
  }

  it('takes a key after the prompt, too', async () => {
    const { call, clock, outcome } = await setUp();
    await call.hearOut();
    await pass(clock, 1999);
    await call.press('1');
    assert.equal(await outcome, 'accepted');
  });

  it('says it twice with a pause between, waits, and takes silence for no acceptance', async () => {
    const { call, clock, outcome } = await setUp();
    await call.hearOut();
    assert.equal(call.playing, undefined);
    await pass(clock, 2000);
    assert.equal(call.playing, PROMPT);
    await call.hearOut();
    await pass(clock, 4999);
    assert.equal(call.listeners, 1);
    await pass(clock, 1);
    assert.equal(await outcome, 'no-key');
    assert.deepEqual(call.played, [PROMPT, PROMPT]);
    assert.deepEqual([call.listeners, clock.pending], [0, 0]);
  });

  it('says it again at a wrong key, once', async () => {
    const { call, clock, outcome } = await setUp();
    await call.press('7');
    assert.deepEqual(call.played, [PROMPT, PROMPT]);
    await call.press('#');
    assert.deepEqual(call.played, [PROMPT, PROMPT]);
    assert.equal(call.playing, PROMPT);
    await call.hearOut();
    await pass(clock, 5000);
    assert.equal(await outcome, 'no-key');
  });

  it('takes the right key after a wrong one', async () => {
    const { call, outcome } = await setUp();
    await call.press('74');
    await call.press('1');
    assert.equal(await outcome, 'accepted');
  });

  it('does not wait for ever for one who leans on the keypad', async () => {
    const { call, outcome } = await setUp();
    await call.press('5'.repeat(40));
    assert.equal(await outcome, 'no-key');
  });

  for (const [when, reach] of [
    ['during the prompt', async () => {}],
    ['in the pause', async (call: FakeCall) => call.hearOut()],
  ] as const) {
    it(`is over when they hang up ${when}`, async () => {
      const { call, clock, outcome } = await setUp();
      await reach(call);
      await call.hangUp();
      assert.equal(await outcome, 'hung-up');
      assert.deepEqual([call.listeners, clock.pending], [0, 0]);
    });
  }

  it('says nothing to one who hung up before it began', async () => {
    const speaker = new FakeSpeaker();
    const call = new FakeCall(speaker);
    await call.hangUp();
    const { confirm } = createConfirmations({ speaker, clock: new FakeClock() });
    const outcome = await confirm(call, {
      ...ASKED,
      onStarted: () => assert.fail('it has not begun'),
      onRefused: () => assert.fail('nothing was pressed'),
      barrier: () => undefined,
    });
    assert.equal(outcome, 'hung-up');
    assert.deepEqual(call.played, []);
  });

  it('has everything made that may be said before anybody answers', async () => {
    const speaker = new FakeSpeaker();
    const { prepare } = createConfirmations({ speaker, clock: new FakeClock() });
    await prepare({ ...ASKED, user: { language: 'zh' } });
    assert.deepEqual(
      [...speaker.asked].sort(),
      [PROMPT.replace('en', 'zh'), 'zh invitation-declined', 'zh invitation-snoozed'].sort(),
    );
  });

  it('lets nobody fall over a prompt that cannot be prepared', async () => {
    const speaker = new FakeSpeaker();
    speaker.say = () => Promise.reject(new Error('no voice'));
    await createConfirmations({ speaker }).prepare(ASKED);
  });
});
