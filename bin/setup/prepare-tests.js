import { ensureBuilt } from './build.js';
import { ensureTools } from './debian-packages.js';
import { ensureNpmPackages } from './npm-packages.js';
import { PACKAGE_ROOT } from './package-root.js';
import { say } from './say.js';
import { isUbuntu, missingTools, TEST_TOOLS, withSystemFolders } from './tools.js';

/**
 * Brings npm packages, the tools of the tests and the build up to date.
 * @param {AbortSignal} signal
 */
export async function prepareTests(signal) {
  await ensureNpmPackages({ root: PACKAGE_ROOT, signal });
  await ensureTools(installableTestTools(), { signal });
  await ensureBuilt({ root: PACKAGE_ROOT, signal });
}

/** The test tools; where Ubuntu's chromium is missing all but that, unless CI has to run everything. */
export function installableTestTools(environment = process.env, ubuntu = isUbuntu()) {
  const chromium = TEST_TOOLS.filter((tool) => tool.program === 'chromium');
  const lacksBrowser = ubuntu && missingTools(chromium, withSystemFolders(environment.PATH)).length > 0;
  if (!lacksBrowser || environment.CI === 'true') return TEST_TOOLS;
  say('browser tests are skipped: Ubuntu has chromium only as a snap; put a `chromium` in PATH to run them');
  return TEST_TOOLS.filter((tool) => !chromium.includes(tool));
}
