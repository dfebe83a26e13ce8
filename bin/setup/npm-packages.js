import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.js';
import { say } from './say.js';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * Installs the npm packages of package-lock.json unless node_modules holds exactly those.
 * @param {{ root: string, signal: AbortSignal }} options
 */
export async function ensureNpmPackages({ root, signal }) {
  if (npmPackagesAreInstalled(root)) return;
  say('installing npm packages (npm ci)');
  // The build needs the development packages, whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', args, { cwd: root, signal });
}

/**
 * Compares package-lock.json with the list npm keeps of what it installed. An optional package (a binary for another
 * machine) may be missing.
 * @param {string} root
 */
export function npmPackagesAreInstalled(root) {
  const locked = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (locked === undefined || installed === undefined) return false;
  const same = Object.entries(locked).every(([path, wanted]) => {
    const present = installed[path];
    if (path === '') return true;
    if (present === undefined) return wanted.optional === true;
    return present.version === wanted.version && present.integrity === wanted.integrity;
  });
  return same && Object.keys(installed).every((path) => path in locked);
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
