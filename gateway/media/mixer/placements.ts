import type { LegId } from './mixer.js';
import type { OngoingPlayback } from './ongoing-playback.js';
import type { WorkerHandle } from './worker-handle.js';

/** Where a leg's port is, and what a port elsewhere would have to be told. */
export interface Placement {
  worker: WorkerHandle;
  /** `null`: the leg is in no room. */
  room: string | null;
  /** False while the port is being opened: whoever asked is told by the promise. */
  open: boolean;
  muted: boolean;
  held: boolean;
  playing: OngoingPlayback | undefined;
}

/** Which thread each leg and each room is on: a room is on one of them. */
export class Placements {
  readonly #legs = new Map<LegId, Placement>();
  readonly #rooms = new Map<string, { worker: WorkerHandle; legs: number }>();

  get(leg: LegId): Placement | undefined {
    return this.#legs.get(leg);
  }

  /** The thread a room is on; `undefined` for one nobody is in. */
  workerOf(room: string): WorkerHandle | undefined {
    return this.#rooms.get(room)?.worker;
  }

  on(worker: WorkerHandle): [LegId, Placement][] {
    return [...this.#legs].filter(([, placement]) => placement.worker === worker);
  }

  add(leg: LegId, worker: WorkerHandle, room: string | null): Placement {
    const placement = { worker, room: null, open: false, muted: false, held: false, playing: undefined };
    this.#legs.set(leg, placement);
    worker.load++;
    if (room !== null) this.join(placement, room, worker);
    return placement;
  }

  /** Gives a leg a place in a room, which begins on `worker` if nobody was in it. */
  join(placement: Placement, room: string, worker: WorkerHandle): void {
    const entry = this.#rooms.get(room) ?? { worker, legs: 0 };
    entry.legs++;
    this.#rooms.set(room, entry);
    placement.room = room;
  }

  leaveRoom(placement: Placement): void {
    if (placement.room === null) return;
    const room = this.#rooms.get(placement.room);
    if (room !== undefined && --room.legs === 0) this.#rooms.delete(placement.room);
    placement.room = null;
  }

  /** The leg's port is on another thread from now on. */
  move(placement: Placement, worker: WorkerHandle): void {
    placement.worker.load--;
    placement.worker = worker;
    worker.load++;
  }

  /** Forgets a leg, and ends what is played to it. */
  remove(leg: LegId): void {
    const placement = this.#legs.get(leg);
    if (placement === undefined) return;
    this.#legs.delete(leg);
    this.leaveRoom(placement);
    placement.worker.load--;
    placement.playing?.end('stopped');
  }

  clear(): void {
    for (const leg of [...this.#legs.keys()]) this.remove(leg);
  }
}
