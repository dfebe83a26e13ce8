import { eventually } from './eventually.js';
import { heard } from './signal.js';

/** Half a second: long enough to tell tones apart, and that one is not there. */
const WINDOW_SAMPLES = 4000;

/** Whatever can say what it has heard so far, 8000 Hz. */
export interface Ear {
  heard(): Int16Array;
}

/**
 * Waits until somebody hears the wanted tones and none of the others, and goes on doing so for another half second.
 * Where they do not, since a busy machine held up who speaks or who listens, it is looked for anew.
 */
export async function hearsExactly(
  who: string,
  ear: Ear,
  wanted: readonly number[],
  all: readonly number[],
  deadlineMs = 30_000,
): Promise<void> {
  const expected = [...wanted].sort((left, right) => left - right).join();
  let begin: number | undefined;
  await eventually(
    `${who} to hear [${expected}] of [${all}] and go on hearing it`,
    () => {
      const samples = ear.heard();
      const tones = tonesOf(samples, all);
      if (tones.join() !== expected) begin = undefined;
      else begin ??= samples.length;
      return { tones, samples: samples.length, since: begin };
    },
    ({ samples, since }) => since !== undefined && samples >= since + WINDOW_SAMPLES,
    deadlineMs,
  );
}

function tonesOf(samples: Int16Array, all: readonly number[]): number[] {
  if (samples.length < WINDOW_SAMPLES) return [];
  return [...heard(samples.subarray(-WINDOW_SAMPLES), all)].sort((left, right) => left - right);
}
