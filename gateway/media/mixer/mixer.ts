/**
 * The mixer's handle: starts the worker threads, gives each room to one of them, opens and closes the ports of
 * legs and passes on what the workers notice. The audio itself never leaves the workers.
 */
import { isIP } from 'node:net';
import { RoomlineError } from '../../errors.js';
import { EventBus } from '../../events.js';
import type { Command, Notice, WorkerStats } from './protocol.js';
import { WorkerHandle } from './worker-handle.js';

export type LegId = string;

/** How a leg's audio is coded; payload types as in the SDP. 8000 Hz, mono, 20 ms. */
export interface AudioFormat {
  codec: 'PCMU' | 'PCMA';
  /** 0 for PCMU, 8 for PCMA. */
  payloadType: number;
  /** RFC 4733 telephone-event at 8000 Hz; absent when the far end does not send it. */
  telephoneEventPayloadType?: number;
}

export interface UdpAddress {
  address: string;
  port: number;
}

export type MixerEvents = {
  /** Voice activity began or ended. */
  talking: { leg: LegId; talking: boolean };
  /** A whole RFC 4733 digit: 0-9, *, #, A-D. */
  digit: { leg: LegId; digit: string; durationMs: number };
  /** No RTP arrived for the idle time (said once until RTP arrives again), or it arrived again. */
  idle: { leg: LegId; idle: boolean };
  /** A worker died; its legs have no audio any more. */
  lost: { legs: LegId[] };
};

export interface MixerLegStats {
  leg: LegId;
  packetsReceived: number;
  packetsSent: number;
  /** Frames replaced by concealment. */
  framesConcealed: number;
  /** Current depth of the jitter buffer, in ms. */
  jitterBufferMs: number;
}

export interface MixerOptions {
  /** Worker threads. */
  threads: number;
  /** Address the ports listen on: loopback. */
  host: string;
  /** After how long without RTP `idle` is said, in ms. */
  rtpIdleMs: number;
  onError(error: Error): void;
}

export interface Mixer {
  readonly events: EventBus<MixerEvents>;
  /** Opens a port for a leg in a room; it sends and accepts nothing before `connect`. */
  open(room: string, leg: LegId): Promise<UdpAddress>;
  /** Says where the leg's anchor is and how its audio is coded; again after a re-INVITE. Only the anchor is heard. */
  connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void>;
  /** A muted leg hears the room and is not heard; it says no `talking`. */
  setMuted(leg: LegId, muted: boolean): void;
  /** A held leg is neither heard (its music on hold stays out) nor counted as idle; it is still sent the mix. */
  setHeld(leg: LegId, held: boolean): void;
  close(leg: LegId): Promise<void>;
  stats(): Promise<{ legs: MixerLegStats[]; rooms: number }>;
  stop(): Promise<void>;
}

/** How long a worker may take to close its ports before it is ended, in ms. */
const STOP_DEADLINE_MS = 2000;
const WORKER = new URL('./worker.js', import.meta.url);

/**
 * Starts the mixer's threads.
 * @throws RoomlineError `unavailable` when one cannot be started.
 */
export async function startMixer(options: MixerOptions, workerEntry: URL = WORKER): Promise<Mixer> {
  const threads = new MixerThreads(options, workerEntry);
  try {
    await threads.ready();
  } catch (error) {
    await threads.stop();
    throw error;
  }
  return threads;
}

interface Placement {
  worker: WorkerHandle;
  room: string;
  /** False while the port is being opened: whoever asked is told by the promise. */
  open: boolean;
}

/** Shares the rooms out among the threads: a new room goes to the thread with the fewest legs. */
class MixerThreads implements Mixer {
  readonly events: EventBus<MixerEvents>;
  readonly #options: MixerOptions;
  readonly #workerEntry: URL;
  readonly #workers: WorkerHandle[];
  readonly #legs = new Map<LegId, Placement>();
  readonly #rooms = new Map<string, { worker: WorkerHandle; legs: number }>();
  #stopped = false;

  constructor(options: MixerOptions, workerEntry: URL) {
    this.#options = options;
    this.#workerEntry = workerEntry;
    this.events = new EventBus((error) => options.onError(error instanceof Error ? error : new Error(String(error))));
    this.#workers = Array.from({ length: options.threads }, (_, slot) => this.#startWorker(slot));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ready));
  }

  async open(room: string, leg: LegId): Promise<UdpAddress> {
    if (this.#stopped) throw new RoomlineError('unavailable', 'the mixer is stopping');
    if (this.#legs.has(leg)) throw new RoomlineError('conflict', `leg ${leg} has a mixer port already`);
    const worker = this.#rooms.get(room)?.worker ?? this.#leastLoaded();
    const placement = { worker, room, open: false };
    this.#place(leg, placement);
    try {
      const address = await worker.ask({ kind: 'open', room, leg });
      placement.open = true;
      return address;
    } catch (error) {
      this.#forget(leg);
      throw error;
    }
  }

  async connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void> {
    checkAnchor(leg, anchor);
    const placement = this.#legs.get(leg);
    if (placement === undefined) throw new RoomlineError('not-found', `leg ${leg} has no mixer port`);
    await placement.worker.ask({ kind: 'connect', leg, anchor, format });
  }

  setMuted(leg: LegId, muted: boolean): void {
    this.#tell(leg, { kind: 'set-muted', leg, muted });
  }

  setHeld(leg: LegId, held: boolean): void {
    this.#tell(leg, { kind: 'set-held', leg, held });
  }

  async close(leg: LegId): Promise<void> {
    const placement = this.#legs.get(leg);
    if (placement === undefined) return;
    this.#forget(leg);
    // A worker that died meanwhile took the port with it.
    await placement.worker.ask({ kind: 'close', leg }).catch(() => undefined);
  }

  async stats(): Promise<WorkerStats> {
    const all = await Promise.all(this.#workers.map((worker) => worker.ask({ kind: 'stats' })));
    return { legs: all.flatMap((stats) => stats.legs), rooms: all.reduce((sum, stats) => sum + stats.rooms, 0) };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers.map((worker) => worker.stop(STOP_DEADLINE_MS)));
    this.#legs.clear();
    this.#rooms.clear();
  }

  #startWorker(slot: number): WorkerHandle {
    const { host, rtpIdleMs, onError } = this.#options;
    const worker: WorkerHandle = new WorkerHandle(
      this.#workerEntry,
      { host, rtpIdleMs },
      { onNotice: (notice) => this.#notice(notice), onError, onDeath: () => this.#replace(slot, worker) },
    );
    return worker;
  }

  /** A worker died: its legs are lost, and a new one takes the next rooms. */
  #replace(slot: number, dead: WorkerHandle): void {
    const placed = [...this.#legs].filter(([, placement]) => placement.worker === dead);
    const legs = placed.filter(([, placement]) => placement.open).map(([leg]) => leg);
    for (const [leg] of placed) this.#forget(leg);
    // One that could not even start would only die again.
    dead.ready.then(
      () => {
        if (!this.#stopped) this.#workers[slot] = this.#startWorker(slot);
      },
      () => undefined,
    );
    if (legs.length > 0) this.events.emit('lost', { legs });
  }

  #notice(notice: Notice): void {
    if (notice.kind === 'trouble') this.#options.onError(new Error(notice.message));
    else if (!this.#legs.has(notice.leg)) return;
    else if (notice.kind === 'talking') this.events.emit('talking', { leg: notice.leg, talking: notice.talking });
    else if (notice.kind === 'idle') this.events.emit('idle', { leg: notice.leg, idle: notice.idle });
    else {
      const { leg, digit, durationMs } = notice;
      this.events.emit('digit', { leg, digit, durationMs });
    }
  }

  #leastLoaded(): WorkerHandle {
    return this.#workers.reduce((least, worker) => (worker.load < least.load ? worker : least));
  }

  #place(leg: LegId, placement: Placement): void {
    const room = this.#rooms.get(placement.room) ?? { worker: placement.worker, legs: 0 };
    room.legs++;
    this.#rooms.set(placement.room, room);
    this.#legs.set(leg, placement);
    placement.worker.load++;
  }

  #forget(leg: LegId): void {
    const placement = this.#legs.get(leg);
    if (placement === undefined) return;
    this.#legs.delete(leg);
    placement.worker.load--;
    const room = this.#rooms.get(placement.room);
    if (room !== undefined && --room.legs === 0) this.#rooms.delete(placement.room);
  }

  #tell(leg: LegId, command: Command): void {
    this.#legs
      .get(leg)
      ?.worker.ask(command)
      .catch(() => undefined);
  }
}

function checkAnchor(leg: LegId, { address, port }: UdpAddress): void {
  if (isIP(address) !== 0 && Number.isInteger(port) && port > 0 && port < 65_536) return;
  throw new RoomlineError('invalid', `leg ${leg}: ${address}:${port} is not the address and port of an anchor`);
}
