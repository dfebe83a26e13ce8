// Written so that any Node with ES modules can run it: it is what tells the owner of an old one.

/** The oldest Node that runs Roomline; `engines` in package.json says the same. */
export const REQUIRED_NODE = '20.19.0';

/**
 * Says on standard error what is wrong, and sets the exit code, when this Node is too old.
 * @param {string} [version] such as 18.20.4
 * @returns {boolean} whether it is new enough
 */
export function nodeIsNewEnough(version) {
  const present = version === undefined ? process.versions.node : version;
  if (compareVersions(present, REQUIRED_NODE) >= 0) return true;
  console.error(
    `roomline: Node ${present} is too old, ${REQUIRED_NODE} or newer is needed: see https://nodejs.org/en/download`,
  );
  process.exitCode = 1;
  return false;
}

/**
 * @param {string} left
 * @param {string} right
 * @returns {number} below 0, 0 or above 0
 */
function compareVersions(left, right) {
  const rightParts = right.split('.').map(Number);
  const differences = left.split('.').map((part, at) => Number(part) - Number(rightParts[at]));
  const first = differences.find((difference) => difference !== 0);
  return first === undefined ? 0 : first;
}
