import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE_ROOT } from '../setup/package-root.js';

const COMMAND_LINE = join(PACKAGE_ROOT, 'dist', 'gateway', 'cli', 'main.js');

const [, , command] = process.argv;
if (command === 'start') {
  // What follows is for the gateway, as behind `npm start --`.
  process.argv.splice(2, 1);
  await import('./start.js');
} else if (existsSync(COMMAND_LINE)) {
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(COMMAND_LINE).href);
  await main();
} else {
  console.error('roomline: Roomline is not built yet: run `npm run build` in its folder, or `npm start`');
  process.exitCode = 1;
}
