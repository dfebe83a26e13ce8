import { ensureTools } from '../setup/debian-packages.js';
import { installableTestTools } from '../setup/prepare-tests.js';
import { runCommand } from '../setup/run-command.js';
import { GATEWAY_TOOLS } from '../setup/tools.js';

const forTests = process.argv.includes('--tests');
await runCommand((signal) => ensureTools(forTests ? installableTestTools() : GATEWAY_TOOLS, { signal }));
