import assert from 'node:assert/strict';
import { numberGauges } from '../../gateway/rooms/number-usage.js';

describe('the figures of room numbers', () => {
  it('say for every kind how many there are and how many are taken', async () => {
    const gauges = numberGauges(
      { countTaken: async ({ from }) => from },
      {
        group: { from: 2000, to: 7999 },
        temporary: { from: 100_000, to: 199_999 },
        exclusive: { from: 800, to: 899 },
      },
    );
    const figures = await Promise.all(gauges.map(async ({ name, read }) => [name, await read()]));
    assert.deepEqual(figures, [
      ['roomline_group_numbers_taken', 2000],
      ['roomline_group_numbers', 6000],
      ['roomline_temporary_numbers_taken', 100_000],
      ['roomline_temporary_numbers', 100_000],
      ['roomline_exclusive_numbers_taken', 800],
      ['roomline_exclusive_numbers', 100],
    ]);
  });
});
