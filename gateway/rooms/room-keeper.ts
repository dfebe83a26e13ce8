import type { AccessEventBus, RoomEndCause } from './access-events.js';
import type { RoomNumber } from './room.js';
import type { Roster } from './roster.js';
import { KEPT_MS } from './voice-requests.js';
import type { TemporaryRoomLimits } from './voice-server.js';

/** What keeping rooms asks of the store. */
export interface RoomKeepingStore {
  /** Marks temporary rooms as seen at that time; returns those of the numbers that lead to no room. */
  touch(numbers: readonly RoomNumber[], now: Date): Promise<RoomNumber[]>;
  /** Marks every temporary room. */
  touchAll(now: Date): Promise<void>;
  /**
   * Ends temporary rooms last seen before `emptyBefore`, or past their age; their numbers rest until `freeAt`. What
   * had been written of them, who may enter and who is invited, goes with them.
   */
  endOverdue(
    emptyBefore: Date,
    now: Date,
    freeAt: Date,
  ): Promise<{ readonly number: RoomNumber; readonly cause: RoomEndCause }[]>;
  /** Frees the numbers whose rest is over; returns how many. */
  releaseQuarantined(now: Date): Promise<number>;
  /** Forgets idempotency keys of that time, and invitations that ended by then, unless one lets somebody in. */
  purge(before: Date): Promise<void>;
}

export interface RoomKeeper {
  /** Ends and frees what is due; runs by itself, too. */
  sweep(): Promise<void>;
  /** Ends when nothing of it runs any more. */
  stop(): Promise<void>;
}

const LONGEST_SWEEP_MS = 10_000;
/** It looks through every invitation that is kept. */
const BETWEEN_PURGES_MS = 3600_000;

/**
 * Ends temporary rooms that are empty or old, and frees numbers. A room counts as empty since it was last seen with
 * someone in it: every gateway keeps marking those in its own roster, so that rooms of one that died end by
 * themselves. After a start they all get their time again, for people to dial in anew.
 */
export async function startRoomKeeper(options: {
  store: RoomKeepingStore;
  roster: Roster;
  events: AccessEventBus;
  limits: TemporaryRoomLimits;
  onError: (error: unknown) => void;
  now?: () => Date;
}): Promise<RoomKeeper> {
  const { store, roster, events, limits, onError, now = () => new Date() } = options;
  const changed = new Set<RoomNumber>();
  let stopped = false;
  let nextPurgeMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let marking: Promise<void> | undefined;
  let sweeping: Promise<void> | undefined;

  async function touch(numbers: readonly RoomNumber[]): Promise<void> {
    for (const room of await store.touch(numbers, now())) {
      if (roster.participants(room).length > 0) events.emit('room.ended', { room, cause: 'released' });
    }
  }

  /** One write at a time, with all rooms that changed during the one before. */
  async function markChanged(): Promise<void> {
    while (changed.size > 0) {
      const numbers = [...changed];
      changed.clear();
      await touch(numbers).catch(onError);
    }
    marking = undefined;
  }

  const mark = ({ room }: { room: RoomNumber }) => {
    changed.add(room);
    marking ??= markChanged();
  };

  async function sweepOnce(): Promise<void> {
    await marking;
    await touch(roster.rooms());
    const at = now();
    const freeAt = new Date(at.getTime() + limits.quarantineMs);
    for (const { number, cause } of await store.endOverdue(new Date(at.getTime() - limits.emptyMs), at, freeAt)) {
      events.emit('room.ended', { room: number, cause });
    }
    await store.releaseQuarantined(at);
    if (at.getTime() < nextPurgeMs) return;
    await store.purge(new Date(at.getTime() - KEPT_MS));
    nextPurgeMs = at.getTime() + BETWEEN_PURGES_MS;
  }

  function sweep(): Promise<void> {
    sweeping ??= sweepOnce().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  }

  function schedule(): void {
    timer = setTimeout(
      () => {
        void sweep()
          .catch(onError)
          .finally(() => {
            if (!stopped) schedule();
          });
      },
      Math.min(limits.emptyMs / 4, LONGEST_SWEEP_MS),
    );
    timer.unref();
  }

  await store.touchAll(now());
  const stopListening = [roster.events.on('room.started', mark), roster.events.on('room.ended', mark)];
  schedule();

  return {
    sweep,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (const stop of stopListening) stop();
      await Promise.all([marking, sweeping?.catch(() => undefined)]);
    },
  };
}
