interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Keeps what is sent and not yet confirmed within a number of bytes. A drachtio-server reads into a buffer of
 * 12,228 bytes and loses its way when more arrives at once.
 */
export class FrameWindow {
  readonly #limitBytes: number;
  readonly #queue: Waiting[] = [];
  #inFlightBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Runs `send` when there is room for a frame of so many bytes; room is made again when it settles. */
  async run<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    const counted = Math.min(bytes, this.#limitBytes);
    await this.#enter(counted);
    try {
      return await send();
    } finally {
      this.#leave(counted);
    }
  }

  #enter(bytes: number): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlightBytes + bytes <= this.#limitBytes) {
      this.#inFlightBytes += bytes;
      return Promise.resolve();
    }
    return new Promise((enter) => void this.#queue.push({ bytes, enter }));
  }

  #leave(bytes: number): void {
    this.#inFlightBytes -= bytes;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#inFlightBytes + next.bytes > this.#limitBytes) return;
      this.#queue.shift();
      this.#inFlightBytes += next.bytes;
      next.enter();
    }
  }
}
