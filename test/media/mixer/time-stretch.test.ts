import assert from 'node:assert/strict';
import { FRAME_SAMPLES } from '../../../gateway/media/mixer/frame.js';
import { BEHIND_SAMPLES, STRETCH_SAMPLES, TimeStretch } from '../../../gateway/media/mixer/time-stretch.js';
import { tone, windowSnrDb } from '../../support/signal.js';
import { seededRandom } from './arrival-trace.js';

const HZ = 440;

/** Played until the frame, the stretched frame, and what follows it: one piece of sound. */
function around(frame: Int16Array, extra: number): Int16Array {
  const before = tone(HZ, 720, { startSample: BEHIND_SAMPLES - 720 });
  const after = tone(HZ, 720, { startSample: BEHIND_SAMPLES + FRAME_SAMPLES + extra });
  return Int16Array.from([...before, ...frame, ...after]);
}

describe('time stretch', () => {
  it('leaves out whole periods of a tone, so that nobody hears it', () => {
    const stretch = new TimeStretch();
    stretch.signal.set(tone(HZ, STRETCH_SAMPLES));
    const frame = new Int16Array(FRAME_SAMPLES);
    const skipped = stretch.shorten(frame, FRAME_SAMPLES, 0.99);
    assert.ok(skipped >= 80 && skipped <= FRAME_SAMPLES, `${skipped}`);
    assert.ok(Math.min(...windowSnrDb(around(frame, skipped), HZ)) > 25);
  });

  it('repeats whole periods of a tone, so that nobody hears it', () => {
    const stretch = new TimeStretch();
    stretch.signal.set(tone(HZ, STRETCH_SAMPLES));
    const frame = new Int16Array(FRAME_SAMPLES);
    const repeated = stretch.lengthen(frame, FRAME_SAMPLES, 0.99);
    assert.ok(repeated >= 80 && repeated <= FRAME_SAMPLES, `${repeated}`);
    assert.ok(Math.min(...windowSnrDb(around(frame, -repeated), HZ)) > 25);
  });

  it('never leaves out more than it may', () => {
    const stretch = new TimeStretch();
    stretch.signal.set(tone(1000, STRETCH_SAMPLES));
    const frame = new Int16Array(FRAME_SAMPLES);
    for (let most = 0; most < FRAME_SAMPLES; most += 7) assert.ok(stretch.shorten(frame, most, 0.5) <= most);
  });

  it('leaves noise alone when asked for likeness', () => {
    const random = seededRandom(4);
    const stretch = new TimeStretch();
    stretch.signal.set(Int16Array.from({ length: STRETCH_SAMPLES }, () => (random() - 0.5) * 8000));
    const frame = new Int16Array(FRAME_SAMPLES).fill(77);
    assert.equal(stretch.shorten(frame, FRAME_SAMPLES, 0.8), 0);
    assert.equal(stretch.lengthen(frame, FRAME_SAMPLES, 0.8), 0);
    assert.ok(frame.every((sample) => sample === 77));
  });
});
