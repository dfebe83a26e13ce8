import { prepareTests } from '../setup/prepare-tests.js';
import { runCommand } from '../setup/run-command.js';
import { runTests } from '../setup/run-tests.js';

await runCommand(async (signal) => {
  await prepareTests(signal);
  await runTests(process.argv.slice(2), signal);
});
