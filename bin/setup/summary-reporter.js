import { format } from 'node:util';
import Mocha from 'mocha';

const LINGER_MS = 20_000;

/**
 * Mocha's spec reporter, which also tells the parent process how the run went and ends one that does not end. What
 * failed goes to the parent alone, to be told where it is found: at the end of everything.
 */
export default class SummaryReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      report({ passed: passes, failed: failures, skipped: pending, failures: toldOf(this.failures) });
      setTimeout(endLingering, LINGER_MS).unref();
    });
  }

  /** @override */
  epilogue() {}
}

/**
 * What mocha says of failures, with their differences and stacks.
 * @param {Mocha.Test[]} failures
 */
function toldOf(failures) {
  if (failures.length === 0) return '';
  const { Base } = Mocha.reporters;
  const print = Base.consoleLog;
  /** @type {string[]} */
  const lines = [];
  Base.consoleLog = (...parts) => lines.push(format(...parts));
  try {
    Base.list(failures);
  } finally {
    Base.consoleLog = print;
  }
  return lines.join('\n');
}

function endLingering() {
  const resources = process.getActiveResourcesInfo().join(', ');
  const lingering = `Something a test started is still open ${LINGER_MS / 1000} s after the last one: ${resources}`;
  report({ lingering }, () => process.exit(1));
}

/**
 * @param {import('./run-tests.js').TestMessage} message
 * @param {() => void} [sent]
 */
function report(message, sent = () => {}) {
  process.send?.(message, undefined, undefined, sent);
}
