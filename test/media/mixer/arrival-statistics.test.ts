import assert from 'node:assert/strict';
import { ArrivalStatistics } from '../../../gateway/media/mixer/arrival-statistics.js';
import { Instant } from '../../../gateway/media/mixer/instant.js';
import { seededRandom } from './arrival-trace.js';

function addOne(statistics: ArrivalStatistics, lateness: number, arrivedMs: number): void {
  const arrived = new Instant();
  arrived.ms = arrivedMs;
  statistics.add(lateness, arrived);
}

/** Adds packets 20 ms apart of the given lateness. */
function add(statistics: ArrivalStatistics, fromMs: number, lateness: readonly number[]): number {
  lateness.forEach((samples, index) => {
    addOne(statistics, samples, fromMs + index * 20);
  });
  return fromMs + lateness.length * 20;
}

describe('arrival statistics', () => {
  it('is ready for what nearly all packets need', () => {
    const random = seededRandom(1);
    const statistics = new ArrivalStatistics();
    const lateness = Array.from({ length: 1000 }, () => Math.floor(random() * 240));
    add(statistics, 0, lateness);
    assert.ok(statistics.latest > 225 && statistics.latest < 240, `${statistics.latest}`);
    assert.ok(statistics.earliest < 5);
  });

  it('is not impressed by one late packet', () => {
    const statistics = new ArrivalStatistics();
    const nowMs = add(statistics, 0, new Array(300).fill(10));
    add(statistics, nowMs, [800, 10, 10]);
    assert.equal(statistics.latest, 10);
  });

  it('believes the second late packet within a second', () => {
    const statistics = new ArrivalStatistics();
    const nowMs = add(statistics, 0, new Array(300).fill(10));
    add(statistics, nowMs, [300, 10, 200]);
    assert.equal(statistics.latest, 200);
  });

  it('takes a burst after a stall for one event', () => {
    const statistics = new ArrivalStatistics();
    const nowMs = add(statistics, 0, new Array(300).fill(10));
    for (let packet = 0; packet < 10; packet++) addOne(statistics, 1600 - 160 * packet, nowMs + 180 + packet * 0.1);
    add(statistics, nowMs + 200, [10, 10, 10]);
    assert.equal(statistics.latest, 10);
  });

  it('needs seconds to believe that it got better', () => {
    const statistics = new ArrivalStatistics();
    let nowMs = add(
      statistics,
      0,
      Array.from({ length: 300 }, (_, i) => (i % 10) * 24),
    );
    nowMs = add(statistics, nowMs, new Array(100).fill(10));
    assert.ok(statistics.latest > 200);
    add(statistics, nowMs, new Array(160).fill(10));
    assert.equal(statistics.latest, 10);
  });

  it('begins anew when reset', () => {
    const statistics = new ArrivalStatistics();
    add(statistics, 0, new Array(50).fill(700));
    statistics.reset();
    assert.equal(statistics.latest, 0);
    addOne(statistics, 5, 2000);
    assert.deepEqual([statistics.earliest, statistics.latest], [5, 5]);
  });
});
