import { join } from 'node:path';
import { PACKAGE_ROOT } from '../setup/package-root.js';
import { prepareTests } from '../setup/prepare-tests.js';
import { runCommand } from '../setup/run-command.js';
import { runInThisProcess } from '../setup/run-in-this-process.js';

await runCommand(async (signal, interruption) => {
  await prepareTests(signal);
  await runInThisProcess(join(PACKAGE_ROOT, 'dist', 'test', 'bench', 'main.js'), interruption);
});
