import assert from 'node:assert/strict';
import { Life } from '../gateway/life.js';
import { silentLog } from './support/silent-log.js';

describe('what has been started', () => {
  it('stops in reverse order', async () => {
    const life = new Life(silentLog);
    const stopped: string[] = [];
    for (const name of ['database', 'engine', 'http']) {
      await life.start(
        name,
        () => name,
        (part) => void stopped.push(part),
      );
    }
    await life.stop();
    assert.deepEqual(stopped, ['http', 'engine', 'database']);
  });

  it('stops the others when one throws', async () => {
    const life = new Life(silentLog);
    const stopped: string[] = [];
    await life.start(
      'first',
      () => 1,
      () => void stopped.push('first'),
    );
    await life.start(
      'second',
      () => 2,
      () => Promise.reject(new Error('stuck')),
    );
    await life.stop();
    assert.deepEqual(stopped, ['first']);
  });

  it('stops once, however often it is asked', async () => {
    const life = new Life(silentLog);
    let stops = 0;
    await life.start(
      'part',
      () => 1,
      () => void stops++,
    );
    await Promise.all([life.stop(), life.stop()]);
    assert.equal(stops, 1);
  });

  it('does not remember a part that failed to start', async () => {
    const life = new Life(silentLog);
    let stops = 0;
    await assert.rejects(
      life.start(
        'part',
        () => Promise.reject(new Error('taken')),
        () => void stops++,
      ),
      /taken/,
    );
    await life.stop();
    assert.equal(stops, 0);
  });
});
