import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from '../setup/build.js';
import { ensureTools } from '../setup/debian-packages.js';
import { ensureNpmPackages } from '../setup/npm-packages.js';
import { PACKAGE_ROOT } from '../setup/package-root.js';
import { runCommand } from '../setup/run-command.js';
import { say } from '../setup/say.js';
import { SPEECH_TOOLS } from '../setup/tools.js';

await runCommand(async (signal) => {
  await ensureNpmPackages({ root: PACKAGE_ROOT, signal });
  await ensureTools(SPEECH_TOOLS, { signal });
  await ensureBuilt({ root: PACKAGE_ROOT, signal });
  const maker = join(PACKAGE_ROOT, 'dist', 'gateway', 'ivr', 'prompt-maker.js');
  const { makePrompts } = await import(pathToFileURL(maker).href);
  const count = await makePrompts(join(PACKAGE_ROOT, 'config', 'prompts'), { say });
  say(count === 0 ? 'all prompts are up to date' : `recordings made: ${count}`);
});
