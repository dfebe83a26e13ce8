const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Turns the first signal into an abort, so that a step can end what it started and put things back. Repeats are
 * swallowed: npm and a terminal deliver one Ctrl-C several times.
 * @returns {{ signal: AbortSignal, release(): void }} `release` gives the signals back to whoever comes next
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
