import assert from 'node:assert/strict';
import { IvrCalls } from '../../gateway/roles/ivr-calls.js';

describe('the figure of calls that are in no room yet', () => {
  it('has each from its beginning to its end, however it ends', async () => {
    const calls = new IvrCalls();
    const figures = () => Object.fromEntries(calls.read());
    assert.deepEqual(figures(), { lobby: 0, confirmation: 0 });
    const ends: ((error?: Error) => void)[] = [];
    const lobby = calls.counting('lobby', (name: string) => {
      return new Promise<string>((resolve, reject) => {
        ends.push((error) => (error === undefined ? resolve(name) : reject(error)));
      });
    });
    const [first, second] = [lobby('first'), lobby('second')];
    const confirmed = calls.counting('confirmation', async () => 'accepted')();
    assert.deepEqual(figures(), { lobby: 2, confirmation: 1 });
    assert.equal(await confirmed, 'accepted');
    ends[0]?.();
    assert.equal(await first, 'first');
    assert.deepEqual(figures(), { lobby: 1, confirmation: 0 });
    ends[1]?.(new Error('hung up'));
    await assert.rejects(second, /hung up/);
    assert.deepEqual(figures(), { lobby: 0, confirmation: 0 });
  });
});
