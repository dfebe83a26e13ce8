/**
 * What tests send and listen for: tones, and how loud, how clean and how late they arrive. Samples are 16-bit
 * linear; levels are dBFS, where a sine of full scale is -3 dBFS (its RMS).
 */
const FULL_SCALE = 32_768;

/** A sine, its phase counted from `startSample` so that consecutive pieces join. */
export function tone(
  frequencyHz: number,
  samples: number,
  options: { sampleRate?: number; amplitude?: number; startSample?: number } = {},
): Int16Array {
  const { sampleRate = 8000, amplitude = 8000, startSample = 0 } = options;
  const step = (2 * Math.PI * frequencyHz) / sampleRate;
  return Int16Array.from({ length: samples }, (_, i) => Math.round(amplitude * Math.sin(step * (startSample + i))));
}

/** How much of a frequency is in the samples, as the RMS of that sine in dBFS (Goertzel's algorithm). */
export function goertzelLevel(samples: ArrayLike<number>, frequencyHz: number, sampleRate = 8000): number {
  const omega = (2 * Math.PI * frequencyHz) / sampleRate;
  const coefficient = 2 * Math.cos(omega);
  let previous = 0;
  let beforePrevious = 0;
  for (let i = 0; i < samples.length; i++) {
    const current = (samples[i] ?? 0) + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
  }
  const power = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
  const amplitude = (2 * Math.sqrt(Math.max(power, 0))) / Math.max(samples.length, 1);
  return decibels((amplitude / FULL_SCALE) ** 2 / 2);
}

/** RMS level of everything in the samples, in dBFS. */
export function level(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return decibels(sum / Math.max(samples.length, 1) / FULL_SCALE ** 2);
}

/** Which of the frequencies can be heard: louder than `thresholdDbfs`. Give half a second or more of samples. */
export function heard(
  samples: ArrayLike<number>,
  frequencies: Iterable<number>,
  sampleRate = 8000,
  thresholdDbfs = -45,
): Set<number> {
  const found = new Set<number>();
  for (const frequency of frequencies) {
    if (goertzelLevel(samples, frequency, sampleRate) > thresholdDbfs) found.add(frequency);
  }
  return found;
}

/**
 * Frequencies in the telephone band for `heard` to tell that many talkers from each other. Up to 120 of them half a
 * second of samples is enough; a second for more.
 */
export function toneFrequencies(count: number): number[] {
  const stepHz = Math.min(26, 2 * Math.floor(1600 / count));
  return Array.from({ length: count }, (_, i) => 300 + stepHz * i);
}

/**
 * Signal to noise in dB of each whole window: the best-fitting sine of that frequency (least squares, its phase
 * and amplitude free) against all that it does not explain.
 */
export function windowSnrDb(
  samples: ArrayLike<number>,
  frequencyHz: number,
  windowMs = 200,
  sampleRate = 8000,
): number[] {
  const window = Math.round((windowMs * sampleRate) / 1000);
  const ratios: number[] = [];
  for (let start = 0; start + window <= samples.length; start += window) {
    ratios.push(sineFitSnrDb(samples, start, window, (2 * Math.PI * frequencyHz) / sampleRate));
  }
  return ratios;
}

function sineFitSnrDb(samples: ArrayLike<number>, start: number, length: number, omega: number): number {
  let ss = 0;
  let cc = 0;
  let sc = 0;
  let sx = 0;
  let cx = 0;
  let xx = 0;
  for (let i = 0; i < length; i++) {
    const x = samples[start + i] ?? 0;
    const s = Math.sin(omega * i);
    const c = Math.cos(omega * i);
    ss += s * s;
    cc += c * c;
    sc += s * c;
    sx += s * x;
    cx += c * x;
    xx += x * x;
  }
  const determinant = ss * cc - sc * sc;
  const a = (sx * cc - cx * sc) / determinant;
  const b = (cx * ss - sx * sc) / determinant;
  const signal = a * sx + b * cx;
  return xx === 0 ? Number.NEGATIVE_INFINITY : decibels(signal / Math.max(xx - signal, 1e-9));
}

/** A sine whose loudness swings slowly, by which `swingDelayMs` finds how late it arrives. */
export interface Swing {
  frequencyHz: number;
  /** How often the loudness swings; delays are told apart up to half its period. */
  swingHz: number;
}

/** A sine that swings by a fifth in loudness, its phases counted from `startSample`. */
export function swingingTone(swing: Swing, samples: number, startSample = 0, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) => {
    const time = (startSample + i) / 8000;
    const loudness = 1 + 0.2 * Math.sin(2 * Math.PI * swing.swingHz * time);
    return Math.round(amplitude * loudness * Math.sin(2 * Math.PI * swing.frequencyHz * time));
  });
}

/**
 * How late, in ms, a swinging tone is in the samples: the first of which would be the tone's sample `startSample`
 * if nothing were late. Give whole swings.
 */
export function swingDelayMs(samples: ArrayLike<number>, swing: Swing, startSample = 0): number {
  const step = (2 * Math.PI * swing.swingHz) / 8000;
  let s = 0;
  let c = 0;
  let mean = 0;
  for (let i = 0; i < samples.length; i++) mean += (samples[i] ?? 0) ** 2;
  mean /= Math.max(samples.length, 1);
  for (let i = 0; i < samples.length; i++) {
    const power = (samples[i] ?? 0) ** 2 - mean;
    s += power * Math.sin(step * (startSample + i));
    c += power * Math.cos(step * (startSample + i));
  }
  const phase = Math.atan2(-c, s);
  return ((phase / (2 * Math.PI)) * 1000) / swing.swingHz;
}

function decibels(powerRatio: number): number {
  return 10 * Math.log10(Math.max(powerRatio, 1e-20));
}
