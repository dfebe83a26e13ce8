import assert from 'node:assert/strict';
import { VoiceActivity } from '../../../gateway/media/mixer/voice-activity.js';

/** Mean square of a level in dBFS. */
function power(dbfs: number): number {
  return 32_768 ** 2 * 10 ** (dbfs / 10);
}

/** Feeds frames; returns the changes with the frame they came at. */
function feed(activity: VoiceActivity, dbfs: number, frames: number): [frame: number, talking: boolean][] {
  const changes: [number, boolean][] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (activity.next(power(dbfs))) changes.push([frame, activity.talking]);
  }
  return changes;
}

describe('voice activity', () => {
  it('tells talking after 60 ms and its end after half a second', () => {
    const activity = new VoiceActivity();
    assert.deepEqual(feed(activity, -25, 50), [[2, true]]);
    assert.deepEqual(feed(activity, -70, 50), [[24, false]]);
  });

  it('goes on through the pauses between words', () => {
    const activity = new VoiceActivity();
    feed(activity, -25, 10);
    for (let word = 0; word < 5; word++) {
      assert.deepEqual(feed(activity, -70, 20), []);
      assert.deepEqual(feed(activity, -25, 10), []);
    }
  });

  it('takes a click for no voice', () => {
    const activity = new VoiceActivity();
    for (let click = 0; click < 10; click++) {
      assert.deepEqual(feed(activity, -15, 1), []);
      assert.deepEqual(feed(activity, -70, 10), []);
    }
  });

  it('learns steady noise, and hears a voice above it', () => {
    const activity = new VoiceActivity();
    feed(activity, -48, 500);
    assert.equal(activity.talking, false);
    assert.deepEqual(feed(activity, -30, 5), [[2, true]]);
  });

  it('takes a steady loud tone for a voice however long it lasts', () => {
    const activity = new VoiceActivity();
    assert.deepEqual(feed(activity, -20, 3000), [[2, true]]);
  });

  it('stops at once when told so, and says so once', () => {
    const activity = new VoiceActivity();
    feed(activity, -20, 10);
    assert.equal(activity.silence(), true);
    assert.equal(activity.silence(), false);
    assert.equal(activity.talking, false);
  });
});
