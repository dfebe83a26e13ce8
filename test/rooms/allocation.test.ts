import assert from 'node:assert/strict';
import { freeNumbers, isOfRange, proposeNumbers } from '../../gateway/rooms/allocation.js';

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

describe('free room numbers', () => {
  async function all(range: { from: number; to: number }, taken: ReadonlySet<string>) {
    const asked: number[] = [];
    const numbers: string[] = [];
    const takenAmong = async (some: readonly string[]) => {
      asked.push(some.length);
      return new Set(some.filter((number) => taken.has(number)));
    };
    for await (const number of freeNumbers(range, takenAmong)) numbers.push(number);
    return { asked, numbers };
  }

  it('are found when they are the last of a range, in a few questions', async () => {
    const range = { from: 1000, to: 2999 };
    const free = ['1234', '2999'];
    const taken = new Set(
      Array.from({ length: 2000 }, (_, index) => String(1000 + index)).filter((number) => !free.includes(number)),
    );
    const { asked, numbers } = await all(range, taken);
    assert.deepEqual(numbers.filter((number) => !taken.has(number)).sort(), free);
    assert.ok(numbers.length <= 6);
    assert.ok(asked.length <= 4);
  });

  it('are all of a range when none is taken, each once', async () => {
    const { numbers } = await all({ from: 200, to: 799 }, new Set());
    assert.equal(new Set(numbers).size, 600);
  });

  it('end after so many of a huge range that is used up', async () => {
    let asked = 0;
    const takenAmong = async (some: readonly string[]) => {
      asked += some.length;
      return new Set(some);
    };
    const numbers: string[] = [];
    for await (const number of freeNumbers({ from: 100_000_000, to: 999_999_999 }, takenAmong)) numbers.push(number);
    assert.equal(numbers.length, 4);
    assert.ok(asked <= 20_000);
  });

  it('know their range by value and length', () => {
    const range = { from: 2000, to: 7999 };
    for (const number of ['2000', '7999']) assert.equal(isOfRange(number, range), true, number);
    for (const number of ['1999', '8000', '02000', '20000', '300'])
      assert.equal(isOfRange(number, range), false, number);
  });
});
