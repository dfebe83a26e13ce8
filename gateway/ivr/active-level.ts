/** How loud speech is while somebody speaks: the active speech level of ITU-T P.56, method B. */
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { pieces, type Steps } from './steps.js';

/** Both of the smoothing, and of a pause that still counts as speech (P.56, table 2). */
const SMOOTHING_SECONDS = 0.03;
const HANGOVER_SECONDS = 0.2;
/** How far below the active level a threshold lies that tells speech from pauses. */
const MARGIN_DB = 15.9;
/** From low to high, a factor of two apart. */
const THRESHOLDS = Float64Array.from({ length: 15 }, (_, index) => 2 ** (index - 15));
const PIECE_SAMPLES = 4096;

/**
 * The active speech level of samples whose full scale is 1, in dBov (decibels below overload); -Infinity for silence.
 */
export function* activeLevelDbov(samples: Float32Array): Steps<number> {
  const smoothing = Math.exp(-1 / (SOUND_SAMPLE_RATE * SMOOTHING_SECONDS));
  const hangover = Math.ceil(HANGOVER_SECONDS * SOUND_SAMPLE_RATE);
  const active = new Uint32Array(THRESHOLDS.length);
  const sinceActive = new Uint32Array(THRESHOLDS.length).fill(hangover);
  let squares = 0;
  let once = 0;
  let twice = 0;
  for (const [from, to] of pieces(samples.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) {
      const sample = samples[at] ?? 0;
      squares += sample * sample;
      once = smoothing * once + (1 - smoothing) * Math.abs(sample);
      twice = smoothing * twice + (1 - smoothing) * once;
      countActive(twice, active, sinceActive, hangover);
    }
    yield;
  }
  return levelWhereMarginFits(squares, active);
}

/** Counts a sample at each threshold its envelope reaches, or reached within the hangover. */
function countActive(envelope: number, active: Uint32Array, sinceActive: Uint32Array, hangover: number): void {
  for (let index = 0; index < THRESHOLDS.length; index++) {
    const since = envelope >= (THRESHOLDS[index] ?? 1) ? 0 : (sinceActive[index] ?? 0) + 1;
    if (since > hangover) break; // Not at any higher one either.
    sinceActive[index] = since;
    active[index] = (active[index] ?? 0) + 1;
  }
}

/** Between two thresholds, the level that lies the margin above. */
function levelWhereMarginFits(squares: number, active: Uint32Array): number {
  let below: { level: number; distance: number } | undefined;
  for (let index = 0; index < THRESHOLDS.length; index++) {
    const count = active[index] ?? 0;
    if (count === 0) break;
    const level = 10 * Math.log10(squares / count);
    const distance = level - 20 * Math.log10(THRESHOLDS[index] ?? 1);
    if (distance <= MARGIN_DB) {
      if (below === undefined) return level;
      const share = (below.distance - MARGIN_DB) / (below.distance - distance);
      return below.level + share * (level - below.level);
    }
    below = { level, distance };
  }
  return below?.level ?? -Infinity;
}
