import assert from 'node:assert/strict';
import { BoundedCache } from '../../gateway/ivr/bounded-cache.js';

describe('a bounded cache', () => {
  const cacheOf = (mostWeight: number) => new BoundedCache<string, number>(mostWeight, (value) => value);

  it('forgets what was not used for longest', () => {
    const cache = cacheOf(10);
    cache.set('a', 4);
    cache.set('b', 4);
    cache.get('a');
    cache.set('c', 4);
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [4, undefined, 4]);
  });

  it('counts what it holds under one key once', () => {
    const cache = cacheOf(10);
    for (let time = 0; time < 5; time++) cache.set('a', 6);
    cache.set('b', 4);
    assert.deepEqual([cache.get('a'), cache.get('b')], [6, 4]);
  });

  it('does not hold what is too heavy', () => {
    const cache = cacheOf(10);
    cache.set('a', 11);
    assert.equal(cache.get('a'), undefined);
  });
});
