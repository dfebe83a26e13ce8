interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** Runs at most so many tasks of a key at once, the others in the order they came. */
export class KeyedLimit {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.running >= this.#limit) await new Promise<void>((enter) => void lane.waiting.push(enter));
    else lane.running++;
    try {
      return await task();
    } finally {
      // Whoever waits takes over the place.
      const next = lane.waiting.shift();
      if (next !== undefined) next();
      else if (--lane.running === 0) this.#lanes.delete(key);
    }
  }
}
