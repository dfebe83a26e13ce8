import type { Terminal } from './terminal.js';

/** An option as `util.parseArgs` reads it, and what the help says of it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** What the help calls an option's value, such as `TITLE`. */
  readonly value?: string;
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was given on the command line, beside the words that name the command. */
export interface Arguments {
  readonly operands: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

export interface Command {
  /** The words that name it, such as `user add`. */
  readonly name: string;
  /** What it takes, in capitals; in brackets what may be left out. */
  readonly operands: readonly string[];
  readonly summary: string;
  /** More about it, for its own help. */
  readonly details?: string;
  readonly options?: OptionSpecs;
  run(given: Arguments, terminal: Terminal): Promise<void>;
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {}

/** What was asked cannot be done; the message is for whoever asked. */
export class CommandError extends Error {}
