import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.js';
import { type Frame, FrameReader, FramingError, MAX_FRAME_BYTES, writeFrame } from './framing.js';

/** The version whose protocol this is; drachtio-srf pings only servers of 0.8.2 and later. */
const VERSION = 'v0.9.10';
const UNPROVEN_FRAME_BYTES = 4096;
const AUTHENTICATE_MS = 10_000;
const MAX_UNSENT_BYTES = 64 * 1_048_576;

export interface AppHooks {
  readonly secret: string;
  readonly clock: Clock;
  /** `udp/host:port,tcp/host:port` for the authenticate reply. */
  hostports(): string;
  routed(app: App, verb: string, wanted: boolean): void;
  /** A `sip` frame; its fields without id and type. */
  sip(app: App, frameId: string, fields: readonly string[], message: Buffer): void;
  gone(app: App): void;
}

/** One application on the admin port. */
export class App {
  readonly #socket: Socket;
  readonly #hooks: AppHooks;
  readonly #reader = new FrameReader();
  readonly #deadline: Timer;
  #authenticated = false;
  #closed = false;

  constructor(socket: Socket, hooks: AppHooks) {
    this.#socket = socket;
    this.#hooks = hooks;
    this.#deadline = hooks.clock.after(AUTHENTICATE_MS, () => this.close());
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => this.close());
    socket.on('close', () => this.#gone());
  }

  get connected(): boolean {
    return !this.#closed;
  }

  /** Answers the frame of that id. */
  reply(frameId: string, fields: readonly string[], message?: Buffer): void {
    this.#write(['response', frameId, ...fields], message);
  }

  /** Tells the app of something that happened. */
  event(fields: readonly string[], message: Buffer): void {
    this.#write(['sip', ...fields], message);
  }

  close(): void {
    this.#socket.destroy();
    this.#gone();
  }

  #write(fields: readonly string[], message?: Buffer): void {
    if (this.#closed) return;
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.close();
      return;
    }
    this.#socket.write(writeFrame([randomUUID(), ...fields], message));
  }

  #take(chunk: Buffer): void {
    try {
      const limit = this.#authenticated ? MAX_FRAME_BYTES : UNPROVEN_FRAME_BYTES;
      for (const frame of this.#reader.push(chunk, limit)) {
        if (this.#closed || this.#socket.writableEnded) return;
        this.#handle(frame);
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.#refuse('', 'Invalid message format');
    }
  }

  #handle({ fields, message }: Frame): void {
    const [id = '', type = '', ...rest] = fields;
    if (type === 'authenticate') {
      this.#authenticate(id, rest[0] ?? '');
      return;
    }
    if (!this.#authenticated) {
      this.#refuse(id, 'authenticate first');
      return;
    }
    switch (type) {
      case 'route':
      case 'remove_route':
        this.#hooks.routed(this, (rest[0] ?? '').toLowerCase(), type === 'route');
        this.reply(id, ['OK']);
        return;
      case 'ping':
        this.reply(id, ['OK', 'pong']);
        return;
      case 'sip':
        if (message === undefined) {
          this.#refuse(id, 'Invalid message format');
          return;
        }
        this.#hooks.sip(this, id, rest, message);
        return;
      case 'proxy':
        this.reply(id, ['NOK', 'proxying is not supported']);
        return;
      default:
        this.#refuse(id, 'Unknown message type');
    }
  }

  #authenticate(id: string, secret: string): void {
    if (!timingSafeEqual(digest(secret), digest(this.#hooks.secret))) {
      this.#refuse(id, 'incorrect secret');
      return;
    }
    this.#authenticated = true;
    this.#deadline.cancel();
    const hostports = this.#hooks.hostports();
    this.reply(id, ['OK', hostports, VERSION, hostports]);
  }

  #refuse(id: string, text: string): void {
    this.reply(id, ['NO', text]);
    this.#socket.end(() => this.close());
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline.cancel();
    this.#hooks.gone(this);
  }
}

/** Equal in length whatever was sent, as the comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
