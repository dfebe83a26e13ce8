import { ensureBuilt } from '../setup/build.js';
import { ensureNpmPackages } from '../setup/npm-packages.js';
import { PACKAGE_ROOT } from '../setup/package-root.js';
import { runCommand } from '../setup/run-command.js';

await runCommand(async (signal) => {
  await ensureNpmPackages({ root: PACKAGE_ROOT, signal });
  await ensureBuilt({ root: PACKAGE_ROOT, signal });
});
