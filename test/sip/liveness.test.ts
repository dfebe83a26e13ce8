import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Liveness } from '../../gateway/sip/liveness.js';
import type { Answer } from '../../gateway/sip/sip-server.js';

const ALIVE: Answer = { status: 200 };

/** Goes with the mocked timers, whatever becomes of the date. */
let monotonicMs = 0;

function tick(milliseconds: number): void {
  monotonicMs += milliseconds;
  mock.timers.tick(milliseconds);
}

function setUp() {
  const asked: number[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  let dead = 0;
  const liveness = new Liveness({
    ask: (deadlineMs) => {
      asked.push(deadlineMs);
      return new Promise((resolve) => waiting.push(resolve));
    },
    onDead: () => dead++,
    intervalMs: 15_000,
    timeoutMs: 8000,
    now: () => monotonicMs,
  });
  async function answer(with_: Answer): Promise<void> {
    const resolve = waiting.shift();
    assert.ok(resolve, 'nothing was asked');
    resolve(with_);
    // Microtasks only: setImmediate would be the test's own clock.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  return { liveness, asked, answer, deaths: () => dead };
}

describe('liveness of a leg', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 }));
  afterEach(() => mock.timers.reset());

  it('asks nobody whose RTP comes in', () => {
    const { asked } = setUp();
    tick(120_000);
    assert.deepEqual(asked, []);
  });

  it('asks at once when RTP stops, and again while it stays away', async () => {
    const { liveness, asked, answer, deaths } = setUp();
    liveness.setIdle(true);
    assert.deepEqual(asked, [8000]);
    await answer(ALIVE);
    tick(14_999);
    assert.equal(asked.length, 1);
    tick(1);
    assert.equal(asked.length, 2);
    await answer({ status: 405 });
    assert.equal(deaths(), 0);
  });

  it('asks no more when RTP is back', async () => {
    const { liveness, asked, answer, deaths } = setUp();
    liveness.setIdle(true);
    liveness.setIdle(false);
    await answer({ none: 'timeout' });
    tick(60_000);
    assert.equal(asked.length, 1);
    assert.equal(deaths(), 0);
  });

  for (const answer of [{ none: 'timeout' }, { none: 'no-dialog' }, { status: 481 }, { status: 408 }] as const) {
    it(`is over after ${JSON.stringify(answer)}`, async () => {
      const world = setUp();
      world.liveness.setIdle(true);
      await world.answer(answer);
      assert.equal(world.deaths(), 1);
    });
  }

  it('gives one whose connection is gone until the deadline to be back', async () => {
    const { liveness, asked, answer, deaths } = setUp();
    liveness.setIdle(true);
    await answer({ none: 'no-flow' });
    tick(2000);
    await answer({ none: 'no-flow' });
    tick(2000);
    assert.deepEqual(asked, [8000, 6000, 4000]);
    await answer(ALIVE);
    assert.equal(deaths(), 0);
    tick(15_000);
    for (let count = 0; count < 4; count++) {
      assert.equal(deaths(), 0);
      await answer({ none: 'no-flow' });
      tick(2000);
    }
    assert.equal(deaths(), 1);
  });

  it('counts the time that passes, not the date that somebody sets', async () => {
    for (const jumpMs of [3_600_000, -3_600_000]) {
      const { liveness, asked, answer, deaths } = setUp();
      liveness.setIdle(true);
      mock.timers.setTime(Date.now() + jumpMs);
      await answer({ none: 'no-flow' });
      tick(2000);
      assert.deepEqual(asked, [8000, 6000]);
      for (let count = 0; count < 3; count++) {
        assert.equal(deaths(), 0);
        await answer({ none: 'no-flow' });
        tick(2000);
      }
      assert.equal(deaths(), 1);
    }
  });

  it('asks one on hold every interval, RTP or not', async () => {
    const { liveness, asked, answer, deaths } = setUp();
    liveness.setHeld(true);
    assert.deepEqual(asked, []);
    tick(15_000);
    await answer(ALIVE);
    liveness.setIdle(true);
    assert.equal(asked.length, 1);
    tick(15_000);
    await answer({ none: 'timeout' });
    assert.equal(deaths(), 1);
  });

  it('asks one who resumed only if there is still no RTP', () => {
    const { liveness, asked } = setUp();
    liveness.setHeld(true);
    liveness.setHeld(false);
    tick(60_000);
    assert.deepEqual(asked, []);
    liveness.setHeld(true);
    liveness.setIdle(true);
    liveness.setHeld(false);
    assert.deepEqual(asked, [8000]);
  });

  it('does nothing more once stopped, whatever was under way', async () => {
    const { liveness, asked, answer, deaths } = setUp();
    liveness.setIdle(true);
    liveness.stop();
    await answer({ none: 'timeout' });
    liveness.setIdle(false);
    liveness.setIdle(true);
    liveness.setHeld(true);
    tick(60_000);
    assert.equal(asked.length, 1);
    assert.equal(deaths(), 0);
  });

  it('holds a lost link against nobody', async () => {
    const { liveness, answer, deaths } = setUp();
    liveness.setIdle(true);
    await answer({ none: 'link-lost' });
    assert.equal(deaths(), 0);
  });
});
