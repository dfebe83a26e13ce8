import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeTable } from '../../gateway/media/mixer/g711.js';
import { tone } from './signal.js';
import { temporaryFolder } from './temporary-folder.js';

/** Writes a tone as a WAV file (8000 Hz, mono, 16 bits) and returns its path. */
export function toneFile(frequencyHz: number, seconds: number): string {
  const samples = tone(frequencyHz, seconds * 8000);
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(16_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, at) => {
    bytes.writeInt16LE(sample, 44 + 2 * at);
  });
  const file = join(temporaryFolder('tone'), `${frequencyHz}.wav`);
  writeFileSync(file, bytes);
  return file;
}

/** A tone in mu-law, 8000 Hz. Whole seconds of whole hertz repeat without a click. */
export function toneMuLaw(frequencyHz: number, seconds: number, amplitude?: number): Uint8Array {
  const encode = encodeTable('PCMU');
  const samples = tone(frequencyHz, seconds * 8000, amplitude === undefined ? {} : { amplitude });
  return Uint8Array.from(samples, (sample) => encode[sample & 0xffff] ?? 0xff);
}
