import assert from 'node:assert/strict';
import type { Sound } from '../../gateway/sound.js';
import { Baresip } from '../support/baresip.js';
import { Caller, type CallerOptions } from '../support/caller.js';
import { TestGateway } from '../support/gateway.js';
import { beginsToHear, hearsWhole, soundIn, timesHeard } from '../support/heard-sound.js';
import { hearsExactly } from '../support/hearing.js';
import { type KeyWay, pressKeys } from '../support/keypad.js';
import { hearsAlike } from '../support/likeness.js';
import { Prompts } from '../support/prompts.js';
import { level } from '../support/signal.js';
import { toneFile } from '../support/tone-file.js';
import { yamlFile } from '../support/yaml-file.js';

const LOBBY = '1000';
/** Speech as loud as people's. */
const LOUDEST_DBFS = -18;
const QUIETEST_DBFS = -34;

describe('the lobby', function () {
  this.timeout(120_000);
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
  /** A call to the lobby that is welcomed still: a busy machine may notice so late that it is over. */
  const callInTime = async (welcome: Sound): Promise<Caller> => {
    for (;;) {
      const bob = await callTo(LOBBY, 'bob');
      await beginsToHear('bob', bob.rtp, welcome);
      const heard = soundIn(bob.rtp.heard(), welcome);
      if (heard !== undefined && heard.samples < welcome.samples.length / 2) return bob;
      await bob.leave();
    }
  };

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

  it('lets baresip in, which hears what it is asked and presses its keys', async () => {
    const alice = await callTo(number, 'alice', { rtp: { frequencyHz: 1300 } });
    const phone = await Baresip.start({
      server: gateway.sip,
      user: 'carol',
      password: 'carol-demo',
      microphone: toneFile(700, 30),
    });
    try {
      await phone.registered();
      await phone.dial(LOBBY);
      await hearsAlike('carol', phone, await prompts.say('lobby-enter-room'));
      for (const key of `${number}#`) await phone.press(key);
      await gateway.holds({ participants: 2 });
      await hearsExactly('alice', alice.rtp, [700], [700, 1300]);
      await hearsExactly('carol', phone, [1300], [700, 1300]);
      await phone.hangUp();
    } finally {
      await phone.stop();
    }
  });

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
    const [welcome, question] = [await prompts.say('lobby-welcome'), await prompts.say('lobby-enter-room')];
    const bob = await callInTime(welcome);
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

const TRUNK_HOST = '127.0.0.9';
const ACCESS_NUMBER = '4930111222';
const PIN = '246802';

describe('the lobby, for callers from outside', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let prompts: Prompts;
  let number: string;
  let closedNumber: string;
  let inside: Caller;
  const callers: Caller[] = [];

  const callFromOutside = async (dialled: string, caller: string) => {
    const outside = await Caller.enter(dialled, {
      server: gateway.sip,
      user: caller,
      host: TRUNK_HOST,
      rtp: { frequencyHz: 700 },
    });
    callers.push(outside);
    return outside;
  };
  /** Waits each time until they are told so; returns up to where it was heard. */
  const pressWrongPins = async (caller: Caller, pins: readonly string[]) => {
    const wrongPin = await prompts.say('lobby-wrong-pin');
    let from = 0;
    for (const pin of pins) {
      await pressKeys(caller, `${pin}#`);
      from = (await hearsWhole('the caller', caller.rtp, wrongPin, { from })).at + wrongPin.samples.length;
    }
    return from;
  };
  const namesIn = async () => (await gateway.api.room('alice', number)).participants.map(({ name }) => name);
  const refusals = async (reason: string) => {
    const metrics = await (await fetch(`${gateway.httpUrl}/metrics`)).text();
    return Number(new RegExp(`^roomline_lobby_refusals_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(metrics)?.[1]);
  };

  before(async () => {
    const trunk = { host: '127.0.0.1', inboundFrom: [TRUNK_HOST], accessNumbers: [`+${ACCESS_NUMBER}`] };
    const config = yamlFile({ trunks: { provider: trunk } });
    [gateway, prompts] = await Promise.all([TestGateway.start({ ROOMLINE_CONFIG: config }), Prompts.open()]);
    number = await gateway.api.roomNumber('alice', 'engineering');
    closedNumber = await gateway.api.roomNumber('erin', 'sales');
    const { status } = await gateway.api.request('alice', 'PUT', `/v1/rooms/${number}/pin`, { pin: PIN });
    assert.equal(status, 200);
    inside = await Caller.enter(number, { server: gateway.sip, user: 'alice', rtp: { frequencyHz: 1300 } });
  });
  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.close();
    await gateway.holds({ legs: 1, participants: 1, rtpengineCalls: 1, mixerPorts: 1 });
  });
  after(async () => {
    await inside?.close();
    await prompts?.close();
    await gateway?.stop();
  });

  for (const way of ['RFC 4733', 'INFO'] satisfies KeyWay[]) {
    it(`lets in who presses number and PIN by ${way}; until then the room hears nothing of them`, async () => {
      const caller = await callFromOutside(ACCESS_NUMBER, '+4930555');
      await hearsWhole('the caller', caller.rtp, await prompts.say('lobby-enter-room'));
      await pressKeys(caller, `${number}#`, way);
      await hearsWhole('the caller', caller.rtp, await prompts.say('lobby-enter-pin'));
      await pressKeys(caller, PIN, way);
      await hearsExactly('alice', inside.rtp, [], [700, 1300]);
      await pressKeys(caller, '#', way);
      await hearsExactly('alice', inside.rtp, [700], [700, 1300]);
      await hearsExactly('the caller', caller.rtp, [1300], [700, 1300]);
      assert.deepEqual((await namesIn()).includes('+4930555'), true);
    });
  }

  it('takes number and PIN pressed at once', async () => {
    const caller = await callFromOutside(ACCESS_NUMBER, '+4930556');
    await beginsToHear('the caller', caller.rtp, await prompts.say('lobby-welcome'));
    await pressKeys(caller, `${number}#${PIN}#`);
    await gateway.holds({ participants: 2 });
    // The keys of the PIN follow those of the number closely, and stop what was begun.
    assert.notEqual(soundIn(caller.rtp.heard(), await prompts.say('lobby-enter-pin'))?.whole, true);
  });

  it('asks one who dials a room with a PIN for that alone', async () => {
    const caller = await callFromOutside(number, '+4930557');
    await hearsWhole('the caller', caller.rtp, await prompts.say('lobby-enter-pin'));
    await pressKeys(caller, `${PIN}#`);
    await gateway.holds({ participants: 2 });
    assert.equal(soundIn(caller.rtp.heard(), await prompts.say('lobby-enter-room')), undefined);
  });

  it('says three times that a PIN is wrong, then goodbye, hangs up, and counts it', async () => {
    const before = await refusals('wrong-pin');
    const caller = await callFromOutside(number, '+4930558');
    const from = await pressWrongPins(caller, ['1111', '2222', '3333']);
    await hearsWhole('the caller', caller.rtp, await prompts.say('goodbye'), { from });
    await caller.call.awaitBye();
    assert.equal(await refusals('wrong-pin'), before + 3);
  });

  it('hears no more of one caller’s PINs once too many were wrong, and goes on hearing others’', async () => {
    const stubborn = async (wrongPins: readonly string[]) => {
      const caller = await callFromOutside(number, '+4930559');
      const from = await pressWrongPins(caller, wrongPins);
      return { caller, from };
    };
    const first = await stubborn(['1111', '2222', '3333']);
    await first.caller.call.awaitBye();
    const { caller, from } = await stubborn(['4444', '5555']);
    await pressKeys(caller, `${PIN}#`);
    await hearsWhole('the caller', caller.rtp, await prompts.say('lobby-not-allowed'), { from });
    await caller.call.awaitBye();
    const other = await callFromOutside(number, '+4930560');
    await pressKeys(other, `${PIN}#`);
    await gateway.holds({ participants: 2 });
  });

  it('says the same of a room without a PIN as of a number no room has', async () => {
    const caller = await callFromOutside(ACCESS_NUMBER, '+4930561');
    const unknown = await prompts.say('lobby-unknown-room');
    let from = 0;
    for (const wrong of [closedNumber, '9999']) {
      await pressKeys(caller, `${wrong}#`);
      from = (await hearsWhole('the caller', caller.rtp, unknown, { from })).at + unknown.samples.length;
    }
    assert.equal(soundIn(caller.rtp.heard(), await prompts.say('lobby-enter-pin')), undefined);
  });

  it('answers 404 alike where such a number is dialled', async () => {
    for (const dialled of [closedNumber, '9999']) {
      const caller = await Caller.open(dialled, { server: gateway.sip, user: '+4930562', host: TRUNK_HOST });
      callers.push(caller);
      assert.equal((await caller.call.invite()).status, 404);
    }
  });
});
