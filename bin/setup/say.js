/**
 * Tells whoever started the command what it is doing.
 * @param {string} line
 */
export function say(line) {
  console.log(`roomline: ${line}`);
}

/** A set-up step that failed; the message is for the person at the terminal. */
export class SetupError extends Error {}

/** Somebody asked us to stop before we were done. */
export class Interrupted extends Error {}
