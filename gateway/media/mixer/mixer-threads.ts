import { isIP } from 'node:net';
import { RoomlineError } from '../../errors.js';
import { EventBus } from '../../events.js';
import { NEVER_PLAYED, type Playback, type PlayOptions, type Sound } from '../../sound.js';
import type { AudioFormat, LegId, Mixer, MixerEvents, MixerOptions, UdpAddress } from './mixer.js';
import { OngoingPlayback } from './ongoing-playback.js';
import { type Placement, Placements } from './placements.js';
import type { Command, Notice, WorkerStats } from './protocol.js';
import { WorkerHandle } from './worker-handle.js';

/** How long a worker may take to close its ports before it is ended, in ms. */
const STOP_DEADLINE_MS = 2000;

/** Shares the rooms out among the threads: a new room goes to the thread with the fewest legs. */
export class MixerThreads implements Mixer {
  readonly events: EventBus<MixerEvents>;
  readonly #options: MixerOptions;
  readonly #workerEntry: URL;
  readonly #workers: WorkerHandle[];
  readonly #placements = new Placements();
  #playbacks = 0;
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

  async open(room: string | null, leg: LegId): Promise<UdpAddress> {
    if (this.#stopped) throw new RoomlineError('unavailable', 'the mixer is stopping');
    if (this.#placements.get(leg) !== undefined) {
      throw new RoomlineError('conflict', `leg ${leg} has a mixer port already`);
    }
    const worker = (room === null ? undefined : this.#placements.workerOf(room)) ?? this.#leastLoaded();
    const placement = this.#placements.add(leg, worker, room);
    try {
      const address = await worker.ask({ kind: 'open', room, leg });
      placement.open = true;
      return address;
    } catch (error) {
      if (this.#placements.get(leg) === placement) this.#placements.remove(leg);
      throw error;
    }
  }

  async connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void> {
    checkAnchor(leg, anchor);
    await this.#placement(leg).worker.ask({ kind: 'connect', leg, anchor, format });
  }

  async enter(leg: LegId, room: string): Promise<UdpAddress | undefined> {
    const placement = this.#placement(leg);
    if (placement.room !== null) {
      throw new RoomlineError('conflict', `leg ${leg} is in room ${placement.room} already`);
    }
    const worker = this.#placements.workerOf(room) ?? placement.worker;
    this.#placements.join(placement, room, worker);
    try {
      if (worker !== placement.worker) return await this.#move(leg, placement, worker, room);
      await worker.ask({ kind: 'enter', leg, room });
      return undefined;
    } catch (error) {
      this.#placements.leaveRoom(placement);
      throw error;
    }
  }

  play(leg: LegId, sound: Sound, { loop = false }: PlayOptions = {}): Playback {
    const placement = this.#placements.get(leg);
    if (placement === undefined) return NEVER_PLAYED;
    placement.playing?.end('stopped');
    const playback = new OngoingPlayback(++this.#playbacks, () => {
      placement.playing = undefined;
      this.#tell(leg, { kind: 'stop-playing', leg, playback: playback.id });
    });
    placement.playing = playback;
    const { samples } = sound;
    this.#tell(leg, { kind: 'play', leg, sound: { playback: playback.id, samples, loop, position: 0 } });
    return playback;
  }

  playInRoom(room: string, { samples }: Sound, except: readonly LegId[] = []): void {
    this.#placements
      .workerOf(room)
      ?.ask({ kind: 'play-in-room', room, samples, except })
      .catch(() => undefined);
  }

  setMuted(leg: LegId, muted: boolean): void {
    const placement = this.#placements.get(leg);
    if (placement !== undefined) placement.muted = muted;
    this.#tell(leg, { kind: 'set-muted', leg, muted });
  }

  setHeld(leg: LegId, held: boolean): void {
    const placement = this.#placements.get(leg);
    if (placement !== undefined) placement.held = held;
    this.#tell(leg, { kind: 'set-held', leg, held });
  }

  async close(leg: LegId): Promise<void> {
    const placement = this.#placements.get(leg);
    if (placement === undefined) return;
    this.#placements.remove(leg);
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
    this.#placements.clear();
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
    const placed = this.#placements.on(dead);
    const legs = placed.filter(([, placement]) => placement.open).map(([leg]) => leg);
    for (const [leg] of placed) this.#placements.remove(leg);
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
    else if (this.#placements.get(notice.leg) === undefined) return;
    else if (notice.kind === 'talking') this.events.emit('talking', { leg: notice.leg, talking: notice.talking });
    else if (notice.kind === 'idle') this.events.emit('idle', { leg: notice.leg, idle: notice.idle });
    else if (notice.kind === 'played') this.#played(notice.leg, notice.playback);
    else {
      const { leg, digit, durationMs } = notice;
      this.events.emit('digit', { leg, digit, durationMs });
    }
  }

  #leastLoaded(): WorkerHandle {
    return this.#workers.reduce((least, worker) => (worker.load < least.load ? worker : least));
  }

  #placement(leg: LegId): Placement {
    const placement = this.#placements.get(leg);
    if (placement === undefined) throw new RoomlineError('not-found', `leg ${leg} has no mixer port`);
    return placement;
  }

  /** Opens a port on the room's thread first: whoever cannot have one stays where he was. */
  async #move(leg: LegId, placement: Placement, to: WorkerHandle, room: string): Promise<UdpAddress> {
    const address = await to.ask({ kind: 'open', room, leg });
    if (this.#placements.get(leg) !== placement) {
      await to.ask({ kind: 'close', leg }).catch(() => undefined);
      throw new RoomlineError('unavailable', `leg ${leg} was closed as it entered room ${room}`);
    }
    const { worker: from, playing } = placement;
    this.#placements.move(placement, to);
    this.#tell(leg, { kind: 'set-muted', leg, muted: placement.muted });
    this.#tell(leg, { kind: 'set-held', leg, held: placement.held });
    const left = await from.ask({ kind: 'leave', leg }).catch(() => undefined);
    if (left === undefined) {
      // That thread died. The port here is a good one all the same.
      if (placement.playing === playing) placement.playing = undefined;
      playing?.end('stopped');
      return address;
    }
    if (this.#placements.get(leg) !== placement) return address;
    const goesOn = left.playing !== undefined && left.playing.playback === placement.playing?.id;
    this.#tell(leg, { kind: 'resume', leg, from: goesOn ? left : { ...left, playing: undefined } });
    return address;
  }

  #played(leg: LegId, playback: number): void {
    const placement = this.#placements.get(leg);
    if (placement?.playing?.id !== playback) return;
    placement.playing.end('played');
    placement.playing = undefined;
  }

  #tell(leg: LegId, command: Command): void {
    this.#placements
      .get(leg)
      ?.worker.ask(command)
      .catch(() => undefined);
  }
}

function checkAnchor(leg: LegId, { address, port }: UdpAddress): void {
  if (isIP(address) !== 0 && Number.isInteger(port) && port > 0 && port < 65_536) return;
  throw new RoomlineError('invalid', `leg ${leg}: ${address}:${port} is not the address and port of an anchor`);
}
