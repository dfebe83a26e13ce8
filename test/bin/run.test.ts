import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../bin/setup/run.js';
import { Interrupted, SetupError } from '../../bin/setup/say.js';
import { eventually } from '../support/eventually.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('running a tool', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;
  const node = (script: string, signal: AbortSignal = never) =>
    run(process.execPath, ['-e', script], { cwd: folder.path, signal });

  it('is quiet about a tool that succeeds', async () => {
    await node('console.log("noise"); console.error("noise")');
  });

  it('shows the last 20 lines of one that fails, and its exit code', async () => {
    const attempt = node('for (let i = 1; i <= 50; i++) console.log("line " + i); process.exitCode = 3');
    await assert.rejects(attempt, (error: Error) => {
      assert.ok(error instanceof SetupError);
      const [head, ...lines] = error.message.split('\n').slice(-21);
      assert.match(head ?? '', /ended with exit code 3:$/);
      assert.deepEqual([lines.length, lines[0], lines[19]], [20, 'line 31', 'line 50']);
      return true;
    });
  });

  it('says which program cannot be run', async () => {
    const attempt = run('no-such-program', [], { cwd: folder.path, signal: never });
    await assert.rejects(attempt, /cannot run no-such-program: .*ENOENT/);
  });

  it('ends a tool with all it started when interrupted', async () => {
    const pidFile = join(folder.path, 'pid');
    const interruption = new AbortController();
    const attempt = node(
      `const grandchild = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
       require('node:fs').writeFileSync('pid.part', String(grandchild.pid));
       require('node:fs').renameSync('pid.part', 'pid');`,
      interruption.signal,
    );
    const outcome = assert.rejects(attempt, Interrupted);
    const pid = Number(
      await eventually(
        'the grandchild',
        () => readIfThere(pidFile),
        (text) => text !== '',
      ),
    );
    interruption.abort();
    await outcome;
    await eventually(
      'the grandchild to end',
      () => isRunning(pid),
      (running) => !running,
    );
  });

  it('starts nothing after an interruption', async () => {
    await assert.rejects(node('process.exit(1)', AbortSignal.abort()), Interrupted);
  });
});

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
