import type { NgArguments } from 'rtpengine-client';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { type NgAddress, NgClient, type NgCommand } from './rtpengine-ng.js';

/** How rtpengine shall dress an SDP for the side it goes to. */
export interface NgFlags {
  'transport-protocol': string;
  ICE: 'remove' | 'force';
  /** Left out: as the far end offered it. */
  DTLS?: 'off';
  /** Left out: as the far end offered it. */
  SDES?: readonly 'off'[];
  'rtcp-mux': readonly ('demux' | 'accept' | 'offer' | 'require')[];
  codec?: { transcode: readonly string[] };
  /** `port-latching`: keeps its own ports towards both ends though an end has moved to another port. */
  flags?: readonly 'port-latching'[];
}

/** The two ends of a call in rtpengine: fixed, since every leg has a call of its own. */
export type CallEnd = 'far' | 'mixer';

export interface RtpengineNodeOptions {
  address: NgAddress;
  log: Log;
  interfaces?: readonly [string, string] | undefined;
  /** All calls are gone: it was restarted, or has not answered for too long. */
  onLost(node: RtpengineNode): void;
}

/** With `zero-address`, the mixer is told where its anchor is even while the far end has no address (hold, trickle ICE). */
const REPLACED = ['origin', 'session-connection', 'zero-address'];
const DEADLINE_MS = 1_000;
const CHECK_INTERVAL_MS = 2_000;
const DEAD_CHECK_INTERVAL_MS = 500;
/** A node that does not answer for so long has lost its calls, even if it still runs somewhere. */
const LOST_AFTER_MS = 10_000;

/** One rtpengine: sends it commands, knows whether it answers and how many calls it holds. */
export class RtpengineNode {
  readonly #log: Log;
  readonly #interfaces: readonly [string, string] | undefined;
  readonly #onLost: (node: RtpengineNode) => void;
  /** Calls that are to go and whose deletion could not be confirmed. */
  readonly #undeleted = new Set<string>();
  #client: NgClient;
  #timer: NodeJS.Timeout | undefined;
  #alive = true;
  #silentSince: number | undefined;
  #uptimeSeconds = 0;
  #calls = 0;
  #stopped = false;

  constructor(options: RtpengineNodeOptions) {
    this.#log = options.log;
    this.#interfaces = options.interfaces;
    this.#onLost = options.onLost;
    this.#client = this.#connect(options.address);
    this.#scheduleCheck();
  }

  get address(): NgAddress {
    return this.#client.address;
  }

  /** False from a request it left unanswered until a ping it answered. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Calls it holds, by its own word or ours if newer. */
  get calls(): number {
    return this.#calls;
  }

  /** Hands it the offer of one end; returns the SDP for the other. */
  async offer(callId: string, from: CallEnd, sdp: string, flags: NgFlags): Promise<string> {
    return this.#negotiate('offer', callId, from, sdp, flags);
  }

  /** Hands it the answer that `from` gave to the other end's offer; returns the SDP for that other end. */
  async answer(callId: string, from: CallEnd, sdp: string, flags: NgFlags): Promise<string> {
    return this.#negotiate('answer', callId, from, sdp, flags);
  }

  /** Keeps RTP from one end from reaching the other, or lets it through again. */
  async setBlocked(callId: string, from: CallEnd, blocked: boolean): Promise<void> {
    await this.#request(blocked ? 'blockMedia' : 'unblockMedia', { 'call-id': callId, 'from-tag': from });
  }

  /** Deletes a call; one it does not know is fine. One it cannot be told of now is deleted when it answers again. */
  async delete(callId: string): Promise<void> {
    if (!this.#alive) {
      this.#undeleted.add(callId);
      return;
    }
    try {
      await this.#request('delete', { 'call-id': callId, 'delete-delay': 0 });
      this.#calls = Math.max(0, this.#calls - 1);
    } catch (error) {
      this.#undeleted.add(callId);
      this.#log.warn({ err: error, callId }, 'rtpengine did not confirm the end of a call');
    }
  }

  /** The ids of up to `limit` calls it holds. */
  async list(limit = 1000): Promise<string[]> {
    const { calls } = await this.#request('list', { limit: String(limit) });
    return Array.isArray(calls) ? calls.map(String) : [];
  }

  /** Asks how many calls it holds. */
  async countCalls(): Promise<number> {
    const { statistics } = await this.#request('statistics');
    const { currentstatistics: current, totalstatistics: total } = statistics as {
      currentstatistics?: { sessionsown?: number };
      totalstatistics?: { uptime?: number | string };
    };
    this.#calls = Number(current?.sessionsown ?? 0);
    this.#noteUptime(Number(total?.uptime ?? Number.NaN));
    return this.#calls;
  }

  /** Asks whether it answers; takes it out or back in accordingly. */
  async check(): Promise<boolean> {
    try {
      if (this.#alive) await this.countCalls();
      else if (await this.#client.answers()) await this.#revive();
    } catch (error) {
      if (!this.#stopped) this.#log.debug({ err: error }, 'rtpengine health check failed');
    }
    return this.#alive;
  }

  /** Its process is known to have died. */
  died(): void {
    this.#takeOut();
    this.#lose();
  }

  /** Its process is known to have started anew. */
  restarted(address: NgAddress): void {
    this.#client.close();
    this.#client = this.#connect(address);
    this.#uptimeSeconds = 0;
    this.#undeleted.clear();
    this.#calls = 0;
    this.#silentSince = undefined;
    this.#alive = true;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client.close();
  }

  #connect(address: NgAddress): NgClient {
    return new NgClient(address, {
      deadlineMs: DEADLINE_MS,
      onError: (error) => this.#log.warn({ err: error }, 'rtpengine control socket'),
    });
  }

  async #negotiate(
    command: 'offer' | 'answer',
    callId: string,
    from: CallEnd,
    sdp: string,
    flags: NgFlags,
  ): Promise<string> {
    const to: CallEnd = from === 'far' ? 'mixer' : 'far';
    // In an answer, from-tag stays the offering end's.
    const tags = command === 'offer' ? { 'from-tag': from, 'to-tag': to } : { 'from-tag': to, 'to-tag': from };
    const reply = await this.#request(command, {
      'call-id': callId,
      ...tags,
      sdp,
      ...this.#direction(from),
      replace: REPLACED,
      ...flags,
    });
    if (typeof reply.sdp !== 'string') throw new RoomlineError('unavailable', `rtpengine's ${command} has no SDP`);
    if (command === 'offer') this.#calls++;
    return reply.sdp;
  }

  #direction(from: CallEnd): NgArguments {
    if (this.#interfaces === undefined) return {};
    const [outside, inside] = this.#interfaces;
    return { direction: from === 'far' ? [outside, inside] : [inside, outside] };
  }

  async #request(command: NgCommand, args: NgArguments = {}) {
    if (!this.#alive) {
      const { host, port } = this.address;
      throw new RoomlineError('unavailable', `rtpengine at ${host}:${port} does not answer`, { retryAfterSeconds: 5 });
    }
    const client = this.#client;
    try {
      return await client.request(command, args);
    } catch (error) {
      const silent = error instanceof RoomlineError && error.code === 'rtpengine-silent';
      if (silent && client === this.#client && !this.#stopped) this.#takeOut();
      throw error;
    }
  }

  #takeOut(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#silentSince = performance.now();
    this.#log.error(this.address, 'rtpengine does not answer; no new calls go to it');
    this.#scheduleCheck();
  }

  async #revive(): Promise<void> {
    this.#alive = true;
    this.#silentSince = undefined;
    this.#log.info(this.address, 'rtpengine answers again');
    await this.countCalls();
    const late = [...this.#undeleted];
    this.#undeleted.clear();
    for (const callId of late) await this.delete(callId);
  }

  /** An uptime that went down means that it was restarted and knows no call of ours. */
  #noteUptime(uptimeSeconds: number): void {
    if (Number.isNaN(uptimeSeconds)) return;
    const restarted = uptimeSeconds < this.#uptimeSeconds;
    this.#uptimeSeconds = uptimeSeconds;
    if (!restarted) return;
    this.#log.error(this.address, 'rtpengine was restarted, its calls are lost');
    this.#lose();
  }

  #lose(): void {
    this.#calls = 0;
    this.#undeleted.clear();
    this.#onLost(this);
  }

  #scheduleCheck(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#checkAgain(), this.#alive ? CHECK_INTERVAL_MS : DEAD_CHECK_INTERVAL_MS);
    this.#timer.unref();
  }

  async #checkAgain(): Promise<void> {
    await this.check();
    if (this.#silentSince !== undefined && performance.now() - this.#silentSince > LOST_AFTER_MS) {
      this.#silentSince = undefined;
      this.#log.error(this.address, 'rtpengine has not answered for too long, its calls are given up');
      // It may still hold them: they are not ours any more, and its own timeout ends them.
      this.#lose();
    }
    this.#scheduleCheck();
  }
}
