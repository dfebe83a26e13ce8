import assert from 'node:assert/strict';
import { type Codec, decodeTable, encodeTable, SILENCE_CODE } from '../../gateway/media/mixer/g711.js';
import { type Sound, toSound } from '../../gateway/sound.js';
import { tone } from './signal.js';

const SEGMENT_HZ = [400, 600, 900, 1300, 1700];
const SEGMENT_SAMPLES = 1000;
/** Quieter is silence; PCMA's silence is 8. */
const SILENCE_PEAK = 16;
/** Of one tone that is played without end: nothing else in a test may use it. */
export const MUSIC_HZ = 1500;

/** Five tones, none like another, that end amid a frame: 635 ms. */
export function prompt(amplitude = 6000): Sound {
  const samples = new Int16Array(SEGMENT_HZ.length * SEGMENT_SAMPLES + 77);
  SEGMENT_HZ.forEach((hz, i) => {
    const length = i === SEGMENT_HZ.length - 1 ? SEGMENT_SAMPLES + 77 : SEGMENT_SAMPLES;
    samples.set(tone(hz, length, { amplitude, startSample: 1 }), i * SEGMENT_SAMPLES);
  });
  return toSound(samples);
}

/** A tone to be looped, in whole periods that are no whole number of frames. */
export function music(amplitude = 6000): Sound {
  return toSound(tone(MUSIC_HZ, 16 * 73, { amplitude }));
}

/** What samples sound like once a codec carried them. */
export function carried(samples: Int16Array, codec: Codec): Int16Array {
  const encode = encodeTable(codec);
  const decode = decodeTable(codec);
  return samples.map((sample) => decode[encode[sample & 0xffff] ?? 0] ?? 0);
}

/** Where the first sound is in a recording; -1 where all is silent. */
export function firstSound(recording: Int16Array): number {
  return recording.findIndex((sample) => Math.abs(sample) > SILENCE_PEAK);
}

/** Asserts that a recording is that sound, whole, once, as loud as it was made, and silence before and after. */
export function assertHeardOnce(recording: Int16Array, { samples }: Sound, codec: Codec = 'PCMU'): void {
  const at = firstSound(recording) - firstSound(samples);
  assert.ok(at >= 0, 'the sound is heard');
  const silence = decodeTable(codec)[SILENCE_CODE[codec]] ?? 0;
  const expected = new Int16Array(recording.length).fill(silence);
  expected.set(carried(samples, codec), at);
  assert.deepEqual(recording, expected);
}
