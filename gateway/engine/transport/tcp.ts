import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.js';
import type { Parsed } from '../message/parse.js';
import { Connection, type Hop, hopOf, type LocalAddress } from './connection.js';
import { LIMITS } from './limits.js';
import { StreamFramer } from './stream-framer.js';

export type Receive = (parsed: Parsed, source: Hop) => void;

export const KEEP_ALIVE_ANSWER: Buffer = Buffer.from('\r\n');

/** A SIP connection over TCP, ours or the peer's. */
export class TcpConnection extends Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #receive: Receive;
  readonly #framer = new StreamFramer();
  /** Runs while a message is half here, or none has come yet. */
  #deadline: Timer | undefined;
  #idle: Timer | undefined;
  #proven: boolean;

  constructor(
    socket: Socket,
    peer: { address: string; port: number; connected: boolean },
    deps: { clock: Clock; local: LocalAddress; receive: Receive },
  ) {
    super('TCP', peer.address, peer.port, deps.local);
    this.#socket = socket;
    this.#clock = deps.clock;
    this.#receive = deps.receive;
    this.#proven = !peer.connected;
    const wait = peer.connected ? LIMITS.firstMessageMs : LIMITS.connectMs;
    this.#deadline = deps.clock.after(wait, () => this.close());
    this.#attach();
  }

  send(bytes: Buffer): boolean {
    if (!this.open || this.#socket.destroyed) return false;
    if (this.#socket.writableLength > LIMITS.unsentBytes) {
      this.close();
      return false;
    }
    this.#socket.write(bytes);
    this.#rest();
    return true;
  }

  close(): void {
    this.#socket.destroy();
    this.lost();
  }

  leave(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.connecting) {
      this.close();
      return Promise.resolve();
    }
    return new Promise((left) => {
      const deadline = setTimeout(() => this.close(), LIMITS.leaveMs);
      socket.on('close', () => {
        clearTimeout(deadline);
        left();
      });
      socket.end(() => this.close());
    });
  }

  #attach(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('connect', () => this.#stopDeadline());
    socket.on('data', (chunk) => this.#take(chunk));
    // Node closes our side by itself, once what was written has left.
    socket.on('end', () => this.lost());
    socket.on('error', () => this.close());
    socket.on('close', () => this.lost());
    this.#rest();
  }

  #take(chunk: Buffer): void {
    this.#rest();
    for (const item of this.#framer.push(chunk)) {
      if (!this.open) return;
      if (item.kind === 'ping') this.send(KEEP_ALIVE_ANSWER);
      else this.#receive(item.parsed, hopOf(this));
      if (item.kind === 'message') this.#proven = true;
      // Let the refusal leave before the connection does.
      if (item.kind === 'broken') this.#socket.end(() => this.close());
    }
    if (this.#framer.pending) this.#deadline ??= this.#clock.after(LIMITS.halfMessageMs, () => this.close());
    else if (this.#proven) this.#stopDeadline();
  }

  #stopDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  /** Starts waiting for the next traffic. */
  #rest(): void {
    this.#idle?.cancel();
    this.#idle = this.#clock.after(LIMITS.idleMs, () => {
      if (this.held) this.#rest();
      else this.close();
    });
  }

  protected override lost(): void {
    this.#stopDeadline();
    this.#idle?.cancel();
    super.lost();
  }
}
