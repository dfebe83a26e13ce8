import assert from 'node:assert/strict';
import { type Codec, decodeTable, encodeTable, SILENCE_CODE } from '../../../gateway/media/mixer/g711.js';
import { goertzelLevel, tone, windowSnrDb } from '../../support/signal.js';

const CODECS: readonly Codec[] = ['PCMU', 'PCMA'];

/** The digital milliwatt of ITU-T G.711 tables 5 and 6: 1 kHz at 0 dBm0, 3.14 (A) and 3.17 dB (µ) below overload. */
const MILLIWATT: Record<Codec, { codes: number[]; levelDbfs: number }> = {
  PCMA: { codes: [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4], levelDbfs: -3.01 - 3.14 },
  PCMU: { codes: [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e], levelDbfs: -3.01 - 3.17 },
};

describe('g711', () => {
  it('decodes the values of ITU-T G.711 for PCMU', () => {
    const values: [code: number, sample: number][] = [
      [0xff, 0],
      [0x7f, 0],
      [0xfe, 8],
      [0xf0, 120],
      [0xef, 132],
      [0x8f, 16_764],
      [0x80, 32_124],
      [0x00, -32_124],
    ];
    for (const [code, sample] of values) assert.equal(decodeTable('PCMU')[code], sample, `code ${code}`);
  });

  it('decodes the values of ITU-T G.711 for PCMA', () => {
    const values: [code: number, sample: number][] = [
      [0xd5, 8],
      [0x55, -8],
      [0xd4, 24],
      [0xc5, 264],
      [0xaa, 32_256],
      [0x2a, -32_256],
    ];
    for (const [code, sample] of values) assert.equal(decodeTable('PCMA')[code], sample, `code ${code}`);
  });

  for (const codec of CODECS) {
    it(`hears the digital milliwatt at its level in ${codec}`, () => {
      const { codes, levelDbfs } = MILLIWATT[codec];
      const samples = Array.from({ length: 800 }, (_, i) => decodeTable(codec)[codes[i % 8] ?? 0] ?? 0);
      assert.ok(Math.abs(goertzelLevel(samples, 1000) - levelDbfs) < 0.1, `${goertzelLevel(samples, 1000)} dBFS`);
    });

    it(`encodes what ${codec} decoded to the same value`, () => {
      const decode = decodeTable(codec);
      decode.forEach((sample) => {
        assert.equal(decode[encodeTable(codec)[sample & 0xffff] ?? 0], sample);
      });
    });

    it(`encodes every sample to the nearest value of ${codec}`, () => {
      const decode = decodeTable(codec);
      for (let sample = -32_768; sample <= 32_767; sample += 7) {
        const error = Math.abs((decode[encodeTable(codec)[sample & 0xffff] ?? 0] ?? 0) - sample);
        const least = decode.reduce((nearest, value) => Math.min(nearest, Math.abs(value - sample)), 65_536);
        assert.equal(error, least, `sample ${sample}`);
      }
    });

    it(`encodes silence as ${codec}'s silence`, () => {
      assert.equal(encodeTable(codec)[0], SILENCE_CODE[codec]);
    });

    it(`keeps a tone 32 dB above what ${codec} adds`, () => {
      const coded = tone(1013, 8000).map((s) => decodeTable(codec)[encodeTable(codec)[s & 0xffff] ?? 0] ?? 0);
      assert.ok(Math.min(...windowSnrDb(coded, 1013)) > 32);
    });
  }
});
