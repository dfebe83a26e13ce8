import assert from 'node:assert/strict';
import { proposeNumbers } from '../../gateway/rooms/allocation.js';

describe('proposed room numbers', () => {
  for (const [from, to] of [
    [200, 200],
    [200, 201],
    [200, 202],
    [2000, 2059],
    [1000, 1096],
  ] as const) {
    it(`are each number from ${from} to ${to} once, given enough attempts`, () => {
      const numbers = [...proposeNumbers({ from, to }, 1000)];
      const all = Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
      assert.deepEqual(numbers.sort(), all);
    });
  }

  it('are as many as there are attempts in a wide range, all different', () => {
    const numbers = [...proposeNumbers({ from: 100_000_000_000, to: 999_999_999_999 }, 500)];
    assert.equal(new Set(numbers).size, 500);
    assert.ok(numbers.every((number) => /^\d{12}$/.test(number)));
  });

  it('come in another order each time', () => {
    const orders = Array.from({ length: 20 }, () => [...proposeNumbers({ from: 2000, to: 7999 }, 4)].join());
    assert.ok(new Set(orders).size > 15);
  });
});
