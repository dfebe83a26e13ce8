import { isUtf8 } from 'node:buffer';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../clock.js';
import { parseDatagram } from '../message/parse.js';
import { Connection, hopOf, type LocalAddress } from './connection.js';
import { LIMITS } from './limits.js';
import { KEEP_ALIVE_ANSWER, type Receive } from './tcp.js';

/** A SIP WebSocket: one SIP message in each WebSocket message (RFC 7118 section 5). */
export class WebSocketConnection extends Connection {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #receive: Receive;
  #ping: Timer | undefined;
  #answered = true;

  constructor(
    socket: WebSocket,
    peer: { address: string; port: number; secure: boolean },
    deps: { clock: Clock; local: LocalAddress; receive: Receive },
  ) {
    super(peer.secure ? 'WSS' : 'WS', peer.address, peer.port, deps.local);
    this.#socket = socket;
    this.#clock = deps.clock;
    this.#receive = deps.receive;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data) => this.#take(data as Buffer));
    socket.on('pong', () => {
      this.#answered = true;
    });
    socket.on('close', () => this.lost());
    socket.on('error', () => this.close());
    this.#pingLater();
  }

  send(bytes: Buffer): boolean {
    if (!this.open || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > LIMITS.unsentBytes) {
      this.close();
      return false;
    }
    // Text is what SIP clients in browsers expect; a body that is not UTF-8 can only go as binary.
    this.#socket.send(bytes, { binary: !isUtf8(bytes) }, () => undefined);
    return true;
  }

  close(): void {
    this.#socket.terminate();
    this.lost();
  }

  leave(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return Promise.resolve();
    return new Promise((left) => {
      const deadline = setTimeout(() => this.close(), LIMITS.leaveMs);
      socket.on('close', () => {
        clearTimeout(deadline);
        left();
      });
      socket.close(1001);
    });
  }

  #take(data: Buffer): void {
    this.#answered = true;
    const text = data.length <= 8 ? data.toString('latin1') : undefined;
    if (text !== undefined && /^(\r\n)*$/.test(text)) {
      if (text.length >= 4) this.send(KEEP_ALIVE_ANSWER);
      return;
    }
    this.#receive(parseDatagram(data), hopOf(this));
  }

  #pingLater(): void {
    this.#ping = this.#clock.after(LIMITS.webSocketPingMs, () => {
      if (!this.#answered) return this.close();
      this.#answered = false;
      this.#socket.ping();
      this.#pingLater();
    });
  }

  protected override lost(): void {
    this.#ping?.cancel();
    super.lost();
  }
}
