import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';
import { run, throwIfInterrupted } from './run.js';
import { SetupError, say } from './say.js';
import { forbidServiceStarts, restoreServicePolicy } from './service-policy.js';
import { GATEWAY_TOOLS, missingTools, withSystemFolders } from './tools.js';

const APT_OPTIONS = ['--quiet', '--yes', '-o', 'DPkg::Lock::Timeout=120'];

/**
 * What the machine is, so that tests can be another one.
 * @typedef {object} Machine
 * @property {string} path folders with programs, as in PATH
 * @property {boolean} isRoot
 * @property {string} [servicePolicyFile]
 * @property {string} [unitFolder] where packages put their systemd units
 */

/** @returns {Machine} */
export function thisMachine() {
  return { path: withSystemFolders(process.env.PATH), isRoot: process.getuid?.() === 0 };
}

/**
 * Installs the Debian packages of those tools that are missing, without starting any service of theirs. Looks for the
 * programs first, so that nothing is asked of apt or root when all is there. Tools one can do without are only spoken of
 * when they cannot be had.
 * @param {readonly import('./tools.js').Tool[]} tools
 * @param {{ signal: AbortSignal, machine?: Machine }} options
 * @throws {SetupError} saying what to run, when it takes root or is no Debian
 */
export async function ensureTools(tools, { signal, machine = thisMachine() }) {
  const missing = missingTools(tools, machine.path);
  if (missing.length === 0) return;
  const needed = missing.filter((tool) => tool.without === undefined);
  try {
    await installTools(missing, { signal, machine });
  } catch (error) {
    if (!(error instanceof SetupError) || missingTools(needed, machine.path).length > 0) throw error;
    say(`${error.message}\nroomline: until then ${missing.map((tool) => tool.without).join(', ')}`);
  }
}

/**
 * @param {readonly import('./tools.js').Tool[]} missing
 * @param {{ signal: AbortSignal, machine: Machine }} options
 */
async function installTools(missing, { signal, machine }) {
  const programs = missing.map((tool) => tool.program).join(', ');
  if (!isThere('apt-get', machine)) {
    throw new SetupError(`${programs} not found, and there is no apt-get to install it with: put it in PATH`);
  }
  if (!machine.isRoot) {
    throw new SetupError(`${programs} not found, and installing takes root: run  ${installCommand(missing)}`);
  }
  const packages = missing.map((tool) => tool.debianPackage);
  await installPackages(packages, { signal, machine });
  await disableServices(missing, { signal, machine });
  const still = missingTools(missing, machine.path).map((tool) => tool.program);
  if (still.length > 0) throw new SetupError(`${still.join(', ')} not found although its Debian package is installed`);
}

/** @param {readonly import('./tools.js').Tool[]} missing */
function installCommand(missing) {
  const forTests = missing.some(({ program }) => !GATEWAY_TOOLS.some((tool) => tool.program === program));
  const script = join(PACKAGE_ROOT, 'bin', 'install-tools.js');
  return `sudo ${process.execPath} ${script}${forTests ? ' --tests' : ''}`;
}

/**
 * @param {readonly string[]} packages
 * @param {{ signal: AbortSignal, machine: Machine }} options
 */
async function installPackages(packages, { signal, machine }) {
  const env = { ...process.env, PATH: machine.path, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { cwd: '/', env, signal };
  const install = ['install', ...APT_OPTIONS, '--no-install-recommends'];
  say(`downloading Debian packages: ${packages.join(' ')}`);
  const download = [...install, '--download-only', ...packages];
  try {
    await run('apt-get', download, options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say('updating the list of Debian packages (apt-get update)');
    await run('apt-get', ['update', ...APT_OPTIONS], options);
    await run('apt-get', download, options);
  }
  throwIfInterrupted(signal);
  say('installing Debian packages, none of their services started');
  const explainWait = () => say('stopping once dpkg is done: half an installation would have to be mended by hand');
  signal.addEventListener('abort', explainWait);
  forbidServiceStarts(machine.servicePolicyFile);
  try {
    await run('apt-get', [...install, ...packages], { ...options, uninterruptible: true });
  } finally {
    restoreServicePolicy(machine.servicePolicyFile);
    signal.removeEventListener('abort', explainWait);
  }
}

/**
 * Keeps the services of what was just installed from starting with the machine, too: Roomline starts its own.
 * @param {readonly import('./tools.js').Tool[]} installed
 * @param {{ signal: AbortSignal, machine: Machine }} options
 */
async function disableServices(installed, { signal, machine }) {
  const folder = machine.unitFolder ?? '/lib/systemd/system';
  const units = installed.flatMap(({ service }) => (service === undefined ? [] : [`${service}.service`]));
  const present = units.filter((unit) => existsSync(join(folder, unit)));
  if (present.length === 0 || !isThere('systemctl', machine)) return;
  const env = { ...process.env, PATH: machine.path };
  await run('systemctl', ['disable', '--quiet', ...present], { cwd: '/', env, signal });
}

/**
 * @param {string} program
 * @param {Machine} machine
 */
function isThere(program, machine) {
  return missingTools([{ program, debianPackage: '' }], machine.path).length === 0;
}
