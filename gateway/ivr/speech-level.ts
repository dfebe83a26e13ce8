/** Brings recorded and synthetic speech to how people are heard on a telephone. */
import { RoomlineError } from '../errors.js';
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { activeLevelDbov } from './active-level.js';
import { resample } from './resample.js';
import { pieces, type Steps } from './steps.js';
import type { Audio } from './wav.js';

/** What ITU-T P.800 and G.191 take as the level of speech on a digital line, and the mixer is made for. */
export const SPEECH_LEVEL_DBOV = -26;
/** Below the -3 dBFS nothing may pass: rounding to 16 bits and to PCMU comes after. */
const CEILING_DBFS = -3.2;
/** Sound this far below its loudest moment is the silence around it. */
const SILENCE_BELOW_LOUDEST_DB = 45;
const FRAME_SAMPLES = SOUND_SAMPLE_RATE / 100;
/** What is kept of the silence, so that soft beginnings and ends are not cut. */
const KEPT_BEFORE_FRAMES = 2;
const KEPT_AFTER_FRAMES = 4;
/** From a limited peak the limiter turns down and up again over this time. */
const LIMITER_SAMPLES = SOUND_SAMPLE_RATE / 200;
const PIECE_SAMPLES = 8192;

export interface SpeechLevelOptions {
  readonly levelDbov?: number;
  /** false keeps the silence at both ends, as a loop needs. */
  readonly trim?: boolean;
}

/**
 * 16 bits, 8000 Hz, at the level of speech, peaks below -3 dBFS, without silence at either end.
 * @throws RoomlineError `invalid` when it is silent
 */
export function* toTelephone(audio: Audio, name: string, options: SpeechLevelOptions = {}): Steps<Int16Array> {
  const centred = yield* withoutOffset(yield* resample(audio));
  const samples = options.trim === false ? centred : trimSilence(centred);
  const level = yield* activeLevelDbov(samples);
  if (level === -Infinity) throw new RoomlineError('invalid', `${name} is silent`, { code: 'bad-wav' });
  const gain = decibels((options.levelDbov ?? SPEECH_LEVEL_DBOV) - level);
  const limits = yield* limiterGains(samples, gain);
  const output = new Int16Array(samples.length);
  for (const [from, to] of pieces(output.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) {
      output[at] = Math.round((samples[at] ?? 0) * gain * (limits?.[at] ?? 1) * 0x8000);
    }
    yield;
  }
  return output;
}

function decibels(value: number): number {
  return 10 ** (value / 20);
}

/** Cheap sound cards add a constant, which costs level and clicks where parts meet. */
function* withoutOffset(samples: Float32Array): Steps<Float32Array> {
  let sum = 0;
  for (const [from, to] of pieces(samples.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) sum += samples[at] ?? 0;
    yield;
  }
  const offset = sum / Math.max(1, samples.length);
  return Math.abs(offset) < 1e-4 ? samples : samples.map((sample) => sample - offset);
}

function trimSilence(samples: Float32Array): Float32Array {
  const frames = Math.ceil(samples.length / FRAME_SAMPLES);
  const energies = Float64Array.from({ length: frames }, (_, frame) => energyOf(samples, frame * FRAME_SAMPLES));
  const loudest = energies.reduce((most, energy) => Math.max(most, energy), 0);
  const isSound = (energy: number) => energy > 0 && energy >= loudest * decibels(-SILENCE_BELOW_LOUDEST_DB) ** 2;
  const first = Math.max(0, energies.findIndex(isSound) - KEPT_BEFORE_FRAMES);
  const last = Math.min(frames, energies.findLastIndex(isSound) + 1 + KEPT_AFTER_FRAMES);
  return fadeEdges(samples.slice(first * FRAME_SAMPLES, last * FRAME_SAMPLES));
}

function energyOf(samples: Float32Array, from: number): number {
  let energy = 0;
  const to = Math.min(from + FRAME_SAMPLES, samples.length);
  for (let at = from; at < to; at++) energy += (samples[at] ?? 0) ** 2;
  return energy;
}

/** Over half a frame, so that a noise floor that was cut does not click. */
function fadeEdges(samples: Float32Array): Float32Array {
  const length = Math.min(FRAME_SAMPLES / 2, Math.floor(samples.length / 2));
  for (let at = 0; at < length; at++) {
    const end = samples.length - 1 - at;
    samples[at] = ((samples[at] ?? 0) * at) / length;
    samples[end] = ((samples[end] ?? 0) * at) / length;
  }
  return samples;
}

/**
 * How far each sample is turned down so that none passes the ceiling; undefined where none would. What each peak needs
 * holds for a while around it, and a moving average over as long makes the changes smooth.
 */
function* limiterGains(samples: Float32Array, gain: number): Steps<Float32Array | undefined> {
  const ceiling = decibels(CEILING_DBFS) / gain;
  const needed = new Float32Array(samples.length).fill(1);
  let limits = false;
  for (const [from, to] of pieces(samples.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) {
      const size = Math.abs(samples[at] ?? 0);
      if (size <= ceiling) continue;
      limits = true;
      holdAround(needed, at, ceiling / size);
    }
    yield;
  }
  return limits ? yield* averaged(needed) : undefined;
}

function holdAround(gains: Float32Array, at: number, gain: number): void {
  const to = Math.min(gains.length, at + LIMITER_SAMPLES + 1);
  for (let near = Math.max(0, at - LIMITER_SAMPLES); near < to; near++) {
    gains[near] = Math.min(gains[near] ?? 1, gain);
  }
}

function* averaged(gains: Float32Array): Steps<Float32Array> {
  const output = new Float32Array(gains.length);
  const half = LIMITER_SAMPLES;
  const gainAt = (at: number) => gains[Math.min(gains.length - 1, Math.max(0, at))] ?? 1;
  let sum = 0;
  for (let at = -half; at <= half; at++) sum += gainAt(at);
  for (const [from, to] of pieces(gains.length, PIECE_SAMPLES)) {
    for (let at = from; at < to; at++) {
      output[at] = sum / (2 * half + 1);
      sum += gainAt(at + half + 1) - gainAt(at - half);
    }
    yield;
  }
  return output;
}
