import { randomBytes } from 'node:crypto';
import { checkPassword } from '../rooms/administration-checks.js';
import type { Arguments, OptionSpecs } from './command.js';
import type { Terminal } from './terminal.js';

/** 15 bytes are 20 characters, and more than anyone will guess. */
const GENERATED_BYTES = 15;

export const PASSWORD_OPTIONS: OptionSpecs = {
  'password-stdin': { type: 'boolean', help: 'read the password from standard input instead of making one up' },
};

export interface NewPassword {
  readonly password: string;
  /** True when it was made up, so that it has to be shown. */
  readonly generated: boolean;
}

/**
 * The password a user is given: never from the command line, which every user of the machine can read.
 * @throws RoomlineError `invalid` for one that is too short or too long
 */
export async function newPassword(given: Arguments, terminal: Terminal): Promise<NewPassword> {
  if (!given.flag('password-stdin')) return { password: generatePassword(), generated: true };
  const password = await terminal.readSecret('New password');
  checkPassword(password);
  return { password, generated: false };
}

function generatePassword(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}

/** What is shown of it: only what was made up, as nobody else knows that yet. */
export function passwordResult({ generated, password }: NewPassword): { password?: string } {
  return generated ? { password } : {};
}

export function passwordLines({ generated, password }: NewPassword): string[] {
  return generated ? [`password  ${password}  (shown this once)`] : [];
}
