/** Room for a second of sound; a power of two. */
export const RING_SAMPLES = 8192;
const MASK = RING_SAMPLES - 1;

/** Decoded samples by their position, and which of them are there. */
export class SampleRing {
  /** The position after the furthest sample ever written. */
  writtenTo = 0;
  readonly #samples = new Int16Array(RING_SAMPLES);
  readonly #present = new Uint8Array(RING_SAMPLES);

  reset(): void {
    this.writtenTo = 0;
    this.#present.fill(0);
  }

  /** Decodes `packet[from .. from + length)` to `position`; what lies before `earliest` is left out. */
  write(
    packet: Uint8Array,
    from: number,
    length: number,
    decode: Int16Array,
    position: number,
    earliest: number,
  ): void {
    for (let i = Math.max(0, earliest - position); i < length; i++) {
      const at = (position + i) & MASK;
      this.#samples[at] = decode[packet[from + i] as number] as number;
      this.#present[at] = 1;
    }
    this.writtenTo = Math.max(this.writtenTo, position + length);
  }

  has(position: number): boolean {
    return this.#present[position & MASK] === 1;
  }

  /** Copies samples, missing ones as they were left; returns how many are missing. */
  copy(position: number, samples: number, out: Int16Array, at: number): number {
    let missing = 0;
    for (let i = 0; i < samples; i++) {
      const from = (position + i) & MASK;
      out[at + i] = this.#samples[from] as number;
      if (this.#present[from] === 0) missing++;
    }
    return missing;
  }

  /** How many samples from there on are all there, or all missing; at most `most`. */
  run(position: number, most: number): number {
    const present = this.#present[position & MASK];
    let length = 1;
    while (length < most && this.#present[(position + length) & MASK] === present) length++;
    return Math.min(length, most);
  }

  /** Makes room: these were played. */
  clear(position: number, samples: number): void {
    const count = Math.min(samples, RING_SAMPLES);
    for (let i = 0; i < count; i++) this.#present[(position + i) & MASK] = 0;
  }
}
