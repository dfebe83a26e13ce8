import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { Child } from '../support/child.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the roomline command', () => {
  const folder = useTemporaryFolder();
  beforeEach(() => {
    cpSync(join(PACKAGE_ROOT, 'bin'), join(folder.path, 'bin'), { recursive: true });
    cpSync(join(PACKAGE_ROOT, 'package.json'), join(folder.path, 'package.json'));
  });

  const roomline = (...args: readonly string[]) =>
    Child.start(process.execPath, [join(folder.path, 'bin', 'roomline.js'), ...args], { cwd: '/' });

  it('is the bin of the package, so that npx finds it in the checkout', () => {
    const { bin } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
      bin: { roomline: string };
    };
    assert.ok(existsSync(join(PACKAGE_ROOT, bin.roomline)));
    assert.match(readFileSync(join(PACKAGE_ROOT, bin.roomline), 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });

  it('says so where nothing is built yet', async () => {
    const child = await roomline('user', 'list');
    assert.deepEqual(await child.exited, { code: 1, signal: null });
    assert.match(child.stderr, /^roomline: Roomline is not built yet: run `npm run build`.*\n$/);
  });

  it('hands its arguments to the command line that is built, and its exit code back', async () => {
    folder.write(
      'dist/gateway/cli/main.js',
      `export async function main() { console.log(process.argv.slice(2).join(' ')); process.exitCode = 2; }`,
    );
    const child = await roomline('user', 'list', '--json');
    assert.deepEqual(await child.exited, { code: 2, signal: null });
    assert.equal(child.stdout, 'user list --json\n');
  });
});
