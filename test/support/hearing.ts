import assert from 'node:assert/strict';
import { eventually } from './eventually.js';
import { heard } from './signal.js';

/** Half a second: long enough to tell tones apart, and that one is not there. */
const WINDOW_SAMPLES = 4000;

/** Whatever can say what it has heard so far, 8000 Hz. */
export interface Ear {
  heard(): Int16Array;
}

/**
 * Waits until somebody hears the wanted tones and none of the others, and then that it stays so for another half
 * second.
 */
export async function hearsExactly(
  who: string,
  ear: Ear,
  wanted: readonly number[],
  all: readonly number[],
  deadlineMs = 15_000,
): Promise<void> {
  const expected = [...wanted].sort((left, right) => left - right);
  const same = (tones: readonly number[]) => tones.join() === expected.join();
  await eventually(`${who} to hear [${expected}] of [${all}]`, () => tonesOf(ear.heard(), all), same, deadlineMs);
  const begin = ear.heard().length;
  const recording = await eventually(
    `${who} to hear anything more`,
    () => ear.heard(),
    (samples) => samples.length >= begin + WINDOW_SAMPLES,
    deadlineMs,
  );
  assert.deepEqual(tonesOf(recording.subarray(begin), all), expected, `what ${who} goes on hearing`);
}

function tonesOf(samples: Int16Array, all: readonly number[]): number[] {
  if (samples.length < WINDOW_SAMPLES) return [];
  return [...heard(samples.subarray(-WINDOW_SAMPLES), all)].sort((left, right) => left - right);
}
