const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @typedef {object} Interruption
 * @property {AbortSignal} signal aborts at the first signal
 * @property {() => void} release gives the signals back to whoever comes next
 */

/**
 * Turns the first signal into an abort, so that a step can end what it started and put things back. Repeats are
 * swallowed: npm and a terminal deliver one Ctrl-C several times.
 * @returns {Interruption}
 */
export function watchForInterruption() {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of SIGNALS) process.on(name, abort);
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, abort);
    },
  };
}
