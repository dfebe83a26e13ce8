import assert from 'node:assert/strict';
import { Concealment, HISTORY_SAMPLES } from '../../../gateway/media/mixer/concealment.js';
import { FRAME_SAMPLES } from '../../../gateway/media/mixer/frame.js';
import { level, tone, windowSnrDb } from '../../support/signal.js';
import { seededRandom } from './arrival-trace.js';

/** What follows the history, for so many frames. */
function conceal(history: Int16Array, frames: number): Int16Array {
  const concealment = new Concealment();
  concealment.begin(history);
  const out = new Int16Array(frames * FRAME_SAMPLES);
  concealment.fill(out, 0, out.length);
  return out;
}

describe('concealment', () => {
  for (const frequencyHz of [120, 310, 440, 697, 1000, 1477]) {
    it(`goes on with a tone of ${frequencyHz} Hz as if nothing were missing`, () => {
      const played = new Int16Array(HISTORY_SAMPLES + FRAME_SAMPLES);
      played.set(tone(frequencyHz, HISTORY_SAMPLES));
      played.set(conceal(played.slice(0, HISTORY_SAMPLES), 1), HISTORY_SAMPLES);
      assert.ok(Math.min(...windowSnrDb(played, frequencyHz, 80)) > 15);
    });
  }

  it('is as loud as what was played for one frame, then fades to silence', () => {
    const random = seededRandom(3);
    const noise = Int16Array.from({ length: HISTORY_SAMPLES }, () => (random() - 0.5) * 8000);
    const out = conceal(noise, 6);
    const levels = Array.from({ length: 6 }, (_, i) => level(out.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES)));
    assert.ok(Math.abs((levels[0] ?? 0) - level(noise)) < 3, `${levels}`);
    for (let i = 1; i < 4; i++) assert.ok((levels[i] ?? 0) < (levels[i - 1] ?? 0), `${levels}`);
    assert.deepEqual([...out.subarray(4 * FRAME_SAMPLES)], new Array(2 * FRAME_SAMPLES).fill(0));
  });

  it('makes nothing of silence', () => {
    assert.ok(conceal(new Int16Array(HISTORY_SAMPLES), 2).every((sample) => sample === 0));
  });

  it('never leaves the range of samples, even behind the loudest', () => {
    const square = Int16Array.from({ length: HISTORY_SAMPLES }, (_, i) => (i % 100 < 50 ? 32_767 : -32_768));
    const out = conceal(square, 1);
    for (let i = 1; i < out.length; i++) assert.ok(Math.abs((out[i] ?? 0) - (out[i - 1] ?? 0)) <= 65_535);
    assert.ok(Math.max(...out) > 30_000 && Math.min(...out) < -30_000);
  });

  it('fades into what arrives without a step', () => {
    const concealment = new Concealment();
    concealment.begin(tone(440, HISTORY_SAMPLES));
    const out = new Int16Array(FRAME_SAMPLES).fill(5000);
    concealment.fadeInto(out, 0, 48);
    assert.equal(out[100], 5000);
    const steps = out.slice(1).map((sample, i) => Math.abs(sample - (out[i] ?? 0)));
    assert.ok(Math.max(...steps) < 3500);
  });
});
