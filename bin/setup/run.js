import { spawn } from 'node:child_process';
import { Interrupted, SetupError } from './say.js';

const SHOWN_LINES = 20;
const KEPT_CHARACTERS = 16_384;
const KILL_AFTER_MS = 5_000;

/**
 * Runs a tool quietly; when it fails, the error carries the last lines it printed. It runs in a process group of its
 * own, so that a Ctrl-C reaches it through `signal` only, and with everything it started.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {AbortSignal} options.signal ends the tool
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.shown] prints what the tool says as it comes
 * @param {boolean} [options.uninterruptible] lets the tool finish first: half its work is worse than all of it
 * @returns {Promise<void>}
 * @throws {Interrupted} when `signal` aborted
 * @throws {SetupError} when the tool could not be run or failed
 */
export async function run(command, args, { cwd, signal, env = process.env, shown = false, uninterruptible = false }) {
  throwIfInterrupted(signal);
  const output = shown ? 'inherit' : 'pipe';
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
  let said = '';
  const keep = (/** @type {string} */ text) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  const stopEnding = uninterruptible ? () => {} : endOnAbort(child, signal);
  try {
    const outcome = await ending(child);
    throwIfInterrupted(signal);
    if (outcome !== 'exit code 0') {
      throw new SetupError(`${[command, ...args].join(' ')} ended with ${outcome}${lastLines(said)}`);
    }
  } finally {
    stopEnding();
  }
}

/** @param {AbortSignal} signal */
export function throwIfInterrupted(signal) {
  if (signal.aborted) throw new Interrupted('interrupted');
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {AbortSignal} signal
 */
function endOnAbort(child, signal) {
  /** @type {NodeJS.Timeout | undefined} */
  let killTimer;
  const end = () => {
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', end);
  return () => {
    signal.removeEventListener('abort', end);
    clearTimeout(killTimer);
  };
}

/**
 * Signals a child and everything in its process group; a group already gone is fine.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} name
 */
export function killGroup(child, name) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>} how it ended, in words
 */
function ending(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`cannot run ${child.spawnfile}: ${error.message}`)));
    child.once('close', (code, name) => resolve(code === null ? `signal ${name}` : `exit code ${code}`));
  });
}

/** @param {string} said */
function lastLines(said) {
  return said === '' ? '' : `:\n${said.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')}`;
}
