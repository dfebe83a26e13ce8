import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../setup/build.js';
import { ensureTools } from '../setup/debian-packages.js';
import { ensureNpmPackages } from '../setup/npm-packages.js';
import { PACKAGE_ROOT } from '../setup/package-root.js';
import { runCommand } from '../setup/run-command.js';
import { runInThisProcess } from '../setup/run-in-this-process.js';
import { MEDIA_TOOLS, SPEECH_TOOLS } from '../setup/tools.js';

// Whoever asks the start to stop gets what a running gateway gives: exit code 0.
await runCommand(
  async (signal, interruption) => {
    await ensureNpmPackages({ root: PACKAGE_ROOT, signal });
    await ensureBuilt({ root: PACKAGE_ROOT, signal });
    await ensureTools(await neededTools(), { signal });
    await runInThisProcess(join(PACKAGE_ROOT, 'dist', 'gateway', 'main.js'), interruption);
  },
  { interruptedExitCode: 0 },
);

/** What the gateway is going to run, as far as its configuration can be read. */
async function neededTools() {
  const { role, help } = parseArgs({
    options: { role: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    strict: false,
  }).values;
  if (help === true) return [];
  const { loadConfig } = await import(pathToFileURL(join(PACKAGE_ROOT, 'dist', 'gateway', 'config.js')).href);
  try {
    const config = loadConfig(undefined, typeof role === 'string' ? { role } : {});
    if (config.role === 'directory') return [];
    return config.media.rtpengine === null ? [...MEDIA_TOOLS, ...SPEECH_TOOLS] : SPEECH_TOOLS;
  } catch {
    return []; // The gateway reads it again, and says what is wrong with it.
  }
}
