import { ConfigError } from '../config.js';
import { RoomlineError } from '../errors.js';
import { type Command, CommandError, UsageError } from './command.js';
import { groupCommands } from './group-commands.js';
import { helpOf, overview, START, usageOf } from './help.js';
import { importCommand } from './import-command.js';
import { invitationCommands } from './invitation-commands.js';
import { keyCommands } from './key-commands.js';
import { findCommand, parseCommand } from './parse.js';
import { requestCommand } from './request-command.js';
import { createTerminal, type Streams } from './terminal.js';
import { userCommands } from './user-commands.js';

const COMMANDS: readonly Command[] = [
  ...userCommands,
  ...groupCommands,
  ...keyCommands,
  importCommand,
  requestCommand,
  ...invitationCommands,
];

const FAILED = 1;
const NOT_UNDERSTOOD = 2;

/** Runs one command and returns the exit code: 0 done, 1 not possible, 2 not understood. */
export async function runCommandLine(argv: readonly string[], streams: Streams): Promise<number> {
  const command = findCommand(COMMANDS, argv);
  const complain = (text: string) => void streams.stderr.write(`roomline: ${text}\n`);
  if (command === undefined) return withoutCommand(argv, streams);
  try {
    const given = parseCommand(command, argv);
    if (given.flag('help')) streams.stdout.write(`${helpOf(command)}\n`);
    else await command.run(given, createTerminal(streams, { json: given.flag('json') }));
    return 0;
  } catch (error) {
    complain(explain(error));
    if (!(error instanceof UsageError)) return FAILED;
    complain(`usage: roomline ${usageOf(command)} (--help tells more)`);
    return NOT_UNDERSTOOD;
  }
}

/** Help was asked for, or nothing there is: what there is instead. */
function withoutCommand(argv: readonly string[], { stdout, stderr }: Streams): number {
  const [word, ...others] = argv;
  const isHelp = word !== undefined && ['--help', '-h', 'help'].includes(word);
  const asked = isHelp ? others : argv;
  if (asked.length === 0) {
    stdout.write(`${overview(COMMANDS)}\n`);
    return 0;
  }
  const command = isHelp ? findCommand(COMMANDS, asked) : undefined;
  if (command !== undefined) {
    stdout.write(`${helpOf(command)}\n`);
    return 0;
  }
  const related = [...COMMANDS, START].filter(({ name }) => `${name} `.startsWith(`${asked[0]} `));
  if (isHelp && related.length > 0) {
    for (const one of related) stdout.write(`roomline ${usageOf(one)}: ${one.summary}\n`);
    return 0;
  }
  const shown = related.length === 0 ? ['"roomline help" lists all commands'] : related.map(usageOf);
  stderr.write(`roomline: there is no command ${JSON.stringify(asked.join(' '))}\n`);
  for (const line of shown) stderr.write(`  ${line}\n`);
  return NOT_UNDERSTOOD;
}

/** Runs the command of this process and ends it. */
export async function main(): Promise<void> {
  // Whoever reads our output may stop reading, as `head` does.
  process.stdout.on('error', () => process.exit(0));
  process.exitCode = await runCommandLine(process.argv.slice(2), process);
}

function explain(error: unknown): string {
  const expected = [UsageError, CommandError, ConfigError, RoomlineError];
  if (expected.some((type) => error instanceof type)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
