import { pathToFileURL } from 'node:url';
import { throwIfInterrupted } from './run.js';

/**
 * Becomes the given program: no child, so that there is no signal to pass on and no exit code to lose.
 * @param {string} script a module whose `main` takes the arguments and, before it first waits, the stop signals
 * @param {import('./interruption.js').Interruption} interruption
 */
export async function runInThisProcess(script, interruption) {
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(script).href);
  throwIfInterrupted(interruption.signal);
  const running = main(process.argv.slice(2));
  interruption.release();
  await running;
}
