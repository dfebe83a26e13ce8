/** The sounds that are no words, made here note by note: nobody else has a right to them. */
import { SOUND_SAMPLE_RATE } from '../sound.js';
import type { SoundName } from './speaker.js';

/** Raised when one of them changes. */
export const SOUNDS_FORM = 1;

const BAR_SECONDS = 3;
/** MIDI numbers, the bass first: C, A minor, F, G, then E minor, A minor, D minor, G. */
const CHORDS = [
  [48, 64, 67, 71],
  [45, 60, 64, 67],
  [53, 60, 64, 69],
  [43, 59, 62, 69],
  [52, 59, 62, 67],
  [45, 60, 64, 72],
  [50, 60, 65, 69],
  [43, 59, 65, 67],
] as const;
/** Which tones of the chord are plucked one after the other in a bar. */
const PATTERN = [0, 1, 2, 3, 2, 1] as const;

interface Note {
  readonly atSeconds: number;
  readonly hertz: number;
  readonly amplitude: number;
  readonly decaySeconds: number;
}

export function makeSound(name: SoundName): Float32Array {
  return name === 'entered' ? makeEntered() : makeMusic();
}

/** Two soft strokes of a bell, the second a fourth higher. */
function makeEntered(): Float32Array {
  const samples = new Float32Array(0.45 * SOUND_SAMPLE_RATE);
  addNote(samples, { atSeconds: 0, hertz: 660, amplitude: 0.3, decaySeconds: 0.06 });
  addNote(samples, { atSeconds: 0.1, hertz: 880, amplitude: 0.3, decaySeconds: 0.09 });
  return samples;
}

/** Slow broken chords; what still sounds at the end is in the beginning, so that it goes round without a seam. */
function makeMusic(): Float32Array {
  const samples = new Float32Array(CHORDS.length * BAR_SECONDS * SOUND_SAMPLE_RATE);
  const beatSeconds = BAR_SECONDS / PATTERN.length;
  for (const [bar, chord] of CHORDS.entries()) {
    const startsAt = bar * BAR_SECONDS;
    addNote(samples, { atSeconds: startsAt, hertz: hertzOf(chord[0] + 12), amplitude: 0.12, decaySeconds: 1.6 });
    for (const [beat, tone] of PATTERN.entries()) {
      const atSeconds = startsAt + beat * beatSeconds;
      addNote(samples, { atSeconds, hertz: hertzOf(chord[tone] + 12), amplitude: 0.1, decaySeconds: 0.8 });
    }
  }
  return samples;
}

function hertzOf(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12);
}

/** A struck string: its overtones are weaker and die sooner. Goes on at the beginning where the end is reached. */
function addNote(samples: Float32Array, { atSeconds, hertz, amplitude, decaySeconds }: Note): void {
  const first = Math.round(atSeconds * SOUND_SAMPLE_RATE);
  const length = Math.min(samples.length, Math.round(7 * decaySeconds * SOUND_SAMPLE_RATE));
  for (let at = 0; at < length; at++) {
    const seconds = at / SOUND_SAMPLE_RATE;
    const attack = Math.min(1, seconds / 0.008);
    const release = Math.min(1, (length - at) / 80);
    let sum = 0;
    for (let overtone = 1; overtone <= 3; overtone++) {
      const decay = Math.exp((-seconds * overtone) / decaySeconds);
      sum += (decay * Math.sin(2 * Math.PI * hertz * overtone * seconds)) / overtone ** 2;
    }
    const index = (first + at) % samples.length;
    samples[index] = (samples[index] ?? 0) + amplitude * attack * release * sum;
  }
}
