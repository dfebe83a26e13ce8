import type { Command, OptionSpec, OptionSpecs } from './command.js';
import { COMMON_OPTIONS } from './parse.js';

export const START: Pick<Command, 'name' | 'operands' | 'summary'> = {
  name: 'start',
  operands: ['[--role directory|voice|both]'],
  summary: 'run the gateway, as npm start does',
};

const SETTINGS = `Commands that manage users, groups and keys work on the database itself, whether or not a gateway runs: the one of
DATABASE_URL, or of ROOMLINE_CONFIG's file, or roomline.sqlite in ROOMLINE_DATA (./data).

"roomline COMMAND --help" tells more of a command.`;

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  const usages = [...commands, START].map((command) => ({ usage: usageOf(command), summary: command.summary }));
  const width = Math.max(...usages.map(({ usage }) => usage.length));
  const lines = usages.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return ['Usage: roomline COMMAND ...', '', ...lines, '', SETTINGS].join('\n');
}

/** One command, with its options. */
export function helpOf(command: Command): string {
  const options = optionLines({ ...command.options, ...COMMON_OPTIONS });
  const details = command.details === undefined ? [] : ['', command.details];
  const usage = `Usage: roomline ${usageOf(command)} [OPTIONS]`;
  return [usage, '', capitalized(command.summary), ...details, '', 'Options:', ...options].join('\n');
}

export function usageOf({ name, operands }: Pick<Command, 'name' | 'operands'>): string {
  return [name, ...operands].join(' ');
}

function optionLines(specs: OptionSpecs): string[] {
  const entries = Object.entries(specs).map(([name, spec]) => ({ left: optionUsage(name, spec), help: spec.help }));
  const width = Math.max(...entries.map(({ left }) => left.length));
  return entries.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`);
}

function optionUsage(name: string, { short, type, value }: OptionSpec): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
