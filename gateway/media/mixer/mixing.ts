import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RoomlineError } from '../../errors.js';
import { SteadyClock, SYSTEM_TIME, type TimeSource } from './clock.js';
import { Instant } from './instant.js';
import type { AudioFormat, LegId, Samples, UdpAddress } from './mixer.js';
import type { PlaybackState } from './playback.js';
import { Port, type PortListener } from './port.js';
import type { LeftPort, WorkerSettings, WorkerStats } from './protocol.js';
import { Room } from './room.js';

/** What a mixing takes from the machine; tests have their own. */
export interface Machine {
  time: TimeSource;
  createSocket(type: SocketType): Socket;
}

const THIS_MACHINE: Machine = { time: SYSTEM_TIME, createSocket };

/** How often another process may take the free port just found. */
const BIND_ATTEMPTS = 20;

interface OpenLeg {
  port: Port;
  socket: Socket;
  /** `null`: in no room. */
  roomName: string | null;
  /** Whom the socket is connected to. */
  anchor: UdpAddress | undefined;
  /** Settles when the last `connect` is done: they are done one after the other. */
  connected: Promise<void>;
  /** Of the port this one takes the place of, until it is connected. */
  resumes: LeftPort | undefined;
}

/** Everything one worker thread does: its rooms, their ports, and the clock they share. */
export class Mixing {
  readonly #settings: WorkerSettings;
  readonly #listener: PortListener & { trouble(message: string): void };
  readonly #rooms = new Map<string, Room>();
  /** Those in no room: each hears only what is played to it. */
  readonly #apart = new Room();
  readonly #legs = new Map<LegId, OpenLeg>();
  readonly #machine: Machine;
  readonly #clock: SteadyClock;
  readonly #now = new Instant();

  constructor(
    settings: WorkerSettings,
    listener: PortListener & { trouble(message: string): void },
    machine: Machine = THIS_MACHINE,
  ) {
    this.#machine = machine;
    this.#settings = settings;
    this.#listener = listener;
    this.#clock = new SteadyClock({
      time: machine.time,
      onTick: (due) => {
        for (const room of this.#rooms.values()) room.tick(due);
        this.#apart.tick(due);
      },
      onSkip: (ticks) => {
        for (const room of this.#rooms.values()) room.skip(ticks);
        this.#apart.skip(ticks);
      },
    });
  }

  async open(roomName: string | null, leg: LegId): Promise<UdpAddress> {
    if (this.#legs.has(leg)) throw new RoomlineError('conflict', `leg ${leg} has a mixer port already`);
    const socket = this.#machine.createSocket(this.#socketType);
    const port = new Port({
      leg,
      socket,
      ssrc: randomInt(2 ** 32),
      sequence: randomInt(2 ** 16),
      timestamp: randomInt(2 ** 32),
      rtpIdleMs: this.#settings.rtpIdleMs,
      listener: this.#listener,
    });
    const connected = Promise.resolve();
    const entry: OpenLeg = { port, socket, roomName, anchor: undefined, connected, resumes: undefined };
    this.#legs.set(leg, entry);
    try {
      await this.#bind(socket);
    } catch (error) {
      // Unless it was closed meanwhile, and perhaps opened anew.
      if (this.#legs.get(leg) === entry) {
        this.#legs.delete(leg);
        socket.close();
      }
      throw new RoomlineError('unavailable', `no UDP port on ${this.#settings.host} for leg ${leg}`, { cause: error });
    }
    this.#join(entry);
    const { address, port: number } = socket.address();
    return { address, port: number };
  }

  async connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void> {
    const entry = this.#entry(leg);
    const connected = entry.connected.then(() => this.#connect(entry, anchor, format));
    entry.connected = connected.catch(() => undefined);
    await connected;
  }

  setMuted(leg: LegId, muted: boolean): void {
    this.#legs.get(leg)?.port.setMuted(muted);
  }

  setHeld(leg: LegId, held: boolean): void {
    this.#legs.get(leg)?.port.setHeld(held, this.#readClock());
  }

  /** Takes a leg that is in no room into one. */
  enter(leg: LegId, roomName: string): void {
    const entry = this.#entry(leg);
    this.#takeOut(entry);
    entry.roomName = roomName;
    this.#putIn(entry);
  }

  /** Closes a port that goes on in another thread, from where this one stops. */
  async leave(leg: LegId): Promise<LeftPort> {
    const left = this.#entry(leg).port.leave();
    await this.close(leg);
    return left;
  }

  resume(leg: LegId, from: LeftPort): void {
    this.#entry(leg).resumes = from;
  }

  play(leg: LegId, sound: PlaybackState): void {
    this.#legs.get(leg)?.port.play(sound);
  }

  stopPlaying(leg: LegId, playback: number): void {
    this.#legs.get(leg)?.port.player?.stop(playback);
  }

  playInRoom(roomName: string, samples: Samples, except: readonly LegId[]): void {
    this.#rooms.get(roomName)?.announce(samples, except);
  }

  async close(leg: LegId): Promise<void> {
    const entry = this.#legs.get(leg);
    if (entry === undefined) return;
    this.#legs.delete(leg);
    this.#takeOut(entry);
    if (this.#rooms.size === 0 && this.#apart.size === 0) this.#clock.stop();
    await entry.port.close();
  }

  stats(): WorkerStats {
    return { legs: [...this.#legs.values()].map((entry) => entry.port.stats), rooms: this.#rooms.size };
  }

  async stop(): Promise<void> {
    this.#clock.stop();
    await Promise.all([...this.#legs.keys()].map((leg) => this.close(leg)));
  }

  async #connect(entry: OpenLeg, anchor: UdpAddress, format: AudioFormat): Promise<void> {
    if (entry.anchor?.port === anchor.port && entry.anchor.address === anchor.address) {
      entry.port.connect(anchor, format, this.#readClock());
      return;
    }
    entry.port.disconnect();
    if (entry.anchor !== undefined) entry.socket.disconnect();
    entry.anchor = undefined;
    await new Promise<void>((resolve, reject) => {
      entry.socket.connect(anchor.port, anchor.address, (error?: Error) => {
        if (error === undefined || error === null) resolve();
        else reject(new RoomlineError('invalid', `cannot send to ${anchor.address}:${anchor.port}`, { cause: error }));
      });
    });
    entry.anchor = anchor;
    entry.port.connect(anchor, format, this.#readClock());
    if (entry.resumes !== undefined) entry.port.resume(entry.resumes, this.#readClock());
    entry.resumes = undefined;
  }

  /**
   * Binds to a free port, by its number: a UDP socket on Linux that was bound to 'any port' loses its port when it
   * is disconnected, as it must be to follow its anchor to another address.
   */
  async #bind(socket: Socket): Promise<void> {
    const host = this.#settings.host;
    for (let attempt = 1; ; attempt++) {
      const scout = this.#machine.createSocket(this.#socketType);
      await bind(scout, host, 0);
      const { port } = scout.address();
      await new Promise<void>((resolve) => scout.close(() => resolve()));
      try {
        await bind(socket, host, port);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === BIND_ATTEMPTS) throw error;
      }
    }
  }

  get #socketType(): 'udp4' | 'udp6' {
    return isIPv6(this.#settings.host) ? 'udp6' : 'udp4';
  }

  #entry(leg: LegId): OpenLeg {
    const entry = this.#legs.get(leg);
    if (entry === undefined) throw new RoomlineError('not-found', `leg ${leg} has no mixer port`);
    return entry;
  }

  #putIn({ port, roomName }: OpenLeg): void {
    port.setApart(roomName === null);
    if (roomName === null) {
      this.#apart.add(port);
      return;
    }
    const room = this.#rooms.get(roomName) ?? new Room();
    this.#rooms.set(roomName, room);
    room.add(port);
  }

  #takeOut({ port, roomName }: OpenLeg): void {
    if (roomName === null) {
      this.#apart.remove(port);
      return;
    }
    const room = this.#rooms.get(roomName);
    room?.remove(port);
    if (room?.size === 0) this.#rooms.delete(roomName);
  }

  #join(entry: OpenLeg): void {
    const { port, socket } = entry;
    this.#putIn(entry);
    this.#clock.start();
    socket.on('message', (packet, from) => this.#receive(port, packet, from));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The anchor's port is closed, as at the end of every call: the ICMP answer to a packet of ours.
      if (error.code !== 'ECONNREFUSED') this.#listener.trouble(`leg ${port.leg}: ${error.message}`);
    });
  }

  #receive(port: Port, packet: Buffer, from: RemoteInfo): void {
    const now = this.#readClock();
    port.receive(packet, from.address, from.port, now, !this.#clock.isLate(now));
  }

  /** The present; set anew at the next call. */
  #readClock(): Instant {
    this.#machine.time.read(this.#now);
    return this.#now;
  }
}

/** Binds to a port; rejects as well when the socket is closed meanwhile. */
function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      socket.off('error', settle);
      socket.off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const closed = () => settle(new Error('closed before it was open'));
    socket.once('error', settle);
    socket.once('close', closed);
    socket.bind(port, host, () => settle());
  });
}
