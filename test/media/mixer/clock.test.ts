import assert from 'node:assert/strict';
import { type OneShot, SteadyClock, type TimeSource } from '../../../gateway/media/mixer/clock.js';
import { Instant } from '../../../gateway/media/mixer/instant.js';

/** Time that moves only when told, with timers as exact as libuv's: to the millisecond, never early. */
class FakeTime implements TimeSource {
  nowMs = 1000.3;
  #pending: { atMs: number; callback: () => void; timer: OneShot }[] = [];
  readonly waiting: (() => void)[] = [];

  read(instant: Instant): void {
    instant.ms = this.nowMs;
  }

  timer(callback: () => void, delayMs: number): OneShot {
    const timer: OneShot = {
      refresh: () => {
        this.#pending = this.#pending.filter((pending) => pending.timer !== timer);
        this.#pending.push({ atMs: Math.floor(this.nowMs) + delayMs, callback, timer });
      },
    };
    timer.refresh();
    return timer;
  }

  cancel(timer: OneShot): void {
    this.#pending = this.#pending.filter((pending) => pending.timer !== timer);
  }

  afterReading(callback: () => void): void {
    this.waiting.push(callback);
  }

  get timers(): number {
    return this.#pending.length;
  }

  /** Lets time pass; timers that are due meanwhile run when `stalled` is over. */
  pass(ms: number, stalledMs = 0): void {
    const until = this.nowMs + ms + stalledMs;
    this.nowMs += stalledMs;
    for (;;) {
      this.#pending.sort((a, b) => a.atMs - b.atMs);
      const next = this.#pending[0];
      if (next === undefined || next.atMs > until) break;
      this.#pending.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs + 0.1);
      next.callback();
      for (const callback of this.waiting.splice(0)) callback();
    }
    this.nowMs = Math.max(this.nowMs, until);
  }
}

function started(): { time: FakeTime; clock: SteadyClock; ticks: number[]; skips: number[] } {
  const time = new FakeTime();
  const ticks: number[] = [];
  const skips: number[] = [];
  const clock = new SteadyClock({ onTick: (due) => ticks.push(due.ms), onSkip: (count) => skips.push(count), time });
  clock.start();
  return { time, clock, ticks, skips };
}

describe('the steady clock', () => {
  it('ticks every 20 ms to the millisecond for an hour, without drift', () => {
    const { time, ticks } = started();
    time.pass(3_600_002);
    assert.equal(ticks.length, 180_000);
    ticks.forEach((dueMs, tick) => {
      assert.ok(Math.abs(dueMs - (1000.3 + 20 * (tick + 1))) < 1e-3, `tick ${tick} due at ${dueMs}`);
    });
  });

  it('runs the ticks missed in a stall at once, each for its own time, once the sockets are read', () => {
    const { time, ticks, skips } = started();
    time.pass(102);
    ticks.length = 0;
    time.pass(0, 310);
    assert.deepEqual(
      ticks.map((dueMs) => Math.round(dueMs - 1100.3)),
      [20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300],
    );
    assert.deepEqual(skips, []);
    time.pass(30);
    assert.equal(ticks.length, 17);
  });

  it('skips the ticks of a stall nobody wants to hear, and goes on in step', () => {
    const { time, ticks, skips } = started();
    time.pass(0, 60_000);
    assert.deepEqual(skips, [2999]);
    assert.equal(ticks.length, 1);
    time.pass(1002);
    assert.equal(ticks.length, 51);
  });

  it('knows when a tick is overdue', () => {
    const { time, clock } = started();
    const later = new Instant();
    later.ms = time.nowMs + 21;
    assert.equal(clock.isLate(later), false);
    later.ms = time.nowMs + 26;
    assert.equal(clock.isLate(later), true);
  });

  it('leaves no timer when stopped, and can be started again', () => {
    const { time, clock, ticks } = started();
    time.pass(102);
    clock.stop();
    assert.equal(time.timers, 0);
    time.pass(102);
    assert.equal(ticks.length, 5);
    clock.start();
    clock.start();
    assert.equal(time.timers, 1);
    time.pass(102);
    assert.equal(ticks.length, 10);
  });
});
