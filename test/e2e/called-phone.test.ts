import assert from 'node:assert/strict';
import { Baresip } from '../support/baresip.js';
import { CalledPhone } from '../support/called-phone.js';
import { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { TestGateway } from '../support/gateway.js';
import { beginsToHear, hearsWhole, soundIn, timesHeard } from '../support/heard-sound.js';
import { hearsExactly } from '../support/hearing.js';
import { type KeyWay, pressKeys } from '../support/keypad.js';
import { hearsAlike } from '../support/likeness.js';
import { Prompts } from '../support/prompts.js';
import { toneFile } from '../support/tone-file.js';
import { yamlFile } from '../support/yaml-file.js';

const ALICE_HZ = 1300;
const BOB_HZ = 700;
const TONES = [BOB_HZ, ALICE_HZ];
const COMPLETED = 'SIP;cause=200;text="Call completed elsewhere"';

interface ApiInvitation {
  readonly id: string;
  readonly to: string;
  readonly state: string;
  readonly tries: number;
  readonly cause?: string;
}

describe('an invited desk phone', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let prompts: Prompts;
  let number: string;
  const phones: { close(): Promise<void> }[] = [];

  const deskPhone = async (user: string) => {
    const phone = await CalledPhone.open({
      server: gateway.sip,
      user,
      password: `${user}-demo`,
      rtp: { frequencyHz: BOB_HZ },
    });
    phones.push(phone);
    return phone;
  };
  const alice = async () => {
    const caller = await Caller.enter(number, { server: gateway.sip, user: 'alice', rtp: { frequencyHz: ALICE_HZ } });
    phones.push(caller);
    return caller;
  };
  const invite = async (...names: string[]) => {
    const { status, body } = await gateway.api.request('alice', 'POST', '/v1/voice-requests', {
      kind: 'voice-communication-invitation',
      group: 'engineering',
      invite: names,
    });
    assert.equal(status, 201, JSON.stringify(body));
  };
  /** What became of somebody's latest invitation. */
  const becomes = (name: string, state: string) =>
    eventually(
      `the invitation of ${name} to be ${state}`,
      async () => {
        const path = `/v1/rooms/${number}/invitations`;
        const { body } = await gateway.api.request<{ invitations: ApiInvitation[] }>('alice', 'GET', path);
        return body.invitations.filter(({ to }) => to === name).at(-1);
      },
      (invitation) => invitation?.state === state,
    );
  const users = async () => (await gateway.api.room('alice', number)).participants.map(({ user }) => user).sort();
  const question = () => prompts.say('invitation', { inviter: { name: 'Alice' }, group: { name: 'Engineering' } });

  before(async () => {
    const config = yamlFile({ invitations: { tries: 1, announceJoins: false } });
    [gateway, prompts] = await Promise.all([TestGateway.start({ ROOMLINE_CONFIG: config }), Prompts.open()]);
    number = await gateway.api.roomNumber('alice', 'engineering');
  });
  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.close();
    await gateway.holdsNothing();
    await gateway.api.request('alice', 'DELETE', `/v1/rooms/${number}/invitations`);
  });
  after(async () => {
    await prompts?.close();
    await gateway?.stop();
  });

  for (const way of ['RFC 4733', 'INFO'] satisfies KeyWay[]) {
    it(`hears who invites it whereto, twice if need be, and enters on 1 by ${way}; the room hears nothing of that`, async () => {
      const inRoom = await alice();
      const bob = await deskPhone('bob');
      await invite('bob');
      const call = await bob.invited();
      assert.match(call.header('From'), new RegExp(`^"Alice \\(Engineering\\)" <sip:${number}@`));
      await becomes('bob', 'ringing');
      await bob.answer();
      const asked = await question();
      const first = await hearsWhole('bob', bob.rtp, asked);
      await becomes('bob', 'confirming');
      const second = first.at + asked.samples.length;
      await beginsToHear('bob', bob.rtp, asked, { from: second });
      assert.deepEqual(await users(), ['alice']);
      inRoom.rtp.forget();
      await inRoom.rtp.hear(25);
      await pressKeys(bob, '1', way);
      await becomes('bob', 'joined');
      const before = inRoom.rtp.heard();
      assert.equal(soundIn(before, asked), undefined);
      await hearsExactly('alice', inRoom.rtp, [BOB_HZ], TONES);
      await hearsExactly('bob', bob.rtp, [ALICE_HZ], TONES);
      assert.deepEqual(await users(), ['alice', 'bob']);
      // The second was cut short by the key.
      assert.equal(soundIn(bob.rtp.heard(), asked, { from: second })?.whole, false);
      assert.equal(timesHeard(bob.rtp.heard(), asked), 2);
      const { participants } = await gateway.api.room('alice', number);
      assert.equal(participants.find(({ user }) => user === 'bob')?.device, 'desk-phone');
    });
  }

  it('takes a key while the question is asked, and asks no further', async () => {
    const bob = await deskPhone('bob');
    await invite('bob');
    await bob.answer();
    const asked = await question();
    await beginsToHear('bob', bob.rtp, asked);
    await pressKeys(bob, '1');
    await becomes('bob', 'joined');
    assert.equal(soundIn(bob.rtp.heard(), asked)?.whole, false);
    assert.deepEqual(await users(), ['bob']);
    await bob.hangUp();
  });

  it('is unanswered when it hangs up while it is asked, and nothing is left of it', async () => {
    const bob = await deskPhone('bob');
    await invite('bob');
    await bob.answer();
    await beginsToHear('bob', bob.rtp, await question());
    await bob.hangUp();
    assert.equal((await becomes('bob', 'no-answer'))?.cause, 'hung-up');
    await gateway.holdsNothing();
  });

  it('declines on 2, is thanked, and is hung up', async () => {
    const bob = await deskPhone('bob');
    await invite('bob');
    await bob.answer();
    await beginsToHear('bob', bob.rtp, await question());
    await pressKeys(bob, '2');
    await becomes('bob', 'declined');
    await hearsWhole('bob', bob.rtp, await prompts.say('invitation-declined'));
    await bob.ended();
  });

  it('is taken for voicemail when no key is pressed, having heard the question twice', async () => {
    const bob = await deskPhone('bob');
    await invite('bob');
    await bob.answer();
    await eventually(
      'the BYE',
      () => bob.phone.received.some(({ method, isRequest }) => isRequest && method === 'BYE'),
      Boolean,
      60_000,
    );
    await bob.ended();
    await becomes('bob', 'voicemail');
    assert.equal(timesHeard(bob.rtp.heard(), await question()), 2);
  });

  for (const [status, reason, state] of [
    [486, 'Busy Here', 'busy'],
    [603, 'Decline', 'declined'],
    [480, 'Temporarily Unavailable', 'unreachable'],
    [404, 'Not Found', 'unreachable'],
    [500, 'Server Internal Error', 'failed'],
  ] as const) {
    it(`is ${state} when it answers ${status}`, async () => {
      const bob = await deskPhone('bob');
      await invite('bob');
      await bob.refuse(status, reason);
      assert.equal((await becomes('bob', state))?.cause, String(status));
    });
  }

  it('does not follow a 302 to where the rules lead nobody', async () => {
    const bob = await deskPhone('bob');
    await invite('bob');
    await bob.refuse(302, 'Moved Temporarily', [['Contact', '<sip:+4990012345@premium.example.com>']]);
    assert.equal((await becomes('bob', 'failed'))?.cause, '302');
    assert.equal(bob.calls, 1);
  });

  it('goes on ringing while another of the same person is asked, and stops when that one accepts', async () => {
    const [kitchen, study] = [await deskPhone('bob'), await deskPhone('bob')];
    await invite('bob');
    await study.invited();
    await kitchen.answer();
    await beginsToHear('the kitchen', kitchen.rtp, await question());
    assert.equal(
      study.phone.received.some(({ method }) => method === 'CANCEL'),
      false,
    );
    await pressKeys(kitchen, '1');
    assert.equal((await study.cancelled()).header('Reason'), COMPLETED);
    await becomes('bob', 'joined');
    assert.deepEqual(await users(), ['bob']);
  });

  it('is hung up with a reason when another of the same person accepts first', async () => {
    const [kitchen, study] = [await deskPhone('bob'), await deskPhone('bob')];
    await invite('bob');
    await Promise.all([kitchen.answer(), study.answer()]);
    const asked = await question();
    await Promise.all([beginsToHear('kitchen', kitchen.rtp, asked), beginsToHear('study', study.rtp, asked)]);
    await pressKeys(study, '1', 'INFO');
    assert.equal((await kitchen.ended()).header('Reason'), COMPLETED);
    await becomes('bob', 'joined');
    await gateway.holds({ legs: 1, participants: 1, rtpengineCalls: 1, mixerPorts: 1 });
  });

  it('that is a real one, hears the question and enters on 1', async () => {
    const microphone = toneFile(BOB_HZ, 120);
    const inRoom = await alice();
    const carol = await Baresip.start({ server: gateway.sip, user: 'carol', password: 'carol-demo', microphone });
    try {
      await carol.registered();
      await invite('carol');
      await eventually('the phone to ring', () => carol.events.some(({ type }) => type === 'CALL_INCOMING'), Boolean);
      await carol.command('accept');
      await hearsAlike('carol', carol, await question());
      await carol.press('1');
      await becomes('carol', 'joined');
      await hearsExactly('alice', inRoom.rtp, [BOB_HZ], TONES);
      await hearsExactly('carol', carol, [ALICE_HZ], TONES);
      await carol.hangUp();
    } finally {
      await carol.stop();
    }
  });
});
