import type { Api } from './api.js';
import { createEventStreamParser } from './event-stream.js';
import { delay, ReconnectPolicy } from './reconnect-policy.js';
import { type RoomEvent, readRoomEvent } from './room-view.js';

/** A stream that is silent for so long is taken for dead: the server sends at least a comment sooner. */
const SILENCE_LIMIT_MS = 45_000;

/** Follows a room's events until `stop()`, over as many connections as it takes. Each begins with a snapshot. */
export class RoomWatch {
  readonly #api: Api;
  readonly #room: string;
  readonly #onEvent: (event: RoomEvent) => void;
  readonly #onLive: (live: boolean) => void;
  readonly #policy: ReconnectPolicy;
  readonly #stopped = new AbortController();

  constructor(deps: {
    api: Api;
    room: string;
    onEvent: (event: RoomEvent) => void;
    onLive: (live: boolean) => void;
    policy?: ReconnectPolicy;
  }) {
    this.#api = deps.api;
    this.#room = deps.room;
    this.#onEvent = deps.onEvent;
    this.#onLive = deps.onLive;
    this.#policy = deps.policy ?? new ReconnectPolicy();
  }

  /** Resolves when stopped; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#follow().catch(() => undefined);
      if (signal.aborted) return;
      this.#onLive(false);
      await delay(this.#policy.nextDelayMs(), signal).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #follow(): Promise<void> {
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), SILENCE_LIMIT_MS);
    try {
      const body = await this.#api.events(this.#room, signal);
      const reader = body.getReader();
      const decoder = new TextDecoder();
      const parser = createEventStreamParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#stopped.signal.aborted) return;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_LIMIT_MS);
        for (const event of parser.push(decoder.decode(value, { stream: true }))) this.#take(readRoomEvent(event));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(event: RoomEvent | undefined): void {
    if (event === undefined || this.#stopped.signal.aborted) return;
    if (event.type === 'snapshot') {
      this.#policy.succeeded();
      this.#onLive(true);
    }
    this.#onEvent(event);
  }
}
