import Mocha from 'mocha';

const LINGER_MS = 20_000;

/** Mocha's spec reporter, which also tells the parent process how the run went and ends one that does not end. */
export default class SummaryReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      report({ passed: passes, failed: failures, skipped: pending });
      setTimeout(endLingering, LINGER_MS).unref();
    });
  }
}

function endLingering() {
  const resources = process.getActiveResourcesInfo().join(', ');
  console.error(`Something a test started is still open ${LINGER_MS / 1000} s after the last one: ${resources}`);
  report({ lingering: true }, () => process.exit(1));
}

/**
 * @param {import('./run-tests.js').TestMessage} message
 * @param {() => void} [sent]
 */
function report(message, sent = () => {}) {
  process.send?.(message, undefined, undefined, sent);
}
