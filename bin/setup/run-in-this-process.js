import { pathToFileURL } from 'node:url';
import { throwIfInterrupted } from './run.js';

/**
 * Becomes the given program: no child, so that there is no signal to pass on and no exit code to lose.
 * @param {string} script
 * @param {AbortSignal} signal aborts on the signals we still listen to
 */
export async function runInThisProcess(script, signal) {
  throwIfInterrupted(signal);
  const ownListeners = process.listenerCount('SIGTERM');
  // Between here and the program's own handlers nothing has been started that would have to be ended.
  signal.addEventListener('abort', () => {
    if (process.listenerCount('SIGTERM') === ownListeners) process.exit(0);
  });
  process.setSourceMapsEnabled(true);
  process.argv[1] = script;
  await import(pathToFileURL(script).href);
}
