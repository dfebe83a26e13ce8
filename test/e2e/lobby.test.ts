import assert from 'node:assert/strict';
import { Caller, type CallerOptions } from '../support/caller.js';
import { TestGateway } from '../support/gateway.js';
import { beginsToHear, hearsWhole, soundIn, timesHeard } from '../support/heard-sound.js';
import { hearsExactly } from '../support/hearing.js';
import { type KeyWay, pressKeys } from '../support/keypad.js';
import { Prompts } from '../support/prompts.js';
import { level } from '../support/signal.js';

const LOBBY = '1000';
/** Speech as loud as people's. */
const LOUDEST_DBFS = -18;
const QUIETEST_DBFS = -34;

describe('the lobby', function () {
  this.timeout(90_000);
  let gateway: TestGateway;
  let prompts: Prompts;
  let number: string;
  const callers: Caller[] = [];

  const callTo = async (dialled: string, user: string, options: Partial<CallerOptions> = {}) => {
    const caller = await Caller.enter(dialled, { server: gateway.sip, user, ...options });
    callers.push(caller);
    return caller;
  };
  const usersIn = async () => (await gateway.api.room('alice', number)).participants.map(({ user }) => user);

  before(async () => {
    [gateway, prompts] = await Promise.all([TestGateway.start(), Prompts.open()]);
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

  for (const way of ['RFC 4733', 'INFO'] satisfies KeyWay[]) {
    it(`lets a member in who presses the room’s number by ${way}; until then the room hears nothing of them`, async () => {
      const alice = await callTo(number, 'alice', { rtp: { frequencyHz: 1300 } });
      const dave = await callTo(number, 'dave');
      const bob = await callTo(LOBBY, 'bob', { rtp: { frequencyHz: 700 } });
      await hearsWhole('bob', bob.rtp, await prompts.say('lobby-enter-room'));
      assert.deepEqual((await usersIn()).sort(), ['alice', 'dave']);
      dave.rtp.forget();
      await pressKeys(bob, number, way);
      await hearsExactly('dave', dave.rtp, [1300], [700, 1300]);
      await pressKeys(bob, '#', way);
      await gateway.holds({ participants: 3 });
      await hearsExactly('alice', alice.rtp, [700], [700, 1300]);
      await hearsExactly('bob', bob.rtp, [1300], [700, 1300]);
    });
  }

  it('says the welcome and the question once, whole, and as loud as people speak', async () => {
    const bob = await callTo(LOBBY, 'bob');
    const [welcome, question] = [await prompts.say('lobby-welcome'), await prompts.say('lobby-enter-room')];
    const { at } = await hearsWhole('bob', bob.rtp, welcome);
    const asked = await hearsWhole('bob', bob.rtp, question);
    assert.ok(asked.at >= at + welcome.samples.length, 'one after the other');
    const recording = bob.rtp.heard();
    assert.deepEqual([timesHeard(recording, welcome), timesHeard(recording, question)], [1, 1]);
    const loudness = level(recording.subarray(at, at + welcome.samples.length));
    assert.ok(loudness < LOUDEST_DBFS && loudness > QUIETEST_DBFS, `the welcome has ${loudness} dBFS`);
  });

  it('stops speaking at a key, and asks for nothing that was pressed already', async () => {
    const bob = await callTo(LOBBY, 'bob');
    const [welcome, question] = [await prompts.say('lobby-welcome'), await prompts.say('lobby-enter-room')];
    await beginsToHear('bob', bob.rtp, welcome);
    await pressKeys(bob, `${number}#`);
    await gateway.holds({ participants: 1 });
    const recording = bob.rtp.heard();
    const heard = soundIn(recording, welcome);
    assert.equal(heard?.whole, false);
    assert.equal(soundIn(recording, question), undefined);
    assert.deepEqual(await usersIn(), ['bob']);
  });

  it('tells one who may not enter a room so, and lets them try another', async () => {
    const salesNumber = await gateway.api.roomNumber('erin', 'sales');
    const bob = await callTo(LOBBY, 'bob');
    await pressKeys(bob, `${salesNumber}#`);
    await hearsWhole('bob', bob.rtp, await prompts.say('lobby-not-allowed'));
    await pressKeys(bob, `${number}#`);
    await gateway.holds({ participants: 1 });
    assert.deepEqual(await usersIn(), ['bob']);
  });

  it('says of three numbers that no room has them, says goodbye, and hangs up', async () => {
    const bob = await callTo(LOBBY, 'bob');
    const unknown = await prompts.say('lobby-unknown-room');
    let from = 0;
    for (const wrong of ['9997', '9998', '9999']) {
      await pressKeys(bob, `${wrong}#`, 'INFO');
      const heard = await hearsWhole('bob', bob.rtp, unknown, { from });
      from = heard.at + unknown.samples.length;
    }
    await hearsWhole('bob', bob.rtp, await prompts.say('goodbye'), { from });
    await bob.call.awaitBye();
  });

  it('holds nothing of one who hangs up while they are asked', async () => {
    const bob = await callTo(LOBBY, 'bob');
    await beginsToHear('bob', bob.rtp, await prompts.say('lobby-enter-room'));
    await bob.leave();
    await gateway.holdsNothing();
  });
});
