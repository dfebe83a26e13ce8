import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestMessage } from '../../bin/setup/run-tests.js';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the reporter of a run', () => {
  const folder = useTemporaryFolder();

  async function run(source: string): Promise<{ said: string; told: TestMessage }> {
    folder.write('some.test.cjs', source);
    const mocha = join(PACKAGE_ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const reporter = join(PACKAGE_ROOT, 'bin', 'setup', 'summary-reporter.js');
    const args = ['--no-config', '--no-color', '--reporter', reporter, join(folder.path, 'some.test.cjs')];
    const child = fork(mocha, args, { cwd: PACKAGE_ROOT, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const said: Buffer[] = [];
    child.stdout?.on('data', (data: Buffer) => said.push(data));
    let told: TestMessage = {};
    child.on('message', (message: TestMessage) => {
      told = message;
    });
    await once(child, 'close');
    return { said: Buffer.concat(said).toString(), told };
  }

  it('tells what failed and why to the one that runs it, who tells it last', async () => {
    const { said, told } = await run(`
      describe('sums', () => {
        it('are right', () => {});
        it('are wrong', () => { require('node:assert').deepEqual({ one: 1 }, { one: 2 }); });
      });`);
    const { failures = '', ...counts } = told;
    assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 0 });
    assert.match(failures, /1\) sums\n\s+are wrong:/);
    assert.match(failures, /-\s+"one": 1\n\s+\+\s+"one": 2/);
    assert.match(failures, /some\.test\.cjs:4/);
    assert.match(said, /1\) are wrong/);
    assert.doesNotMatch(said, /some\.test\.cjs/);
  });

  it('has nothing to tell where nothing failed', async () => {
    const { told } = await run(`it('is right', () => {}); it.skip('is left out', () => {});`);
    assert.deepEqual(told, { passed: 1, failed: 0, skipped: 1, failures: '' });
  });
});
