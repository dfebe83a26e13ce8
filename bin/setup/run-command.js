import { watchForInterruption } from './interruption.js';
import { Interrupted, SetupError } from './say.js';

/**
 * Runs a command's work with interruptions turned into an abort, and errors into a line and an exit code. Signals are
 * never given back here: the echo of the one that stopped us must not kill us on the way out.
 * @param {(signal: AbortSignal, interruption: import('./interruption.js').Interruption) => Promise<void>} work
 * @param {{ interruptedExitCode?: number }} [options] 130 unless told, as shells have it
 */
export async function runCommand(work, { interruptedExitCode = 130 } = {}) {
  const interruption = watchForInterruption();
  try {
    await work(interruption.signal, interruption);
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = interruptedExitCode;
    } else {
      process.exitCode = 1;
      console.error(error instanceof SetupError ? `roomline: ${error.message}` : error);
    }
  }
}
