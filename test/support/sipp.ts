import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { Child } from './child.js';
import { freePort, portStretch } from './free-port.js';
import type { DigestCredentials } from './sip-digest.js';
import type { SipServerAddress } from './sip-wire.js';
import { temporaryFolder } from './temporary-folder.js';

export interface SippOptions {
  server: SipServerAddress;
  /** A file of test/data/sipp, without its ending. */
  scenario: 'register' | 'call' | 'cancel' | 'trunk-call';
  /** Who calls, in turn. */
  users: readonly DigestCredentials[];
  /** What is dialled. */
  number?: string;
  calls?: number;
  callsPerSecond?: number;
  /** Most calls at a time. */
  concurrent?: number;
  callMs?: number;
  transport?: 'udp' | 'tcp';
  /** What the calls say: 8000 Hz mu-law, repeated. */
  speech?: Uint8Array;
  /** Of a hundred packets each way, how many sipp pretends were lost. */
  lostPercent?: number;
  deadlineMs?: number;
  /** The address of this machine that the calls come from. */
  from?: string;
}

export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** Unexpected messages as sipp tells them; empty when there were none. */
  readonly errors: string;
}

/**
 * Runs a sipp scenario to its end; it never outlives its deadline.
 * @throws Error with what sipp found unexpected, when a call failed.
 */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  const folder = temporaryFolder('sipp');
  writeFileSync(join(folder, 'speech.ulaw'), options.speech ?? Buffer.alloc(8000, 0xff));
  // sipp expands a keyword within a field, but no field within a keyword.
  const users = options.users.map(
    ({ username, password }) => `${username};[authentication username=${username} password=${password}]`,
  );
  writeFileSync(join(folder, 'users.csv'), ['SEQUENTIAL', ...users, ''].join('\n'));
  const port = await freePort(options.from);
  const child = await Child.start('sipp', sippArguments(options, port), { cwd: folder });
  try {
    // sipp ends by its own deadline; ours is for a sipp that hangs.
    const timer = setTimeout(() => child.killNow(), deadlineOf(options) + 5000);
    const { code, signal } = await child.exited;
    clearTimeout(timer);
    const result = { ...readStatistics(folder), errors: readErrors(folder) };
    if (code === 0) return result;
    const summary = `${result.successful} calls went well, ${result.failed} failed`;
    throw new Error(
      `sipp ${options.scenario} ended with ${signal ?? `exit code ${code}`}: ${summary}\n${result.errors.slice(0, 6000)}\n${child.stderr.slice(-2000)}`,
    );
  } finally {
    child.killNow();
    rmSync(folder, { recursive: true, force: true });
  }
}

function deadlineOf({ deadlineMs = 30_000 }: SippOptions): number {
  return deadlineMs;
}

/** Left to itself, one sipp binds to the port of another. */
function sippArguments(options: SippOptions, port: number): string[] {
  const { server, scenario, number, calls = 1, callsPerSecond = 10, concurrent = 50, callMs = 1000 } = options;
  const ports = portStretch(2 * Math.max(concurrent, 50) + 4);
  return [
    `${server.host}:${server.port}`,
    ...['-sf', join(PACKAGE_ROOT, 'test', 'data', 'sipp', `${scenario}.xml`)],
    ...['-inf', 'users.csv'],
    // sipp's own digest URI lacks the user part, so that it is not the Request-URI of an INVITE.
    ...(number === undefined ? [] : ['-s', number, '-auth_uri', `${number}@${server.host}:${server.port}`]),
    ...['-m', String(calls), '-r', String(callsPerSecond), '-l', String(concurrent), '-d', String(callMs)],
    ...['-t', options.transport === 'tcp' ? 't1' : 'u1'],
    ...['-i', options.from ?? '127.0.0.1', '-mi', options.from ?? '127.0.0.1'],
    ...['-p', String(port), '-mp', String(ports.first)],
    ...(options.lostPercent === undefined ? [] : ['-lost', String(options.lostPercent)]),
    ...['-timeout', `${Math.ceil(deadlineOf(options) / 1000)}s`, '-timeout_error'],
    ...['-trace_err', '-trace_stat', '-fd', '1', '-nostdin', '-skip_rlimit'],
    // That sipp itself is held up on a busy machine is no fault of the gateway's.
    ...['-watchdog_minor_threshold', '60000', '-watchdog_major_threshold', '60000'],
    // A call that meets something unexpected is ended by BYE or CANCEL, and counts as failed.
    ...['-default_behaviors', 'all'],
  ];
}

/** The last line of sipp's statistics, by column name. */
function readStatistics(folder: string): Omit<SippResult, 'errors'> {
  const file = readdirSync(folder).find((name) => name.endsWith('_.csv'));
  if (file === undefined) return { successful: 0, failed: 0, retransmissions: 0 };
  const [header = '', ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const columns = header.split(';');
  const last = (lines.at(-1) ?? '').split(';');
  const value = (name: string) => Number(last[columns.indexOf(name)] ?? 0);
  return {
    successful: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
  };
}

/**
 * What sipp says when an answer comes again: being held up itself, it has repeated what was answered, or acknowledged a
 * 487 late, which is repeated until then (RFC 3261 section 17.2.1).
 */
const ANSWERED_AGAIN = /Dead call \S+ \(successful\), received 'SIP\/2\.0 (200|487) /;

/** What sipp found unexpected. */
function readErrors(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('_errors.log') && existsSync(join(folder, name)))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split(/(?=\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\.)/))
    .filter((event) => !event.startsWith('The following events occurred') && !ANSWERED_AGAIN.test(event))
    .join('');
}
