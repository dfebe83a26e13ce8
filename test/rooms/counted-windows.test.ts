import assert from 'node:assert/strict';
import { CountedWindows } from '../../gateway/rooms/counted-windows.js';

function setUp() {
  const clock = { ms: 0 };
  return { clock, windows: new CountedWindows(10_000, () => clock.ms) };
}

describe('counting in windows of time', () => {
  it('goes on with a window until it ends, and then begins with nothing', () => {
    const { clock, windows } = setUp();
    windows.open('a').count += 2;
    clock.ms = 9999;
    assert.equal(windows.open('a').count, 2);
    clock.ms = 10_000;
    assert.equal(windows.find('a'), undefined);
    assert.equal(windows.open('a').count, 0);
  });

  it('says how many whole seconds are left', () => {
    const { clock, windows } = setUp();
    const window = windows.open('a');
    assert.equal(windows.secondsLeft(window), 10);
    clock.ms = 9001;
    assert.equal(windows.secondsLeft(window), 1);
  });

  it('forgets what it is told to forget, and nothing else', () => {
    const { windows } = setUp();
    for (const key of ['a', 'b']) windows.open(key).count += 1;
    windows.forget('a');
    assert.deepEqual([windows.find('a'), windows.find('b')?.count], [undefined, 1]);
  });

  it('keeps no more than 50,000, the oldest of which goes first', () => {
    const { windows } = setUp();
    for (let key = 0; key <= 50_000; key++) windows.open(String(key)).count += 1;
    assert.deepEqual([windows.find('0'), windows.find('1')?.count], [undefined, 1]);
  });
});
