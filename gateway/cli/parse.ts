import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Arguments, type Command, type OptionSpecs, UsageError } from './command.js';

/** Every command takes these. */
export const COMMON_OPTIONS: OptionSpecs = {
  json: { type: 'boolean', help: 'print the result as JSON' },
  help: { type: 'boolean', short: 'h', help: 'say how the command is used' },
};

/** The command whose words the line begins with: of several the longest. */
export function findCommand(commands: readonly Command[], argv: readonly string[]): Command | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return commands
    .filter(({ name }) => name.split(' ').every((word, index) => words[index] === word))
    .sort((one, other) => other.name.length - one.name.length)[0];
}

/** @throws UsageError for an option or operand that is unknown, missing or too many. */
export function parseCommand(command: Command, argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions({ ...COMMON_OPTIONS, ...command.options }, argv);
  const operands = positionals.slice(command.name.split(' ').length);
  const given: Arguments = {
    operands,
    text: (option) => lastText(values[option]),
    texts: (option) => [values[option] ?? []].flat().map(String),
    flag: (option) => values[option] === true,
  };
  if (!given.flag('help')) checkOperands(command, operands);
  return given;
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parseOptions(specs: OptionSpecs, argv: readonly string[]): { values: Values; positionals: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, multiple = false, short }] of Object.entries(specs)) {
    options[name] = { type, multiple, ...(short === undefined ? {} : { short }) };
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checkOperands({ operands: wanted }: Command, given: readonly string[]): void {
  const missing = wanted.find((operand, index) => !operand.startsWith('[') && given[index] === undefined);
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = given[wanted.length];
  if (extra !== undefined) throw new UsageError(`unexpected ${JSON.stringify(extra)}`);
  const empty = wanted.find((_, index) => given[index] === '');
  if (empty !== undefined) throw new UsageError(`${empty} is empty`);
}

function lastText(value: Values[string]): string | undefined {
  const [last] = [value].flat().slice(-1);
  return typeof last === 'string' ? last : undefined;
}
