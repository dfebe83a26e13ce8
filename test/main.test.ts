import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Child } from './support/child.js';

describe('the arguments of npm start', function () {
  this.timeout(120_000);

  async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const script = join(import.meta.dirname, 'support', 'run-gateway.js');
    const child = await Child.start(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
    return { ...(await child.exited), stdout: child.stdout, stderr: child.stderr };
  }

  it('tell how it is used', async () => {
    const { code, stdout } = await start(['--help']);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: npm start .*--role both\|directory\|voice/);
  });

  it('are refused where they are not understood', async () => {
    for (const args of [['--rule', 'voice'], ['voice'], ['--role'], ['--role', 'king']]) {
      const { code, stderr } = await start(args);
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, /^roomline: /);
    }
  });

  it('choose the role, before the environment does', async () => {
    const { code, stderr } = await start(['--role', 'directory'], { ROOMLINE_ROLE: 'both' });
    assert.equal(code, 1);
    assert.match(stderr, /^roomline: role directory needs peer\.key/);
  });
});
