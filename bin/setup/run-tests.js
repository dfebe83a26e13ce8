import { fork } from 'node:child_process';
import { join, relative, sep } from 'node:path';
import { filesUnder } from './build.js';
import { PACKAGE_ROOT } from './package-root.js';
import { killGroup, throwIfInterrupted } from './run.js';
import { SetupError, say } from './say.js';

/**
 * What the reporter says: once the counts and what failed, and why the process had to be ended.
 * @typedef {Partial<Totals> & { failures?: string, lingering?: string }} TestMessage
 */

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

const KILL_AFTER_MS = 20_000;
/** Most of them wait more than they compute: so many keep two cores busy. */
const BATCHES_AT_ONCE = 3;
const TAKES_TEXT = new Set(['-g', '--grep', '-f', '--fgrep']);

/**
 * Runs the compiled tests and ends with what failed and the line `N passed, N failed, N skipped`. All of them run in
 * batches side by side, unit tests first; those of given paths one after the other. Sets the exit code unless all
 * passed.
 * @param {readonly string[]} args paths of tests or folders of tests, and anything mocha understands
 * @param {AbortSignal} signal
 */
export async function runTests(args, signal) {
  const { paths, options } = splitArguments(args);
  const files = testFiles(paths);
  if (files.length === 0) throw new SetupError(`no test found in ${paths.join(' ') || 'test'}`);
  const batches = paths.length === 0 ? batchesOf(files) : [files];
  if (batches.length > 1) say(`running ${files.length} files of tests, ${BATCHES_AT_ONCE} folders of them at a time`);
  const runs = await runBatches(batches, (batch) => runMocha([...options, ...batch], batches.length > 1, signal));
  for (const { failures } of runs) if (failures) console.error(failures);
  const totals = sumOf(runs);
  if (totals.failed > 0 || totals.passed === 0) process.exitCode = 1;
  if (totals.passed + totals.failed === 0) console.error('roomline: no test ran');
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
}

/**
 * Files that run in a process together: those of a folder, and each with whole gateways and phones alone. Tests stand
 * for themselves, on ports and in folders of their own.
 * @param {readonly string[]} files
 * @param {string} [output] where they were compiled to
 */
export function batchesOf(files, output = join(PACKAGE_ROOT, 'dist')) {
  /** @type {Map<string, string[]>} */
  const batches = new Map();
  for (const file of files) {
    const [, folder = '', ...below] = relative(output, file).split(sep);
    const name = folder === 'e2e' ? file : below.length === 0 ? '' : folder;
    batches.set(name, [...(batches.get(name) ?? []), file]);
  }
  return [...batches.values()];
}

/**
 * @template T
 * @param {readonly string[][]} batches
 * @param {(batch: string[]) => Promise<T>} run
 * @returns {Promise<T[]>} in the order in which they ended
 */
async function runBatches(batches, run) {
  const waiting = [...batches];
  /** @type {T[]} */
  const results = [];
  const runOneAfterTheOther = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await run(next));
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, runOneAfterTheOther));
  return results;
}

/**
 * @param {readonly Totals[]} runs
 * @returns {Totals}
 */
export function sumOf(runs) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of runs) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/**
 * @param {readonly string[]} args
 * @param {boolean} besideOthers it speaks once it has ended, and not as it goes
 * @param {AbortSignal} signal
 * @returns {Promise<Totals & { failures: string }>}
 */
async function runMocha(args, besideOthers, signal) {
  throwIfInterrupted(signal);
  const mocha = join(PACKAGE_ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = join(import.meta.dirname, 'summary-reporter.js');
  const child = fork(mocha, ['--reporter', reporter, ...args], {
    cwd: PACKAGE_ROOT,
    execArgv: ['--enable-source-maps'],
    detached: true,
    stdio: besideOthers ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ data) => said.push(data));
  /** @type {TestMessage} */
  let told = {};
  child.on('message', (message) => {
    told = { ...told, .../** @type {TestMessage} */ (message) };
  });
  /** @type {NodeJS.Timeout | undefined} */
  let killTimer;
  // Once only: mocha takes a second SIGINT for an order to leave everything as it is.
  const interrupt = () => {
    child.kill('SIGINT');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', interrupt);
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  signal.removeEventListener('abort', interrupt);
  clearTimeout(killTimer);
  process.stdout.write(Buffer.concat(said));
  throwIfInterrupted(signal);
  const { failures = `The run died, exit code ${exitCode}`, lingering = '' } = told;
  const troubles = [failures, lingering].filter((trouble) => trouble !== '');
  if (troubles.length > 0) troubles.push(`in the run up to ${relative(PACKAGE_ROOT, args.at(-1) ?? '')}\n`);
  return { ...totalsOf(told, exitCode), failures: troubles.join('\n') };
}

/**
 * A run that died, or would not end, counts as one failure more: the last line says what the exit code says.
 * @param {TestMessage} told
 * @param {number | null} exitCode
 * @returns {Totals}
 */
export function totalsOf({ passed = 0, failed = 0, skipped = 0, lingering }, exitCode) {
  const failedOtherwise = lingering !== undefined || (exitCode !== 0 && failed === 0);
  return { passed, failed: failedOtherwise ? failed + 1 : failed, skipped };
}

/**
 * @param {readonly string[]} args
 * @returns {{ paths: string[], options: string[] }}
 */
export function splitArguments(args) {
  const isPath = (/** @type {string} */ arg, /** @type {number} */ at) =>
    /^(\.\/)?test(\/|$)/.test(arg) && !TAKES_TEXT.has(args[at - 1] ?? '');
  return { paths: args.filter(isPath), options: args.filter((arg, at) => !isPath(arg, at)) };
}

/**
 * The compiled test files under the given paths, those with whole gateways and phones last.
 * @param {readonly string[]} paths sources under test/; none means all
 * @param {string} [output] where they were compiled to
 */
export function testFiles(paths, output = join(PACKAGE_ROOT, 'dist')) {
  const compiled = paths.length === 0 ? ['test'] : paths.map((path) => path.replace(/\.ts$/, '.js'));
  const files = compiled.flatMap((path) => filesUnder(output, path)).filter((file) => file.endsWith('.test.js'));
  const rank = (/** @type {string} */ file) => (file.startsWith(join('test', 'e2e')) ? 1 : 0);
  return files
    .sort((left, right) => rank(left) - rank(right) || left.localeCompare(right))
    .map((file) => join(output, file));
}
