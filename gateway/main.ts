import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from './config.js';
import { type Gateway, startGateway } from './gateway.js';

/** npm and a terminal deliver a signal to the whole process group: within this time it is the same one again. */
const SAME_SIGNAL_MS = 2000;

const USAGE = `Usage: npm start [-- --role both|directory|voice]

Runs the gateway in the foreground until SIGTERM or Ctrl-C. Settings come from the environment and from the file
named in ROOMLINE_CONFIG; config/default.yaml explains every one of them.

  --role ROLE  both, or one of the two servers that share a database: directory (groups and their numbers, the API
               and the page) or voice (the rooms, SIP and media)`;

/** Runs the gateway until a signal ends it; the exit code is 0 after a clean stop. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const given = readArguments(argv);
  if ('mistake' in given) return fail(`${given.mistake}\n\n${USAGE}`);
  if (given.help) return console.log(USAGE);

  const stopping = new AbortController();
  onStopSignal(() => stopping.abort());
  try {
    const gateway = await startGateway(loadConfig(undefined, given));
    if (!stopping.signal.aborted) announce(gateway);
    await aborted(stopping.signal);
    await gateway.stop();
    process.exit(0);
  } catch (error) {
    fail(explain(error));
  }
}

interface Given {
  readonly role?: string;
  readonly help: boolean;
}

/** What stands behind `npm start --`, or what is wrong with it. */
function readArguments(argv: readonly string[]): Given | { mistake: string } {
  const options = { role: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { role, help = false } = parseArgs({ args: [...argv], options }).values;
    return { help, ...(role === undefined ? {} : { role }) };
  } catch (error) {
    return { mistake: (error as Error).message };
  }
}

function announce(gateway: Gateway): void {
  const sip = gateway.sip === undefined ? '' : ` sip:${gateway.sip.host}:${gateway.sip.port}`;
  console.log(`roomline ready ${gateway.httpUrl}${sip}`);
  for (const line of gateway.hints) console.log(line);
}

/** The first signal stops; the same one within two seconds is an echo; a later one exits at once. */
function onStopSignal(stop: () => void): void {
  let firstAt: number | undefined;
  const handle = () => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      stop();
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, handle);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof Error && error.name === 'RoomlineError') return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function fail(message: string): never {
  for (const line of message.split('\n')) console.error(`roomline: ${line}`);
  process.exit(1);
}
