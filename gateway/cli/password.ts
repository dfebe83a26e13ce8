import { randomBytes } from 'node:crypto';
import { type Arguments, CommandError, type OptionSpecs } from './command.js';
import type { Terminal } from './terminal.js';

/** 15 bytes are 20 characters, and more than anyone will guess. */
const GENERATED_BYTES = 15;
const SIP_SECRET_BYTES = 10;
const SHORTEST = 8;
const LONGEST = 1024;

export const PASSWORD_OPTIONS: OptionSpecs = {
  'password-stdin': { type: 'boolean', help: 'read the password from standard input instead of making one up' },
};

export interface NewPassword {
  readonly password: string;
  /** True when it was made up, so that it has to be shown. */
  readonly generated: boolean;
}

/** The password a user is given: never from the command line, which every user of the machine can read. */
export async function newPassword(given: Arguments, terminal: Terminal): Promise<NewPassword> {
  if (!given.flag('password-stdin')) return { password: generatePassword(), generated: true };
  const password = await terminal.readSecret('New password');
  if (password.length >= SHORTEST && password.length <= LONGEST) return { password, generated: false };
  throw new CommandError(`the password on standard input has not ${SHORTEST} to ${LONGEST} characters`);
}

function generatePassword(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}

/** Small letters and digits, which can be typed into any phone. */
export function generateSipSecret(): string {
  return randomBytes(SIP_SECRET_BYTES).toString('hex');
}

/** What is shown of it: only what was made up, as nobody else knows that yet. */
export function passwordResult({ generated, password }: NewPassword): { password?: string } {
  return generated ? { password } : {};
}

export function passwordLines({ generated, password }: NewPassword): string[] {
  return generated ? [`password  ${password}  (shown this once)`] : [];
}
