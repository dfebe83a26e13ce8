import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { TestGateway } from '../support/gateway.js';
import { SipPhone } from '../support/sip-phone.js';
import { roomline } from './roomline.js';

interface Listed {
  readonly invitations: readonly { readonly id: string; readonly to: string; readonly state: string }[];
}

describe('invitations from the command line', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let number: string;

  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway?.stop());

  const run = (user: string, ...args: string[]) =>
    roomline([...args, '--user', user, '--url', gateway.httpUrl], { env: { ROOMLINE_PASSWORD: `${user}-demo` } });
  const done = async (user: string, ...args: string[]) => {
    const result = await run(user, ...args);
    assert.equal(result.code, 0, result.stderr);
    return result;
  };
  const listed = async (user = 'alice') =>
    (await done(user, 'invitations', number, '--json')).json<Listed>().invitations;

  let team: string[];

  beforeEach(async function () {
    team = ['--team', this.currentTest?.title ?? ''];
    const made = await done('alice', 'request', 'temporary-voice-communication', ...team, '--json');
    ({ number } = made.json<{ room: { number: string } }>().room);
  });

  const invite = (...names: string[]) =>
    done('alice', 'request', 'temporary-voice-communication-invitation', ...team, '--invite', names.join());

  it('are listed with what became of them, in words', async () => {
    assert.match((await done('alice', 'invitations', number)).stdout, /^nobody was invited into room \d+$/m);
    await invite('bob', 'carol');
    await eventually('nobody to be reachable', listed, (all) => all.every(({ state }) => state === 'unreachable'));
    const { stdout } = await done('alice', 'invitations', number);
    assert.match(stdout, /^INVITED +OUTCOME +TRIES +BY +SINCE +ID$/m);
    assert.match(stdout, /^bob +not reachable \(no-contact\) +0 +alice +20\S+Z +[0-9a-f-]{36}$/m);
    assert.match(stdout, /^carol +not reachable/m);
  });

  it('are cancelled one by one, and all at once', async () => {
    await invite('bob', 'carol', 'dave');
    const [bob] = await listed();
    assert.ok(bob);
    const one = await done('alice', 'cancel', number, bob.id);
    assert.equal(one.stdout, `invitation ${bob.id} into room ${number} cancelled\n`);
    assert.equal((await done('alice', 'cancel', number)).stdout, `2 invitations into room ${number} cancelled\n`);
    assert.deepEqual((await done('alice', 'cancel', number, '--json')).json(), { cancelled: 0 });
    assert.ok((await listed()).every(({ state }) => state === 'cancelled'));
  });

  it('are not there for others, and not where there is no room: exit code 1, which says why', async () => {
    for (const [user, args, says] of [
      ['erin', ['invitations', number], /may not enter room \d+ \(403 not-invited\)/],
      ['erin', ['cancel', number], /\(403 not-invited\)/],
      ['alice', ['cancel', number, 'nothing'], /\(404 invitation-not-found\)/],
      ['alice', ['invitations', '999999'], /there is no room 999999 \(404 room-not-found\)/],
    ] as const) {
      const { code, stderr } = await run(user, ...args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    }
  });

  it('to telephones are refused with the reason where there is no trunk', async () => {
    const asked = ['request', 'exclusive-voice-communication-invitation', '--invite', 'tel:+4930123456'];
    const { code, stderr } = await run('alice', ...asked);
    assert.equal(code, 1);
    assert.match(stderr, /no trunk to call \+4930123456 by.*\(400 no-trunk\)/);
  });

  it('of oneself ring one’s own desk phone, if there is one', async () => {
    const asked = ['request', 'exclusive-voice-communication', '--device', 'desk-phone'];
    const refused = await run('bob', ...asked);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no desk phone of bob is registered.*\(409 no-desk-phone\)/);
    const phone = await SipPhone.open({ server: gateway.sip, user: 'bob', password: 'bob-demo' });
    try {
      assert.equal((await phone.register()).status, 200);
      phone.answers = false;
      assert.match((await done('bob', ...asked)).stdout, /^room \d+, sip:.*\nyour desk phone rings$/m);
      const invite = await phone.awaitMessage(
        'an INVITE',
        (message) => message.isRequest && message.method === 'INVITE',
      );
      phone.reply(invite, 486, 'Busy Here');
      await gateway.holdsNothing();
    } finally {
      await phone.close();
    }
  });
});
