import { join } from 'node:path';
import { PACKAGE_ROOT } from '../setup/package-root.js';
import { prepareTests } from '../setup/prepare-tests.js';
import { run } from '../setup/run.js';
import { runCommand } from '../setup/run-command.js';
import { runTests } from '../setup/run-tests.js';
import { say } from '../setup/say.js';

const TYPESCRIPT = join('node_modules', 'typescript', 'bin', 'tsc');

const BIOME = join('node_modules', '@biomejs', 'biome', 'bin', 'biome');
// Left to itself it colours what goes into a file, too.
const COLORS = process.stdout.isTTY ? 'force' : 'off';

/** @type {readonly { name: string, command: readonly string[] }[]} */
const CHECKS = [
  { name: 'format and lint', command: [BIOME, 'ci', `--colors=${COLORS}`, '.'] },
  { name: 'types', command: [TYPESCRIPT, '--noEmit', '-p', '.'] },
  { name: 'types of the softphone', command: [TYPESCRIPT, '--noEmit', '-p', 'web-softphone'] },
];

await runCommand(async (signal) => {
  await prepareTests(signal);
  for (const { name, command } of CHECKS) {
    say(`checking ${name}`);
    await run(process.execPath, command, { cwd: PACKAGE_ROOT, signal, shown: true });
  }
  await runTests([], signal);
});
