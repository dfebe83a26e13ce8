import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isLoopback } from '../config.js';
import { RoomlineError } from '../errors.js';
import { EventBus } from '../events.js';
import type { Log } from '../log.js';
import { claimPorts, type PortClaim, type PortRange } from './port-claim.js';
import { chooseRtpInterface } from './rtp-interface.js';
import { type NgAddress, NgClient } from './rtpengine-ng.js';

/** rtpengine's names for the side of phones and browsers, and for the mixer's side, which is always loopback. */
export const INTERFACES = ['outside', 'inside'] as const;

export type RtpengineProcessEvents = {
  /** It answers, after the start or after a restart. */
  started: NgAddress;
  /** It died: all its calls are lost. It is started again. */
  died: { code: number | null; signal: NodeJS.Signals | null };
};

export interface RtpengineProcessOptions {
  /** Address RTP is bound to; a wildcard is narrowed to one address. */
  host: string;
  /** Address told to phones and browsers. */
  advertise: string;
  rtpPorts: PortRange;
  log: Log;
  /** The program; looked for in PATH, /usr/bin and /usr/sbin unless it has a slash. */
  program?: string;
}

/**
 * Gateways on loopback take a part of the port range each, so that several (a demo, tests) run side by side: 1000
 * ports are 250 legs. Anywhere else a gateway takes the whole range.
 */
const LOOPBACK_PORTS = 1000;
const START_DEADLINE_MS = 10_000;
const PING_INTERVAL_MS = 20;
const PING_DEADLINE_MS = 100;
const STOP_DEADLINE_MS = 2_000;
const MAX_BACKOFF_MS = 10_000;
/** After so long without a death the next one is restarted at once again. */
const SETTLED_MS = 30_000;
const EXIT_PROGRAM_MISSING = 127;

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

/** The installed rtpengine, kept running for as long as the gateway lives. */
export class RtpengineProcess {
  readonly events = new EventBus<RtpengineProcessEvents>();
  readonly #options: RtpengineProcessOptions;
  readonly #claim: PortClaim;
  readonly #rtpInterface: string;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #address: NgAddress | undefined;
  #supervision: Promise<void> = Promise.resolve();

  private constructor(options: RtpengineProcessOptions, claim: PortClaim, rtpInterface: string) {
    this.#options = options;
    this.#claim = claim;
    this.#rtpInterface = rtpInterface;
  }

  /**
   * Starts rtpengine and waits until it answers.
   * @throws RoomlineError `unavailable` when it is not installed or does not start, `conflict` when its ports are taken.
   */
  static async start(options: RtpengineProcessOptions): Promise<RtpengineProcess> {
    const rtpInterface = await chooseRtpInterface(options.host, options.advertise);
    const claim = await claimPorts(options.rtpPorts, isLoopback(options.host) ? LOOPBACK_PORTS : undefined);
    const rtpengine = new RtpengineProcess(options, claim, rtpInterface);
    try {
      const child = await rtpengine.#launchOnFreePort();
      rtpengine.#supervision = rtpengine.#supervise(child);
      return rtpengine;
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /** Where it takes commands now. */
  get address(): NgAddress {
    if (this.#address === undefined) throw new RoomlineError('unavailable', 'rtpengine is not running');
    return this.#address;
  }

  /** The ports it uses for RTP. */
  get rtpPorts(): PortRange {
    return this.#claim.range;
  }

  /** The process group's id: the wrapper's, while it runs. */
  get processGroup(): number | undefined {
    return this.#child?.pid;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#child !== undefined) await endGroup(this.#child);
    await this.#supervision;
    this.#claim.release();
  }

  async #supervise(first: ChildProcess): Promise<void> {
    let child = first;
    let backoffMs = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const [code, signal] = await exitOf(child);
      await endGroup(child);
      this.#child = undefined;
      if (this.#stopping.signal.aborted) return;
      this.#options.log.error({ code, signal }, 'rtpengine died, its calls are lost; starting it again');
      this.events.emit('died', { code, signal });
      if (performance.now() - startedAt > SETTLED_MS) backoffMs = 0;
      const restarted = await this.#restart(backoffMs);
      if (restarted === undefined) return;
      child = restarted;
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2 + 250);
    }
  }

  async #restart(firstBackoffMs: number): Promise<ChildProcess | undefined> {
    for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2 + 250)) {
      try {
        await delay(backoffMs, undefined, { signal: this.#stopping.signal });
        return await this.#launchOnFreePort();
      } catch (error) {
        if (this.#stopping.signal.aborted) return undefined;
        this.#options.log.error({ err: error }, 'rtpengine does not start; trying again');
      }
    }
  }

  /** A control port may be in use by any other program: the next one is tried then. */
  async #launchOnFreePort(): Promise<ChildProcess> {
    let failure: unknown;
    for (const port of this.#claim.controlPorts.slice(0, 5)) {
      try {
        return await this.#launch({ host: '127.0.0.1', port });
      } catch (error) {
        if (!(error instanceof RoomlineError) || error.code !== 'rtpengine-exited') throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #launch(address: NgAddress): Promise<ChildProcess> {
    const { program = 'rtpengine', log } = this.#options;
    const child = spawn('/bin/sh', ['-c', WRAPPER, 'rtpengine', program, ...this.#arguments(address)], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const lastLines = passLines(child.stderr, log);
    child.stdin.on('error', () => undefined);
    this.#child = child;
    try {
      await answersOrExits(child, address, program, lastLines, this.#stopping.signal);
    } catch (error) {
      await endGroup(child);
      this.#child = undefined;
      throw error;
    }
    this.#address = address;
    log.info({ control: address.port, ...this.#claim.range, interface: this.#rtpInterface }, 'rtpengine started');
    this.events.emit('started', address);
    return child;
  }

  #arguments(address: NgAddress): string[] {
    const [outside, inside] = INTERFACES;
    const threads = String(Math.max(2, availableParallelism()));
    return [
      '--config-file=none',
      '--foreground',
      '--log-stderr',
      '--no-log-timestamps',
      '--split-logs',
      '--log-level=5',
      '--table=-1',
      `--interface=${outside}/${this.#rtpInterface}`,
      `--interface=${inside}/127.0.0.1`,
      `--listen-ng=${address.host}:${address.port}`,
      `--port-min=${this.#claim.range.first}`,
      `--port-max=${this.#claim.range.last}`,
      `--num-threads=${threads}`,
      '--media-num-threads=1',
      '--delete-delay=0',
      // The mixer sends to every leg all the time, so a call without any RTP has lost its mixer.
      '--timeout=60',
      '--silent-timeout=86400',
    ];
  }
}

/** Passes the daemon's lines on, and returns the last ones, for a message about a failed start. */
function passLines(stderr: Readable, log: Log): string[] {
  const last: string[] = [];
  createInterface({ input: stderr }).on('line', (line) => {
    const match = /^(DEBUG|INFO|NOTICE|WARNING|WARN|ERR|CRIT|ALERT|EMERG): (.*)$/.exec(line);
    const level = match?.[1] ?? '';
    // A complaint about a command quotes it, with the keys in its SDP.
    const text = (match?.[2] ?? line).replace(/ \[?d\d+:.*$/, '').slice(0, 500);
    if (['ERR', 'CRIT', 'ALERT', 'EMERG', 'WARNING', 'WARN'].includes(level)) log.warn({ level }, `rtpengine: ${text}`);
    else if (level !== '') log.debug(`rtpengine: ${text}`);
    last.push(text);
    if (last.length > 5) last.shift();
  });
  return last;
}

async function answersOrExits(
  child: ChildProcess,
  address: NgAddress,
  program: string,
  lastLines: readonly string[],
  stopping: AbortSignal,
): Promise<void> {
  const ng = new NgClient(address, { deadlineMs: PING_DEADLINE_MS, onError: () => undefined });
  let exited = false;
  const exit = exitOf(child).then(([code]) => {
    exited = true;
    throw startFailure(program, code, lastLines);
  });
  exit.catch(() => undefined);
  try {
    for (const deadline = performance.now() + START_DEADLINE_MS; !exited; ) {
      stopping.throwIfAborted();
      await Promise.race([delay(PING_INTERVAL_MS), exit]);
      if (await Promise.race([ng.answers(), exit])) return;
      if (performance.now() > deadline) {
        throw new RoomlineError('unavailable', `${program} does not answer on ${address.host}:${address.port}`);
      }
    }
    await exit;
  } finally {
    ng.close();
  }
}

function startFailure(program: string, code: number | null, lastLines: readonly string[]): RoomlineError {
  if (code === EXIT_PROGRAM_MISSING) {
    return new RoomlineError(
      'unavailable',
      `${program} is not installed: install it (apt-get install rtpengine-daemon) or set ROOMLINE_RTPENGINE`,
      { code: 'rtpengine-missing' },
    );
  }
  const said = lastLines.join(' / ');
  return new RoomlineError('unavailable', `${program} ended at its start with code ${code}: ${said}`, {
    code: 'rtpengine-exited',
  });
}

async function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode];
  const [code, signal] = await once(child, 'exit');
  return [code, signal];
}

/** Asks the whole group to end, and ends what is left of it after the deadline. */
async function endGroup(child: ChildProcess): Promise<void> {
  const closed = child.stderr?.closed === true ? Promise.resolve() : once(child, 'close');
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_DEADLINE_MS);
  await closed;
  clearTimeout(timer);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
