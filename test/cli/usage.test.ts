import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { temporaryFolder } from '../support/temporary-folder.js';
import { roomline } from './roomline.js';

describe('how the command line is used', function () {
  // Twenty processes one after the other.
  this.timeout(120_000);

  it('lists its commands when asked for nothing or for help', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { code, stdout } = await roomline(args);
      assert.equal(code, 0);
      assert.match(stdout, /^Usage: roomline COMMAND/);
      for (const command of [
        'user add NAME',
        'group bind NAME [NUMBER]',
        'key create NAME',
        'import FILE',
        'user set NAME',
        'invitations ROOM',
        'cancel ROOM [ID]',
        'start',
      ]) {
        assert.ok(stdout.includes(command), command);
      }
    }
  });

  it('tells of each command what it takes, without a database', async () => {
    const folder = temporaryFolder('cli');
    const { code, stdout } = await roomline(['group', 'member', 'add', '--help'], { env: { ROOMLINE_DATA: folder } });
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: roomline group member add GROUP USER \[OPTIONS\]/);
    assert.match(stdout, /--role ROLE/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('tells the same of a command after the word help, and what there is of a family', async () => {
    for (const words of [['request'], ['group', 'member', 'add']]) {
      const [help, option] = [await roomline(['help', ...words]), await roomline([...words, '--help'])];
      assert.deepEqual([help.code, help.stdout], [0, option.stdout]);
    }
    const family = await roomline(['help', 'group', 'member']);
    assert.deepEqual([family.code, family.stderr], [0, '']);
    assert.match(family.stdout, /^roomline group member add GROUP USER: /m);
    assert.match((await roomline(['help', 'start'])).stdout, /^roomline start \[--role .*\]: run the gateway/);
  });

  it('ends with exit code 2 when it does not understand, before it touches the database', async () => {
    const folder = temporaryFolder('cli');
    for (const args of [
      ['nonsense'],
      ['help', 'nonsense'],
      ['user'],
      ['user', 'add'],
      ['user', 'add', 'anna', 'bert'],
      ['user', 'list', '--colour'],
      ['user', 'set', 'anna'],
      ['user', 'set', 'anna', '--telephone', '+4930123456', '--no-telephone'],
      ['group', 'bind', 'ops', '12'],
      ['group', 'member', 'add', 'ops', 'anna', '--role', 'king'],
      ['key', 'create', 'billing'],
      ['key', 'create', 'billing', '--scope', 'everything'],
      ['key', 'create', 'billing', '--scope', 'admin', '--days', '0'],
      ['request', 'voice'],
      ['request', 'voice-communication', '--user', 'anna', '--device', 'pigeon'],
      ['invitations'],
      ['invitations', 'engineering', '--user', 'anna'],
      ['cancel', '12', '--user', 'anna'],
      ['cancel', '4711', 'one', 'two'],
      ['request', 'voice-communication', '--user', 'anna', '--url', 'ftp://example.com'],
    ]) {
      const { code, stderr } = await roomline(args, { env: { ROOMLINE_DATA: folder } });
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^roomline: /);
    }
    assert.deepEqual(readdirSync(folder), []);
    // Twenty processes, one after the other.
  }).timeout(120_000);

  it('has no option for a password', async () => {
    const { code, stderr } = await roomline(['user', 'add', 'anna', '--password', 'secret']);
    assert.equal(code, 2);
    assert.match(stderr, /--password/);
  });

  it('says so in one line where the settings are wrong', async () => {
    const { code, stderr } = await roomline(['user', 'list'], { env: { DATABASE_URL: 'postgres://localhost/x' } });
    assert.equal(code, 1);
    assert.match(stderr, /^roomline: database\.url \(DATABASE_URL\).*\n$/);
  });
});
