import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';

const NOON = new Date('2026-01-01T12:00:00Z');
const LIMITS = { since: new Date('2026-01-01T11:00:00Z'), perUser: 100, all: 100 };

forEachDatabase('outside calls', (database) => {
  let store: Store;

  beforeEach(async () => {
    store = await database.open();
  });

  function take(userId: string, limits: Partial<typeof LIMITS> = {}, placedAt = NOON, at = store) {
    return at.outsideCalls.take({ id: randomUUID(), userId, placedAt }, { ...LIMITS, ...limits });
  }

  it('are counted for a user and for all, and refused at the limit with the time of the oldest', async () => {
    const earlier = new Date('2026-01-01T11:30:00Z');
    assert.equal(await take('bob', {}, earlier), 'taken');
    const later = new Date('2026-01-01T11:40:00Z');
    for (let call = 0; call < 2; call++) assert.equal(await take('alice', { perUser: 2 }, later), 'taken');
    assert.deepEqual(await take('alice', { perUser: 2 }), { refused: 'user-limit', oldestAt: later });
    assert.deepEqual(await take('carol', { all: 3 }), { refused: 'hour-limit', oldestAt: earlier });
    assert.equal(await take('carol', { all: 4 }), 'taken');
  });

  it('count no more once they are older than limits look back', async () => {
    assert.equal(await take('alice', { perUser: 1, all: 1 }, LIMITS.since), 'taken');
    assert.equal(await take('alice', { perUser: 1, all: 1 }), 'taken');
  });

  it('placed at once on two gateways get through as often as the limit lets, and no more', async () => {
    const stores = [store, await database.open()];
    const asked = Array.from({ length: 30 }, (_, index) =>
      take(index % 3 === 0 ? 'alice' : 'bob', { perUser: 6, all: 11 }, NOON, stores[index % 2]),
    );
    const results = await Promise.all(asked);
    const taken = results.flatMap((result, index) => (result === 'taken' ? [index % 3 === 0 ? 'alice' : 'bob'] : []));
    assert.equal(taken.length, 11);
    assert.ok(taken.filter((user) => user === 'alice').length <= 6);
    assert.ok(taken.filter((user) => user === 'bob').length <= 6);
  });

  it('are remembered by a gateway that is started again', async () => {
    await take('alice');
    await store.close();
    const again = await database.open();
    assert.notEqual(await take('alice', { perUser: 1 }, NOON, again), 'taken');
  });

  it('are counted without one more being placed', async () => {
    const none = { calls: 0 };
    assert.deepEqual(await store.outsideCalls.count('alice', LIMITS.since), { ofUser: none, ofAll: none });
    const [first, second] = [new Date('2026-01-01T11:10:00Z'), new Date('2026-01-01T11:20:00Z')];
    await take('alice', {}, LIMITS.since);
    await take('bob', {}, first);
    await take('alice', {}, second);
    assert.deepEqual(await store.outsideCalls.count('alice', LIMITS.since), {
      ofUser: { calls: 1, oldestAt: second },
      ofAll: { calls: 2, oldestAt: first },
    });
    assert.equal(await take('alice', { perUser: 2 }), 'taken');
  });

  it('are forgotten from before a time, and only those', async () => {
    await take('alice', {}, new Date('2026-01-01T11:10:00Z'));
    await take('alice', {}, new Date('2026-01-01T11:20:00Z'));
    await store.outsideCalls.purge(new Date('2026-01-01T11:20:00Z'));
    assert.deepEqual(await take('bob', { all: 1 }), {
      refused: 'hour-limit',
      oldestAt: new Date('2026-01-01T11:20:00Z'),
    });
    assert.equal(await take('bob', { all: 2 }), 'taken');
  });
});
