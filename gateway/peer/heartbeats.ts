import { randomBytes } from 'node:crypto';
import type { Log } from '../log.js';
import type { VoiceServerBeat, VoiceServerRegistry } from '../rooms/voice-servers.js';

/** A voice server that missed so many beats is taken for dead, as is its stream. */
export const BEATS_MISSED = 3;
const FORGOTTEN_AFTER_MS = 3_600_000;

export interface HeartbeatOptions {
  /** Made by `createVoiceServerId`, and unless told made here. */
  readonly id?: string;
  readonly registry: VoiceServerRegistry;
  /** Where directories reach this voice server. */
  readonly url: string;
  readonly heartbeatMs: number;
  /** Stands by while another voice server takes the calls; one that does not, takes them beside any other. */
  readonly standsBy: boolean;
  readonly log: Log;
  /** The voice server stands by now, or does no more. */
  changed(standby: boolean): void;
}

/** What a voice server writes down so that directories know of it, and what it learns of the others meanwhile. */
export interface Heartbeats {
  /** Says that no new rooms are taken. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Sorts by the time of the start. */
export function createVoiceServerId(): string {
  return `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
}

/**
 * Beats for as long as the process lives. A room's callers have to meet, so of several voice servers one takes calls,
 * the one that has run longest; the others stand by until it stops or misses three beats.
 */
export async function startHeartbeats(options: HeartbeatOptions): Promise<Heartbeats> {
  const { heartbeatMs, id = createVoiceServerId(), log, registry, standsBy, url } = options;
  let draining = false;
  let standby = false;
  let warnedOf: string | undefined;
  let beating: Promise<void> | undefined;

  async function beatOnce(): Promise<void> {
    const now = new Date();
    await registry.beat({ id, url, draining }, now);
    const others = await othersOf(now);
    const elder = others.find((other) => other.id < id);
    if (!standsBy) return warnOf(elder);
    if (standby === (elder !== undefined)) return;
    standby = elder !== undefined;
    log.info({ other: elder?.url }, standby ? 'standing by: another voice server takes the calls' : 'taking the calls');
    options.changed(standby);
  }

  /** Once, not at every beat. */
  function warnOf(elder: VoiceServerBeat | undefined): void {
    if (elder !== undefined && elder.id !== warnedOf) {
      log.warn({ other: elder.url }, 'two voice servers take calls: who dials one does not hear who dials the other');
    }
    warnedOf = elder?.id;
  }

  async function othersOf(now: Date) {
    const alive = await registry.ready(new Date(now.getTime() - BEATS_MISSED * heartbeatMs));
    return alive.filter((other) => other.id !== id);
  }

  function beat(): Promise<void> {
    beating ??= beatOnce()
      .catch((error: unknown) => log.warn({ err: error }, 'could not write a heartbeat'))
      .finally(() => {
        beating = undefined;
      });
    return beating;
  }

  await forgetPredecessors(registry, url, await othersOf(new Date()));
  await beatOnce();
  const timer = setInterval(() => void beat(), heartbeatMs);
  timer.unref();

  return {
    async drain() {
      draining = true;
      await beating;
      await beat();
    },
    async stop() {
      clearInterval(timer);
      await beating;
      await registry.leave(id);
    },
  };
}

/** Whoever was reached where we are now is no more: nobody need wait for their beats to grow old. */
async function forgetPredecessors(
  registry: VoiceServerRegistry,
  url: string,
  others: readonly { id: string; url: string }[],
): Promise<void> {
  await Promise.all(others.filter((other) => other.url === url).map((other) => registry.leave(other.id)));
  await registry.purge(new Date(Date.now() - FORGOTTEN_AFTER_MS));
}
