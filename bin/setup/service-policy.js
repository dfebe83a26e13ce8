import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

// Debian asks this file before a package starts, restarts or stops a service; 101 forbids it.
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const MARK = '# Written by Roomline while it installs packages; removed afterwards.';
const SCRIPT = `#!/bin/sh\n${MARK}\nexit 101\n`;

/**
 * Keeps packages from starting services: rtpengine's own would open ports on every interface. A policy already there
 * is moved aside, and is back where it was after `restoreServicePolicy`.
 * @param {string} [file]
 */
export function forbidServiceStarts(file = POLICY_FILE) {
  if (exists(file) && !isOurs(file)) renameSync(file, asideName(file));
  writeFileSync(file, SCRIPT);
  chmodSync(file, 0o755);
}

/**
 * Puts the policy back as it was before `forbidServiceStarts`, also when that was in a run that was killed.
 * @param {string} [file]
 */
export function restoreServicePolicy(file = POLICY_FILE) {
  if (exists(asideName(file))) renameSync(asideName(file), file);
  else if (isOurs(file)) rmSync(file);
}

/** @param {string} file */
function asideName(file) {
  return `${file}.before-roomline`;
}

/** @param {string} file */
function exists(file) {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** @param {string} file */
function isOurs(file) {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, 'utf8').includes(MARK);
}
