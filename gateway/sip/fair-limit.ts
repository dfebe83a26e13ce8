interface Lane {
  readonly key: string;
  running: number;
  readonly waiting: (() => void)[];
  /** Waits for its turn among the lanes. */
  listed: boolean;
}

/** Runs so many tasks of a key at once, and of all keys; keys take turns, and within a key it goes by order. */
export class FairLimit {
  readonly #perKey: number;
  readonly #total: number;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that could go on if there were a place. */
  #turns: Lane[] = [];
  #running = 0;

  constructor({ perKey, total = Number.POSITIVE_INFINITY }: { perKey: number; total?: number }) {
    this.#perKey = perKey;
    this.#total = total;
  }

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { key, running: 0, waiting: [], listed: false };
    this.#lanes.set(key, lane);
    await new Promise<void>((go) => {
      lane.waiting.push(go);
      this.#list(lane);
      this.#next();
    });
    try {
      return await task();
    } finally {
      this.#leave(lane);
    }
  }

  #leave(lane: Lane): void {
    lane.running--;
    this.#running--;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(lane.key);
    this.#list(lane);
    this.#next();
  }

  #list(lane: Lane): void {
    if (lane.listed || lane.waiting.length === 0 || lane.running >= this.#perKey) return;
    lane.listed = true;
    this.#turns.push(lane);
  }

  #next(): void {
    while (this.#running < this.#total) {
      const lane = this.#turns.shift();
      if (lane === undefined) return;
      lane.listed = false;
      const go = lane.waiting.shift();
      if (go === undefined) continue;
      lane.running++;
      this.#running++;
      this.#list(lane);
      go();
    }
  }
}
