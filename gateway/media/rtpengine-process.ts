import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isLoopback } from '../config.js';
import { RoomlineError } from '../errors.js';
import { EventBus } from '../events.js';
import type { Log } from '../log.js';
import { claimPorts, type PortClaim, type PortRange } from './port-claim.js';
import { chooseRtpInterface } from './rtp-interface.js';
import { type ExitStatus, type LaunchedRtpengine, launchRtpengine } from './rtpengine-launch.js';
import { type NgAddress, NgClient } from './rtpengine-ng.js';

/** rtpengine's names for the side of phones and browsers, and for the mixer's side, which is always loopback. */
export const INTERFACES = ['outside', 'inside'] as const;

export type RtpengineProcessEvents = {
  /** It answers, after the start or after a restart. */
  started: NgAddress;
  /** It died: all its calls are lost. It is started again. */
  died: ExitStatus;
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
 * Gateways on loopback take a part of the port range each, so that several (a demo, tests) run side by side: 2000
 * ports are 500 legs. Anywhere else a gateway takes the whole range.
 */
const LOOPBACK_PORTS = 2000;
const START_DEADLINE_MS = 10_000;
const PING_INTERVAL_MS = 20;
const PING_DEADLINE_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** After so long without a death the next one is restarted at once again. */
const SETTLED_MS = 30_000;

/** The installed rtpengine, kept running for as long as the gateway lives. */
export class RtpengineProcess {
  readonly events = new EventBus<RtpengineProcessEvents>();
  readonly #options: RtpengineProcessOptions;
  readonly #claim: PortClaim;
  readonly #rtpInterface: string;
  readonly #stopping = new AbortController();
  #launched: LaunchedRtpengine | undefined;
  #stopped: Promise<void> | undefined;
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
    rtpengine.#tellOfLessPorts();
    try {
      rtpengine.#supervision = rtpengine.#supervise(await rtpengine.#launchOnFreePort());
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
    return this.#launched?.group;
  }

  /** Ends one that hangs; it is started again as one that died. */
  kill(): void {
    this.#launched?.kill();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  #tellOfLessPorts(): void {
    const { host, rtpPorts, log } = this.#options;
    const { first, last } = this.#claim.range;
    if (isLoopback(host) || (first === rtpPorts.first && last === rtpPorts.last)) return;
    log.warn(
      { first, last, wanted: rtpPorts },
      'others have UDP ports within media.rtpPorts: fewer are used, and fewer calls fit',
    );
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    if (this.#launched !== undefined) await this.#launched.end();
    await this.#supervision;
    this.#claim.release();
  }

  async #supervise(first: LaunchedRtpengine): Promise<void> {
    let launched = first;
    let backoffMs = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const status = await launched.exited;
      await launched.end();
      this.#launched = undefined;
      if (this.#stopping.signal.aborted) return;
      this.#options.log.error(status, 'rtpengine died, its calls are lost; starting it again');
      this.events.emit('died', status);
      if (performance.now() - startedAt > SETTLED_MS) backoffMs = 0;
      const restarted = await this.#restart(backoffMs);
      if (restarted === undefined) return;
      launched = restarted;
      backoffMs = longerBackoff(backoffMs);
    }
  }

  async #restart(firstBackoffMs: number): Promise<LaunchedRtpengine | undefined> {
    for (let backoffMs = firstBackoffMs; ; backoffMs = longerBackoff(backoffMs)) {
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
  async #launchOnFreePort(): Promise<LaunchedRtpengine> {
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

  async #launch(address: NgAddress): Promise<LaunchedRtpengine> {
    const { program = 'rtpengine', log } = this.#options;
    const launched = launchRtpengine(program, this.#arguments(address), log);
    this.#launched = launched;
    try {
      await answersOrFails(address, launched.failed, this.#stopping.signal);
    } catch (error) {
      await launched.end();
      this.#launched = undefined;
      throw error;
    }
    this.#address = address;
    log.info({ control: address.port, ...this.#claim.range, interface: this.#rtpInterface }, 'rtpengine started');
    this.events.emit('started', address);
    return launched;
  }

  #arguments(address: NgAddress): string[] {
    const [outside, inside] = INTERFACES;
    const threads = String(Math.max(2, availableParallelism()));
    return [
      '--config-file=none',
      '--foreground',
      '--log-stderr',
      '--no-log-timestamps',
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

function longerBackoff(backoffMs: number): number {
  return Math.min(MAX_BACKOFF_MS, backoffMs * 2 + 250);
}

async function answersOrFails(
  address: NgAddress,
  failed: Promise<RoomlineError>,
  stopping: AbortSignal,
): Promise<void> {
  const ng = new NgClient(address, { deadlineMs: PING_DEADLINE_MS, onError: () => undefined });
  try {
    for (const deadline = performance.now() + START_DEADLINE_MS; performance.now() < deadline; ) {
      stopping.throwIfAborted();
      const outcome = await Promise.race([failed, delay(PING_INTERVAL_MS).then(() => ng.answers())]);
      if (outcome === true) return;
      if (outcome !== false) throw outcome;
    }
    throw new RoomlineError('unavailable', `rtpengine does not answer on ${address.host}:${address.port}`);
  } finally {
    ng.close();
  }
}
