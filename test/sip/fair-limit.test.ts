import assert from 'node:assert/strict';
import { FairLimit } from '../../gateway/sip/fair-limit.js';
import { settle } from './fakes.js';

function setUp(limits: { perKey: number; total: number }) {
  const limit = new FairLimit(limits);
  /** Who has a place, in the order they got it. */
  const entered: string[] = [];
  const leave = new Map<string, () => void>();
  async function enter(...names: string[]): Promise<void> {
    for (const name of names) {
      void limit.run(name[0] ?? '', () => {
        entered.push(name);
        return new Promise<void>((resolve) => leave.set(name, resolve));
      });
    }
    await settle();
  }
  async function end(name: string): Promise<void> {
    leave.get(name)?.();
    await settle();
  }
  return { entered, enter, end };
}

describe('a fair limit', () => {
  it('lets so many of a key in at once, and the others in their turn', async () => {
    const { entered, enter, end } = setUp({ perKey: 2, total: 10 });
    await enter('a1', 'a2', 'a3', 'a4', 'b1');
    assert.deepEqual(entered, ['a1', 'a2', 'b1']);
    await end('a2');
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'a3']);
    await end('a1');
    assert.deepEqual(entered.at(-1), 'a4');
  });

  it('lets so many in at once of all keys, which take turns', async () => {
    const { entered, enter, end } = setUp({ perKey: 3, total: 3 });
    await enter('a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1');
    assert.deepEqual(entered, ['a1', 'a2', 'a3']);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'a4']) await end(name);
    assert.deepEqual(entered.slice(3).sort(), ['a4', 'a5', 'b1', 'b2', 'c1']);
    const firstThree = entered.slice(3, 6).map(([key]) => key);
    assert.deepEqual(firstThree.sort(), ['a', 'b', 'c']);
  });

  it('gives the place of a task that failed to the next', async () => {
    const limit = new FairLimit({ perKey: 1 });
    const first = limit.run('a', () => Promise.reject(new Error('failed')));
    const second = limit.run('a', async () => 'ran');
    await assert.rejects(first, /failed/);
    assert.equal(await second, 'ran');
  });

  it('does not let a full key keep others from the places there are', async () => {
    const { entered, enter, end } = setUp({ perKey: 1, total: 2 });
    await enter('a1', 'a2', 'a3', 'b1', 'b2');
    assert.deepEqual(entered, ['a1', 'b1']);
    await end('b1');
    assert.deepEqual(entered, ['a1', 'b1', 'b2']);
  });
});
