import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { processes } from '../support/process-tree.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the start script in a fresh checkout', () => {
  const folder = useTemporaryFolder();
  beforeEach(() => {
    cpSync(join(PACKAGE_ROOT, 'bin'), join(folder.path, 'bin'), { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) {
      cpSync(join(PACKAGE_ROOT, name), join(folder.path, name));
    }
  });

  function start(npm: string): Promise<Child> {
    folder.write('programs/package.json', '{"type": "commonjs"}');
    folder.write('programs/npm', `#!${process.execPath}\n${npm}`);
    const env = { ...process.env, PATH: `${join(folder.path, 'programs')}:${process.env.PATH}` };
    return Child.start(process.execPath, [join(folder.path, 'bin', 'start.js')], { env, cwd: '/', detached: true });
  }

  it('ends with exit code 0 when interrupted twice at once, and ends npm', async () => {
    const pidFile = join(folder.path, 'npm.pid');
    const child = await start(`
      require('node:fs').writeFileSync('npm.pid', String(process.pid));
      setInterval(() => {}, 1000);`);
    await eventually('npm to run', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', Boolean);
    child.signalGroup('SIGINT');
    child.signalGroup('SIGINT');
    assert.deepEqual(await child.exited, { code: 0, signal: null });
    const npm = Number(readFileSync(pidFile, 'utf8'));
    await eventually(
      'npm to end',
      () => processes().some(({ pid }) => pid === npm),
      (runs) => !runs,
    );
    assert.match(child.stdout, /^roomline: installing npm packages \(npm ci\)\n$/);
  });

  it('shows why npm failed, and exits non-zero', async () => {
    const child = await start(`console.error('npm error network is down'); process.exit(1);`);
    assert.deepEqual(await child.exited, { code: 1, signal: null });
    assert.match(child.stderr, /^roomline: npm ci .* ended with exit code 1:\nnpm error network is down\n$/);
  });
});
