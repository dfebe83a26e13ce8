import { readFileSync } from 'node:fs';

const EMPTY = new Int16Array(0);

/**
 * The samples of a 16-bit mono WAV file, also of one that is still being written: its header may not know the length
 * yet, so all that follows it counts.
 */
export function readWav(file: string): Int16Array {
  const bytes = readFileSync(file);
  const data = dataOffset(bytes);
  if (data === undefined) return EMPTY;
  const samples = new Int16Array((bytes.length - data) >> 1);
  for (let at = 0; at < samples.length; at++) samples[at] = bytes.readInt16LE(data + 2 * at);
  return samples;
}

function dataOffset(bytes: Buffer): number | undefined {
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (bytes.toString('latin1', at, at + 4) === 'data') return at + 8;
    at += 8 + bytes.readUInt32LE(at + 4);
  }
  return undefined;
}
