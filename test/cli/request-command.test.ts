import assert from 'node:assert/strict';
import { Caller } from '../support/caller.js';
import { TestGateway } from '../support/gateway.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { roomline } from './roomline.js';

interface Answer {
  readonly room: { readonly number: string; readonly kind: string };
  readonly invitations: readonly { readonly to: string; readonly state: string }[];
}

describe('a voice request from the command line', function () {
  this.timeout(120_000);
  const folder = temporaryFolder('request');
  const database = { DATABASE_URL: `sqlite:${folder}/shared.sqlite` };
  let gateway: TestGateway;

  before(async () => {
    gateway = await TestGateway.start(database);
  });
  after(() => gateway?.stop());

  const request = (args: readonly string[], env: Readonly<Record<string, string>> = {}, stdin?: string) =>
    roomline(['request', ...args, '--url', gateway.httpUrl], { env, ...(stdin === undefined ? {} : { stdin }) });

  it('prints the number to dial, which can be dialled', async () => {
    const { code, stdout } = await request(['voice-communication', '--user', 'alice'], {}, 'alice-demo\n');
    assert.equal(code, 0);
    const number = /^room (\d+), sip:\1@127\.0\.0\.1$/m.exec(stdout)?.[1] ?? '';
    const caller = await Caller.enter(number, { server: gateway.sip, user: 'alice' });
    await caller.close();
  });

  it('finds the gateway that has the same settings', async () => {
    const env = { ROOMLINE_HTTP_PORT: new URL(gateway.httpUrl).port, ROOMLINE_PASSWORD: 'alice-demo' };
    const { code, stderr } = await roomline(['request', 'voice-communication', '--user', 'alice'], { env });
    assert.equal(code, 0, stderr);
  });

  it('makes requests of every kind', async () => {
    for (const [kind, ...options] of [
      ['voice-communication', '--group', 'engineering'],
      ['voice-communication-invitation', '--invite', 'all'],
      ['temporary-voice-communication', '--team', 'Red Team'],
      ['temporary-voice-communication-invitation', '--team', 'Red Team', '--invite', 'bob', '--invite', 'carol'],
      ['exclusive-voice-communication'],
      ['exclusive-voice-communication-invitation', '--invite', 'bob'],
    ] as const) {
      const args = [kind, ...options, '--user', 'alice', '--json'];
      const result = await request(args, { ROOMLINE_PASSWORD: 'alice-demo' });
      assert.equal(result.code, 0, result.stderr);
      const { room, invitations } = result.json<Answer>();
      assert.match(room.number, /^\d{3,12}$/);
      assert.equal(invitations.length > 0, kind.endsWith('-invitation'));
    }
  });

  it('invites those named with commas, and those named again', async () => {
    const kind = 'exclusive-voice-communication-invitation';
    const args = [kind, '--user', 'alice', '--invite', 'bob, carol,', '--invite', 'dave', '--json'];
    const result = await request(args, { ROOMLINE_PASSWORD: 'alice-demo' });
    assert.equal(result.code, 0, result.stderr);
    const invited = result.json<Answer>().invitations.map(({ to }) => to);
    assert.deepEqual(invited, ['bob', 'carol', 'dave']);
  });

  it('acts for a user with an API key', async () => {
    const made = await roomline(['key', 'create', 'test', '--scope', 'requests', '--json'], { env: database });
    const { key } = made.json<{ key: string }>();
    const args = ['exclusive-voice-communication', '--user', 'erin', '--json'];
    const result = await request(args, { ROOMLINE_TOKEN: key });
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.json<Answer>().room.kind, 'exclusive');
  });

  it('says why not, with exit code 1', async () => {
    const cases: readonly { args: string[]; env: Record<string, string>; says: RegExp }[] = [
      {
        args: ['voice-communication', '--user', 'dave'],
        env: { ROOMLINE_PASSWORD: 'dave-demo' },
        says: /which group: engineering, sales \(400/,
      },
      {
        args: ['voice-communication', '--user', 'alice'],
        env: { ROOMLINE_PASSWORD: 'wrong' },
        says: /wrong \(401 bad-credentials/,
      },
      { args: ['voice-communication', '--user', 'alice'], env: {}, says: /there is no password/ },
    ];
    for (const { args, env, says } of cases) {
      const { code, stderr } = await request(args, env);
      assert.equal(code, 1);
      assert.match(stderr, says);
    }
    const nobody = await roomline(
      ['request', 'voice-communication', '--user', 'alice', '--url', 'http://127.0.0.1:1'],
      {
        env: { ROOMLINE_PASSWORD: 'alice-demo' },
      },
    );
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /no gateway answers at http:\/\/127\.0\.0\.1:1/);
  });

  it('lets a group be managed beside the gateway: who is removed is out of the room at once', async () => {
    const number = await gateway.api.roomNumber('alice', 'engineering');
    const caller = await Caller.enter(number, { server: gateway.sip, user: 'carol' });
    try {
      const removed = await roomline(['group', 'member', 'remove', 'engineering', 'carol'], { env: database });
      assert.deepEqual([removed.code, removed.stderr], [0, '']);
      await caller.call.awaitBye();
    } finally {
      await caller.close();
    }
  });
});
