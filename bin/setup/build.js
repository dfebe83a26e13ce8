import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.js';
import { say } from './say.js';

/**
 * Something built from sources, with a stamp that says of which.
 * @typedef {object} Build
 * @property {string} name
 * @property {readonly string[]} sources files and folders
 * @property {string} stamp file that holds the fingerprint of the sources built last
 * @property {readonly string[]} command script of a package, and its arguments
 */

/** @type {Build} */
const GATEWAY = {
  name: 'the gateway',
  sources: ['gateway', 'test', 'bin', 'web-softphone', 'tsconfig.json', 'package-lock.json'],
  stamp: 'dist/.built-from',
  command: ['node_modules/typescript/bin/tsc', '-p', '.'],
};

/** @type {Build} */
const SOFTPHONE = {
  name: 'the softphone',
  sources: ['web-softphone', 'gateway', 'package-lock.json'],
  stamp: 'web-softphone/dist/.built-from',
  command: ['node_modules/vite/bin/vite.js', 'build', 'web-softphone', '--logLevel', 'warn'],
};

/**
 * Builds what changed since it was built last.
 * @param {{ root: string, signal: AbortSignal }} options
 */
export async function ensureBuilt({ root, signal }) {
  await ensure(GATEWAY, { root, signal });
  await ensure(SOFTPHONE, { root, signal });
}

/**
 * @param {Build} build
 * @param {{ root: string, signal: AbortSignal }} options
 */
async function ensure(build, { root, signal }) {
  const stamp = join(root, build.stamp);
  const fingerprint = fingerprintOf(root, build.sources);
  if (isBuilt(stamp, fingerprint)) return;
  say(`building ${build.name}`);
  rmSync(stamp, { force: true });
  await run(process.execPath, build.command, { cwd: root, signal });
  if (build === GATEWAY) removeOrphans(join(root, 'dist'), root);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

/**
 * @param {string} stamp
 * @param {string} fingerprint
 */
export function isBuilt(stamp, fingerprint) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
}

/**
 * A hash over names and contents, so that neither a checkout nor a clock decides what is new.
 * @param {string} root
 * @param {readonly string[]} sources files and folders under root; build output in them is left out
 */
export function fingerprintOf(root, sources) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesUnder(root, source)).sort()) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Removes compiled files whose source is gone: a deleted test must not go on running.
 * @param {string} output
 * @param {string} root
 */
export function removeOrphans(output, root) {
  for (const file of filesUnder(output, '.')) {
    const source = /^(.*)\.js(\.map)?$/.exec(file)?.[1];
    if (source === undefined) continue;
    const kept = ['.ts', '.tsx', '.js'].some((suffix) => existsSync(join(root, source + suffix)));
    if (!kept) rmSync(join(output, file));
  }
}

/**
 * @param {string} root
 * @param {string} name file or folder under root
 * @returns {string[]} the files, named from root
 */
export function filesUnder(root, name) {
  const path = join(root, name);
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [join(name)];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(root, join(name, entry.name)) : [join(name, entry.name)]));
}
