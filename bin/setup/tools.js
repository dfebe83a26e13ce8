import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program Roomline or its tests run, the Debian package that brings it, the service that package would run, and, of
 * one that Roomline can do without, what is not to be had then.
 * @typedef {object} Tool
 * @property {string} program
 * @property {string} debianPackage
 * @property {string} [service]
 * @property {string} [without]
 */

/** @type {readonly Tool[]} */
export const SPEECH_TOOLS = [
  { program: 'espeak-ng', debianPackage: 'espeak-ng', without: 'names are not spoken in prompts' },
];

/** @type {readonly Tool[]} */
export const MEDIA_TOOLS = [{ program: 'rtpengine', debianPackage: 'rtpengine-daemon', service: 'rtpengine-daemon' }];

/** @type {readonly Tool[]} */
export const GATEWAY_TOOLS = [...MEDIA_TOOLS, ...SPEECH_TOOLS];

/** @type {readonly Tool[]} */
export const TEST_TOOLS = [
  ...GATEWAY_TOOLS.map(({ without: _, ...needed }) => needed),
  { program: 'sipp', debianPackage: 'sip-tester' },
  { program: 'baresip', debianPackage: 'baresip' },
  { program: 'chromium', debianPackage: 'chromium' },
  { program: 'mariadbd', debianPackage: 'mariadb-server', service: 'mariadb' },
];

// A user's PATH, or root's after a plain `su`, may lack the folders daemons are in.
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * PATH with the system's folders behind it.
 * @param {string | undefined} path
 */
export function withSystemFolders(path) {
  return [...new Set([...(path ?? '').split(delimiter), ...SYSTEM_FOLDERS])].filter(Boolean).join(delimiter);
}

/**
 * @param {readonly Tool[]} tools
 * @param {string} path folders to look in, as in PATH
 */
export function missingTools(tools, path) {
  const folders = path.split(delimiter);
  return tools.filter(({ program }) => !folders.some((folder) => isExecutable(join(folder, program))));
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Ubuntu has chromium only as a snap, which cannot be installed or driven like Debian's. */
export function isUbuntu(osRelease = readOsRelease()) {
  return /^ID(_LIKE)?=.*\bubuntu\b/m.test(osRelease);
}

function readOsRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
