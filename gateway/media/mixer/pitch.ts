/**
 * Finds by how many samples a signal repeats itself: the lag at which a piece of it is most like the piece that
 * lies so much earlier (or later). Nothing is allocated; the answer is left in the object.
 */
export class PitchFinder {
  /** The best lag, in samples. */
  lag = 0;
  /** How alike the pieces are at that lag: 1 is the same but for loudness, 0 has nothing in common. */
  likeness = 0;

  /**
   * Compares `signal[at .. at + length)` with the piece `direction * lag` away, for each lag from `minLag` to
   * `maxLag`. What a lag's piece lacks in likeness is weighed by how often it would have to be repeated: long lags
   * may be a little less alike.
   */
  find(signal: Int16Array, at: number, length: number, minLag: number, maxLag: number, direction: 1 | -1): void {
    this.lag = minLag;
    this.likeness = -1;
    let least = Number.POSITIVE_INFINITY;
    const own = energy(signal, at, length);
    let other = energy(signal, at + direction * minLag, length);
    for (let lag = minLag; lag <= maxLag; lag++) {
      const from = at + direction * lag;
      let product = 0;
      for (let i = 0; i < length; i++) product += (signal[at + i] as number) * (signal[from + i] as number);
      const likeness = product / Math.sqrt(own * other + 1);
      const unlikeness = (1 - likeness) / lag;
      if (unlikeness < least) {
        least = unlikeness;
        this.lag = lag;
        this.likeness = likeness;
      }
      const leaving = direction === 1 ? from : from + length - 1;
      const entering = direction === 1 ? from + length : from - 1;
      const left = signal[leaving] as number;
      const entered = signal[entering] ?? 0;
      other += entered * entered - left * left;
    }
  }
}

function energy(signal: Int16Array, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const sample = signal[at + i] as number;
    sum += sample * sample;
  }
  return sum;
}
