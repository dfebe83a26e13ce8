import type { Log } from './log.js';
import { within } from './within.js';

const STOP_TIMEOUT_MS = 5000;

interface Part {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

/**
 * What has been started, in order, and how to stop it. `stop` goes in reverse; a part that throws or hangs is
 * logged and does not keep the others from stopping.
 */
export class Life {
  readonly #log: Log;
  readonly #parts: Part[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts a part and remembers how to stop it. */
  async start<T>(name: string, start: () => Promise<T> | T, stop: (part: T) => Promise<void> | void): Promise<T> {
    const startedAt = performance.now();
    const part = await start();
    this.#parts.push({ name, stop: () => stop(part) });
    this.#log.debug({ part: name, ms: Math.round(performance.now() - startedAt) }, 'started');
    return part;
  }

  async stop(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      await this.#stopOne(part);
    }
  }

  async #stopOne({ name, stop }: Part): Promise<void> {
    try {
      const stopping = Promise.resolve(stop()).then(() => true);
      if (!(await within(STOP_TIMEOUT_MS, stopping, false))) throw new Error(`did not stop in ${STOP_TIMEOUT_MS} ms`);
      this.#log.debug({ part: name }, 'stopped');
    } catch (error) {
      this.#log.error({ err: error, part: name }, 'failed to stop');
    }
  }
}
