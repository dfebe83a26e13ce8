/** Sockets that carry nothing and time that a script sets: neither allocates once it is made. */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { OneShot, TimeSource } from '../../../gateway/media/mixer/clock.js';
import { type Instant, readClock } from '../../../gateway/media/mixer/instant.js';
import type { Machine } from '../../../gateway/media/mixer/mixing.js';

type Deliver = (packet: Buffer, from: RemoteInfo) => void;

/** A socket as the mixer uses it; what it is sent is only counted. */
class ScriptedSocket {
  deliver: Deliver = () => undefined;
  sent = 0;

  on(event: string, listener: Deliver): void {
    if (event === 'message') this.deliver = listener;
  }

  once(): void {}

  off(): void {}

  bind(_port: number, _host: string, bound: () => void): void {
    bound();
  }

  connect(_port: number, _address: string, connected: () => void): void {
    connected();
  }

  address(): { address: string; port: number } {
    return { address: '127.0.0.1', port: 1 };
  }

  send(): void {
    this.sent++;
  }

  close(closed?: () => void): void {
    closed?.();
  }
}

/** One timer waits at most, as is so for the mixer's clock. */
class ScriptedTime implements TimeSource {
  nowMs = 0;
  #wakeMs = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;

  /** The real clock is read too, so that what that allocates counts. */
  read(instant: Instant): void {
    readClock(instant);
    instant.ms = this.nowMs;
  }

  timer(callback: () => void, delayMs: number): OneShot {
    const timer = {
      refresh: () => {
        this.#wake = callback;
        this.#wakeMs = Math.floor(this.nowMs) + delayMs;
      },
    };
    timer.refresh();
    return timer;
  }

  cancel(): void {
    this.#wakeMs = Number.POSITIVE_INFINITY;
  }

  afterReading(callback: () => void): void {
    callback();
  }

  /** Lets time pass until `until`, and the timer run when it is due. */
  pass(until: Instant): void {
    while (this.#wakeMs <= until.ms) {
      this.nowMs = this.#wakeMs + 0.1;
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.#wake();
    }
    this.nowMs = until.ms;
  }
}

export class ScriptedMachine implements Machine {
  readonly time = new ScriptedTime();
  readonly sockets: ScriptedSocket[] = [];

  createSocket(): Socket {
    const socket = new ScriptedSocket();
    this.sockets.push(socket);
    return socket as unknown as Socket;
  }
}
