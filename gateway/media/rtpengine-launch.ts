import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PACKAGE_ROOT } from '../config.js';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An rtpengine in a process group of its own. */
export interface LaunchedRtpengine {
  readonly group: number | undefined;
  readonly exited: Promise<ExitStatus>;
  /** Resolves, when it ended, with what to say of that if it had not answered before. */
  readonly failed: Promise<RoomlineError>;
  kill(): void;
  /** Asks the whole group to end, and ends what is left of it after a deadline. Idempotent. */
  end(): Promise<void>;
}

/** Unlike apt alone it keeps Debian's service of it, with ports on every interface, from starting. */
const INSTALL_TOOLS = join(PACKAGE_ROOT, 'bin', 'install-tools.js');
const STOP_DEADLINE_MS = 2_000;
const EXIT_PROGRAM_MISSING = 127;
const MAX_LINE_LENGTH = 500;
const KEPT_LINES = 5;
/** Of the daemon's complaints so many are passed on as warnings in a window, the others for debugging. */
const MAX_WARNINGS = 50;
const WARNING_WINDOW_MS = 60_000;
/** Said once for every browser, of the mixer's first packets, which are there before DTLS has agreed on keys. */
const HARMLESS = /(^|\] )SRTP output wanted, but no crypto suite was negotiated$/;

/**
 * Runs rtpengine and ends it when standard input closes: the gateway holds the other end of that pipe, so the
 * kernel closes it whatever way the gateway dies. It outlives a signal to its group, so that it reaps what it started.
 */
const WRAPPER = `
PATH="$PATH:/usr/bin:/usr/sbin"
command -v "$1" >/dev/null || exit ${EXIT_PROGRAM_MISSING}
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ while read -r _; do :; done <&3; kill -KILL "$child"; } &
watcher=$!
exec 3<&-
trap : TERM INT HUP
while wait "$child"; status=$?; kill -0 "$child" 2>/dev/null; do :; done
kill "$watcher" 2>/dev/null
wait "$watcher"
exit "$status"
`;

export function launchRtpengine(program: string, args: readonly string[], log: Log): LaunchedRtpengine {
  const leader = spawn('/bin/sh', ['-c', WRAPPER, 'rtpengine', program, ...args], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  leader.stdin.on('error', () => undefined);
  const lastLines = passLines(leader.stderr, log);
  const exited = new Promise<ExitStatus>((resolve) => {
    leader.once('exit', (code, signal) => resolve({ code, signal }));
    leader.once('error', () => resolve({ code: EXIT_PROGRAM_MISSING, signal: null }));
  });
  // Not before everybody in the group has let go of standard error.
  const closed = new Promise<void>((resolve) => {
    leader.once('close', () => resolve());
    leader.once('error', () => resolve());
  });
  return {
    group: leader.pid,
    exited,
    failed: exited.then(({ code }) => startFailure(program, code, lastLines)),
    kill: () => signalGroup(leader, 'SIGKILL'),
    async end() {
      signalGroup(leader, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(leader, 'SIGKILL'), STOP_DEADLINE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Passes the daemon's lines on, and returns the last ones, for a message about a failed start. A complaint about a
 * command quotes that command, with the keys in its SDP: the quotation is cut off, and so are the lines after it,
 * which have no severity of their own.
 */
function passLines(stderr: Readable, log: Log): string[] {
  const last: string[] = [];
  let warnings = 0;
  let windowEndsMs = 0;
  createInterface({ input: stderr }).on('line', (line) => {
    const [, severity, rest = line] = /^(DEBUG|INFO|NOTICE|WARN|WARNING|ERR|CRIT|ALERT|EMERG): (.*)$/.exec(line) ?? [];
    const text = rest.replace(/ \[?d\d+:.*$/, '').slice(0, MAX_LINE_LENGTH);
    last.push(text);
    if (last.length > KEPT_LINES) last.shift();
    if (severity === undefined) return;
    if (performance.now() > windowEndsMs) {
      warnings = 0;
      windowEndsMs = performance.now() + WARNING_WINDOW_MS;
    }
    const matters = !['DEBUG', 'INFO', 'NOTICE'].includes(severity) && !HARMLESS.test(text);
    const warn = matters && warnings < MAX_WARNINGS;
    if (warn) warnings++;
    log[warn ? 'warn' : 'debug']({ severity }, `rtpengine: ${text}`);
  });
  return last;
}

function startFailure(program: string, code: number | null, lastLines: readonly string[]): RoomlineError {
  if (code === EXIT_PROGRAM_MISSING) {
    return new RoomlineError(
      'unavailable',
      `${program} is not installed: run  sudo ${process.execPath} ${INSTALL_TOOLS}  or set ROOMLINE_RTPENGINE`,
      { code: 'rtpengine-missing' },
    );
  }
  const said = lastLines.join(' / ');
  return new RoomlineError('unavailable', `${program} ended at its start with code ${code}: ${said}`, {
    code: 'rtpengine-exited',
  });
}

function signalGroup(leader: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (leader.pid !== undefined) process.kill(-leader.pid, signal);
  } catch {
    // The group is gone already.
  }
}
