/** To 8000 Hz with a polyphase low-pass filter, so that nothing above half of it folds back into what is heard. */
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { pieces, type Steps } from './steps.js';
import type { Audio } from './wav.js';

/** -6 dB here; flat up to 3600 Hz, nothing left at 4200 Hz: telephone speech ends at 3400. */
const CUTOFF_HZ = 3900;
const TRANSITION_HZ = 600;
/** How far down what would fold back is pressed. */
const STOP_BAND_DB = 80;
const PIECE_SAMPLES = 1024;

interface Filter {
  /** Output samples a cycle, and the input samples they take: the ratio of the two rates in lowest terms. */
  readonly phases: number;
  readonly inputStep: number;
  readonly halfTaps: number;
  /** For each phase, the weights of the input samples around it. */
  readonly taps: readonly Float32Array[];
}

const filters = new Map<number, Filter>();

/** Sound that has 8000 samples a second already comes back as it is. */
export function* resample({ sampleRateHz, samples }: Audio): Steps<Float32Array> {
  if (sampleRateHz === SOUND_SAMPLE_RATE) return samples;
  const filter = yield* filterFor(sampleRateHz);
  const output = new Float32Array(Math.ceil((samples.length * SOUND_SAMPLE_RATE) / sampleRateHz));
  for (const [from, to] of pieces(output.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) output[at] = filteredAt(samples, at, filter);
    yield;
  }
  return output;
}

function filteredAt(input: Float32Array, at: number, { phases, inputStep, halfTaps, taps }: Filter): number {
  const weights = taps[at % phases] ?? NO_TAPS;
  const first = Math.floor((at * inputStep) / phases) - halfTaps + 1;
  let sum = 0;
  const from = Math.max(0, -first);
  const to = Math.min(weights.length, input.length - first);
  for (let tap = from; tap < to; tap++) sum += (weights[tap] ?? 0) * (input[first + tap] ?? 0);
  return sum;
}

const NO_TAPS = new Float32Array(0);

function* filterFor(sampleRateHz: number): Steps<Filter> {
  const kept = filters.get(sampleRateHz);
  if (kept !== undefined) return kept;
  const divisor = greatestCommonDivisor(sampleRateHz, SOUND_SAMPLE_RATE);
  const phases = SOUND_SAMPLE_RATE / divisor;
  const inputStep = sampleRateHz / divisor;
  // Kaiser's estimate of the length a stop band and a transition take.
  const taps = (STOP_BAND_DB - 8) / (2.285 * 2 * Math.PI * (TRANSITION_HZ / sampleRateHz));
  const halfTaps = Math.ceil(taps / 2);
  const weights: Float32Array[] = [];
  for (let phase = 0; phase < phases; phase++) {
    weights.push(tapsOf(((phase * inputStep) % phases) / phases, halfTaps, CUTOFF_HZ / sampleRateHz));
    if (phase % 8 === 0) yield;
  }
  const filter = { phases, inputStep, halfTaps, taps: weights };
  filters.set(sampleRateHz, filter);
  return filter;
}

/** A windowed sinc around a place between two input samples; its weights sum to 1. */
function tapsOf(fraction: number, halfTaps: number, cutoff: number): Float32Array {
  const taps = Float32Array.from({ length: 2 * halfTaps }, (_, tap) => {
    const distance = tap - halfTaps + 1 - fraction;
    const angle = 2 * Math.PI * cutoff * distance;
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
    return sinc * kaiser(distance / halfTaps);
  });
  const sum = taps.reduce((total, weight) => total + weight, 0);
  return taps.map((weight) => weight / sum);
}

/** Kaiser's window of the stop band above; `place` is from -1 to 1. */
function kaiser(place: number): number {
  return Math.abs(place) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - place * place)) / KAISER_PEAK;
}

const KAISER_BETA = 0.1102 * (STOP_BAND_DB - 8.7);
const KAISER_PEAK = besselI0(KAISER_BETA);

/** The modified Bessel function of the first kind and order 0, by its series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-7; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
