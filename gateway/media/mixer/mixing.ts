import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RoomlineError } from '../../errors.js';
import { SteadyClock } from './clock.js';
import type { AudioFormat, LegId, UdpAddress } from './mixer.js';
import { Port, type PortListener } from './port.js';
import type { WorkerSettings, WorkerStats } from './protocol.js';
import { Room } from './room.js';

interface OpenLeg {
  port: Port;
  socket: Socket;
  roomName: string;
  connected: boolean;
}

/** Everything one worker thread does: its rooms, their ports, and the clock they share. */
export class Mixing {
  readonly #settings: WorkerSettings;
  readonly #listener: PortListener & { trouble(message: string): void };
  readonly #rooms = new Map<string, Room>();
  readonly #legs = new Map<LegId, OpenLeg>();
  readonly #clock: SteadyClock;

  constructor(settings: WorkerSettings, listener: PortListener & { trouble(message: string): void }) {
    this.#settings = settings;
    this.#listener = listener;
    this.#clock = new SteadyClock({
      onTick: (dueMs) => {
        for (const room of this.#rooms.values()) room.tick(dueMs);
      },
      onSkip: (ticks) => {
        for (const room of this.#rooms.values()) room.skip(ticks);
      },
    });
  }

  async open(roomName: string, leg: LegId): Promise<UdpAddress> {
    if (this.#legs.has(leg)) throw new RoomlineError('conflict', `leg ${leg} has a mixer port already`);
    const socket = createSocket(isIPv6(this.#settings.host) ? 'udp6' : 'udp4');
    const port = new Port({
      leg,
      socket,
      ssrc: randomInt(2 ** 32),
      sequence: randomInt(2 ** 16),
      timestamp: randomInt(2 ** 32),
      rtpIdleMs: this.#settings.rtpIdleMs,
      listener: this.#listener,
    });
    const entry: OpenLeg = { port, socket, roomName, connected: false };
    this.#legs.set(leg, entry);
    try {
      await bound(socket, this.#settings.host);
    } catch (error) {
      this.#legs.delete(leg);
      throw new RoomlineError('unavailable', `no UDP port on ${this.#settings.host} for leg ${leg}`, { cause: error });
    }
    this.#join(entry);
    const { address, port: number } = socket.address();
    return { address, port: number };
  }

  async connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void> {
    const entry = this.#entry(leg);
    entry.port.disconnect();
    if (entry.connected) entry.socket.disconnect();
    entry.connected = false;
    await new Promise<void>((resolve, reject) => {
      entry.socket.connect(anchor.port, anchor.address, (error?: Error) => {
        if (error === undefined || error === null) resolve();
        else reject(new RoomlineError('invalid', `cannot send to ${anchor.address}:${anchor.port}`, { cause: error }));
      });
    });
    entry.connected = true;
    entry.port.connect(anchor, format, performance.now());
  }

  setMuted(leg: LegId, muted: boolean): void {
    this.#legs.get(leg)?.port.setMuted(muted);
  }

  setHeld(leg: LegId, held: boolean): void {
    this.#legs.get(leg)?.port.setHeld(held, performance.now());
  }

  async close(leg: LegId): Promise<void> {
    const entry = this.#legs.get(leg);
    if (entry === undefined) return;
    this.#legs.delete(leg);
    const room = this.#rooms.get(entry.roomName);
    room?.remove(entry.port);
    if (room?.size === 0) this.#rooms.delete(entry.roomName);
    if (this.#rooms.size === 0) this.#clock.stop();
    await entry.port.close();
  }

  stats(): WorkerStats {
    return { legs: [...this.#legs.values()].map((entry) => entry.port.stats), rooms: this.#rooms.size };
  }

  async stop(): Promise<void> {
    this.#clock.stop();
    await Promise.all([...this.#legs.keys()].map((leg) => this.close(leg)));
  }

  #entry(leg: LegId): OpenLeg {
    const entry = this.#legs.get(leg);
    if (entry === undefined) throw new RoomlineError('not-found', `leg ${leg} has no mixer port`);
    return entry;
  }

  #join(entry: OpenLeg): void {
    const { port, socket, roomName } = entry;
    const room = this.#rooms.get(roomName) ?? new Room();
    this.#rooms.set(roomName, room);
    room.add(port);
    this.#clock.start();
    socket.on('message', (packet, from) => {
      const nowMs = performance.now();
      port.receive(packet, from.address, from.port, nowMs, !this.#clock.isLate(nowMs));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The anchor's port is closed, as at the end of every call: the ICMP answer to a packet of ours.
      if (error.code !== 'ECONNREFUSED') this.#listener.trouble(`leg ${port.leg}: ${error.message}`);
    });
  }
}

/** Binds to a free port; rejects as well when the socket is closed meanwhile. */
function bound(socket: Socket, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => {
      socket.close();
      reject(error);
    };
    const closed = () => reject(new Error('closed before it was open'));
    socket.once('error', refused);
    socket.once('close', closed);
    socket.bind(0, host, () => {
      socket.off('error', refused);
      socket.off('close', closed);
      resolve();
    });
  });
}
