/**
 * G.711 as tables: decoding by code, encoding by 16-bit sample. Built once from the bit fields of ITU-T G.711
 * (tables 1a to 2b), so that the audio path only looks up.
 */
export type Codec = 'PCMU' | 'PCMA';

/** The code for a sample of 0. */
export const SILENCE_CODE: Record<Codec, number> = { PCMU: 0xff, PCMA: 0xd5 };

/** A codec's 16-bit sample for each of the 256 codes. */
export function decodeTable(codec: Codec): Int16Array {
  return TABLES[codec].decode;
}

/** A codec's code for each 16-bit sample, indexed by `sample & 0xffff`. */
export function encodeTable(codec: Codec): Uint8Array {
  return TABLES[codec].encode;
}

const ULAW_BIAS = 132;

function decodeUlaw(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + ULAW_BIAS) << ((inverted >> 4) & 7)) - ULAW_BIAS;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function decodeAlaw(code: number): number {
  const toggled = code ^ 0x55;
  const exponent = (toggled >> 4) & 7;
  const mantissa = ((toggled & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

/** Fills the encoder so that each sample gets the code that decodes nearest to it; ties go away from zero. */
function nearestCodes(decode: Int16Array, silence: number): Uint8Array {
  const codes = Array.from(decode.keys()).sort((a, b) => (decode[a] ?? 0) - (decode[b] ?? 0) || a - b);
  const encode = new Uint8Array(65_536);
  let index = 0;
  for (let sample = -32_768; sample <= 32_767; sample++) {
    while (index + 1 < codes.length && isNearer(decode, codes, index, sample)) index++;
    encode[sample & 0xffff] = codes[index] ?? silence;
  }
  encode[0] = silence;
  return encode;
}

function isNearer(decode: Int16Array, codes: readonly number[], index: number, sample: number): boolean {
  const here = decode[codes[index] ?? 0] ?? 0;
  const next = decode[codes[index + 1] ?? 0] ?? 0;
  const middle = (here + next) / 2;
  return sample > middle || (sample === middle && sample >= 0);
}

function tables(decodeOne: (code: number) => number, silence: number) {
  const decode = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
  return { decode, encode: nearestCodes(decode, silence) };
}

const TABLES: Record<Codec, { decode: Int16Array; encode: Uint8Array }> = {
  PCMU: tables(decodeUlaw, SILENCE_CODE.PCMU),
  PCMA: tables(decodeAlaw, SILENCE_CODE.PCMA),
};
