import assert from 'node:assert/strict';
import { activeLevelDbov } from '../../gateway/ivr/active-level.js';
import { SPEECH_LEVEL_DBOV, toTelephone } from '../../gateway/ivr/speech-level.js';
import { level, tone } from '../support/signal.js';
import { finish } from './speaker-host.js';

const asAudio = (samples: ArrayLike<number>) => Float32Array.from(samples, (sample) => sample / 0x8000);
const active = (samples: ArrayLike<number>) => finish(activeLevelDbov(asAudio(samples)));
const adjust = (samples: ArrayLike<number>, options = {}) =>
  finish(toTelephone({ sampleRateHz: 8000, samples: asAudio(samples) }, 'a test', options));
const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

function joined(...pieces: Int16Array[]): Int16Array {
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}
const silence = (seconds: number) => new Int16Array(seconds * 8000);
const peakDbfs = (samples: Int16Array) =>
  20 * Math.log10(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 0x8000);

describe('the active speech level', () => {
  it('of a steady tone is its level', async () => {
    near(await active(tone(500, 16_000, { amplitude: 3277 })), -23, 0.1);
    near(await active(tone(500, 16_000, { amplitude: 328 })), -43, 0.1);
  });

  it('does not count long pauses', async () => {
    const spoken = tone(500, 16_000, { amplitude: 3277 });
    const withPauses = joined(silence(3), spoken, silence(4), spoken, silence(3));
    // P.56 counts 200 ms behind each piece of speech as speech.
    near(await active(withPauses), -23 - 10 * Math.log10(2.2 / 2), 0.3);
    near(level(withPauses), -28.5, 0.3);
  });

  it('is not lowered by a noise floor far below speech', async () => {
    const spoken = tone(500, 16_000, { amplitude: 3277 });
    const noisy = joined(silence(4), spoken, silence(4)).map((sample, at) => sample + (at % 2 === 0 ? 8 : -8));
    near(await active(noisy), -23 - 10 * Math.log10(2.2 / 2), 0.6);
  });

  it('of silence is none', async () => {
    assert.equal(await active(silence(1)), -Infinity);
    assert.equal(await active([]), -Infinity);
  });
});

describe('sound brought to a telephone', () => {
  for (const amplitude of [30, 500, 5000, 32_000]) {
    it(`has the level of speech, from an amplitude of ${amplitude}`, async () => {
      near(await active(await adjust(tone(500, 16_000, { amplitude }))), SPEECH_LEVEL_DBOV, 0.3);
    });
  }

  it('has the level asked for', async () => {
    near(await active(await adjust(tone(500, 16_000), { levelDbov: -34 })), -34, 0.3);
  });

  it('keeps peaks below -3 dBFS without clipping', async () => {
    const quiet = tone(400, 32_000, { amplitude: 300 });
    const peaked = quiet.map((sample, at) => (at % 4000 === 2000 ? 20_000 : sample));
    const limited = await adjust(peaked);
    assert.ok(peakDbfs(limited) <= -3, `${peakDbfs(limited)} dBFS`);
    assert.ok(peakDbfs(limited) > -4, 'and no further than it takes');
  });

  it('has no silence at its ends, and all of its sound', async () => {
    const trimmed = await adjust(joined(silence(1), tone(500, 8000), silence(0.5), tone(700, 8000), silence(2)));
    near(trimmed.length / 8000, 2.5, 0.08);
  });

  it('keeps silence that belongs to a loop', async () => {
    const loop = await adjust(joined(silence(1), tone(500, 8000), silence(1)), { trim: false });
    assert.equal(loop.length, 24_000);
  });

  it('has no constant in it', async () => {
    const shifted = tone(500, 16_000).map((sample) => sample + 4000);
    const samples = await adjust(shifted);
    near(samples.reduce((sum, sample) => sum + sample, 0) / samples.length, 0, 5);
  });

  it('is refused when it is silent', async () => {
    await assert.rejects(adjust(silence(1)), /a test is silent/);
  });
});
