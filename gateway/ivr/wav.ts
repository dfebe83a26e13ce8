/** WAV files: what a studio hands over (PCM, 8 to 24 bits, mono or stereo, 8 to 48 kHz), and what Roomline writes. */
import { RoomlineError } from '../errors.js';
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { pieces, type Steps } from './steps.js';

/** One channel, full scale being 1. */
export interface Audio {
  readonly sampleRateHz: number;
  readonly samples: Float32Array;
}

const WAV_SAMPLE_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

const HEADER_BYTES = 44;
const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
/** The format proper follows in the extension: its first two bytes, of a GUID (Microsoft's WAVEFORMATEXTENSIBLE). */
const FORMAT_EXTENSIBLE = 0xfffe;
const SUB_FORMAT_OFFSET = 24;
const PIECE_FRAMES = 16_384;

interface Format {
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bits: number;
}

/**
 * Reads a WAV file; stereo is summed to mono.
 * @param name what to call it in errors
 * @param options `streamed`: its header was written before its length was known, so all that follows counts
 * @throws RoomlineError `invalid` saying what is wrong with it
 */
export function* decodeWav(bytes: Buffer, name: string, options: { streamed?: boolean } = {}): Steps<Audio> {
  const refuse = (what: string) => new RoomlineError('invalid', `${name} ${what}`, { code: 'bad-wav' });
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw refuse('is not a WAV file');
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length && !(id === 'data' && options.streamed === true)) {
      throw refuse(`is cut off: ${body.length} of ${length} bytes of '${id.trim()}' are there`);
    }
    if (id === 'fmt ') format = readFormat(body, refuse);
    if (id === 'data') {
      if (format === undefined) throw refuse('has sound before it says of which format');
      return { sampleRateHz: format.sampleRateHz, samples: yield* toMono(body, format) };
    }
    // Chunks begin at even offsets.
    at += 8 + length + (length % 2);
  }
  throw refuse('holds no sound');
}

function readFormat(body: Buffer, refuse: (what: string) => RoomlineError): Format {
  if (body.length < 16) throw refuse('has a format of less than 16 bytes');
  const tag = body.readUInt16LE(0);
  const channels = body.readUInt16LE(2);
  const sampleRateHz = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  const isExtensible = tag === FORMAT_EXTENSIBLE && body.length >= SUB_FORMAT_OFFSET + 2;
  const format = isExtensible ? body.readUInt16LE(SUB_FORMAT_OFFSET) : tag;
  if (format !== FORMAT_PCM || ![8, 16, 24].includes(bits)) {
    const what = format === FORMAT_FLOAT ? `${bits}-bit floating point` : `format ${format} with ${bits} bits`;
    throw refuse(`is ${what}: save it as PCM with 8, 16 or 24 bits`);
  }
  if (channels !== 1 && channels !== 2) throw refuse(`has ${channels} channels: save it as mono or stereo`);
  if (!WAV_SAMPLE_RATES.includes(sampleRateHz)) {
    throw refuse(`has ${sampleRateHz} samples a second: save it with one of ${WAV_SAMPLE_RATES.join(', ')}`);
  }
  return { channels, sampleRateHz, bits };
}

function* toMono(body: Buffer, { channels, bits }: Format): Steps<Float32Array> {
  const sampleBytes = bits / 8;
  const frameBytes = sampleBytes * channels;
  const read = READERS[sampleBytes] ?? read16;
  const samples = new Float32Array(Math.floor(body.length / frameBytes));
  for (const [from, to] of pieces(samples.length, PIECE_FRAMES)) {
    for (let at = from; at < to; at++) {
      const left = read(body, at * frameBytes);
      samples[at] = channels === 1 ? left : (left + read(body, at * frameBytes + sampleBytes)) / 2;
    }
    yield;
  }
  return samples;
}

const read16 = (body: Buffer, at: number) => body.readInt16LE(at) / 0x8000;
const READERS: Record<number, (body: Buffer, at: number) => number> = {
  1: (body, at) => (body.readUInt8(at) - 0x80) / 0x80, // 8 bits are unsigned, all else is signed
  2: read16,
  3: (body, at) => body.readIntLE(at, 3) / 0x800000,
};

/** A WAV file of 16 bits, mono, 8000 Hz. */
export function encodeWav(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(FORMAT_PCM, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SOUND_SAMPLE_RATE, 24);
  bytes.writeUInt32LE(2 * SOUND_SAMPLE_RATE, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (let at = 0; at < samples.length; at++) bytes.writeInt16LE(samples[at] ?? 0, HEADER_BYTES + 2 * at);
  return bytes;
}
