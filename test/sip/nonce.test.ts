import assert from 'node:assert/strict';
import { createNonces } from '../../gateway/sip/nonce.js';

function setUp(maxCounters?: number) {
  const clock = { now: 1_700_000_000_000 };
  const nonces = createNonces({
    lifetimeMs: 300_000,
    now: () => clock.now,
    ...(maxCounters === undefined ? {} : { maxCounters }),
  });
  return { clock, nonces };
}

describe('digest nonces', () => {
  it('takes each count of a nonce once', () => {
    const { nonces } = setUp();
    const nonce = nonces.issue('10.0.0.1');
    assert.equal(nonces.use(nonce, '10.0.0.1', 1), 'fresh');
    assert.equal(nonces.use(nonce, '10.0.0.1', 1), 'stale');
    assert.equal(nonces.use(nonce, '10.0.0.1', 2), 'fresh');
  });

  it('takes counts that overtook each other, but none twice and none from long ago', () => {
    const { nonces } = setUp();
    const nonce = nonces.issue('a');
    for (const [count, use] of [
      [5, 'fresh'],
      [3, 'fresh'],
      [3, 'stale'],
      [4, 'fresh'],
      [40, 'fresh'],
      [9, 'fresh'],
      [8, 'stale'],
      [40, 'stale'],
      [39, 'fresh'],
      [200, 'fresh'],
      [169, 'fresh'],
      [169, 'stale'],
      [168, 'stale'],
    ] as const) {
      assert.equal(nonces.use(nonce, 'a', count), use, `count ${count}`);
    }
  });

  it('knows no nonce of another gateway, a changed one or one written another way', () => {
    const { nonces } = setUp();
    const nonce = nonces.issue('a');
    const flipped = (nonce[10] === 'A' ? 'B' : 'A') + nonce.slice(11);
    assert.equal(nonces.check(nonce, 'a'), 'fresh');
    assert.equal(nonces.check(nonce.slice(0, 10) + flipped, 'a'), 'stale');
    assert.equal(nonces.check(`${nonce}=`, 'a'), 'stale');
    assert.equal(nonces.check(setUp().nonces.issue('a'), 'a'), 'stale');
    assert.equal(nonces.check('', 'a'), 'stale');
  });

  it('knows a nonce only from the address it was issued to', () => {
    const { nonces } = setUp();
    assert.equal(nonces.use(nonces.issue('10.0.0.1'), '10.0.0.2', 1), 'stale');
  });

  it('forgets a nonce when its time is over', () => {
    const { clock, nonces } = setUp();
    const nonce = nonces.issue('a');
    clock.now += 299_999;
    assert.equal(nonces.use(nonce, 'a', 1), 'fresh');
    clock.now += 1;
    assert.equal(nonces.use(nonce, 'a', 2), 'stale');
  });

  it('never takes a count twice though its table is full', () => {
    const { clock, nonces } = setUp(2);
    const issued = ['a', 'b', 'c', 'd'].map((address) => {
      clock.now += 10;
      return nonces.issue(address);
    });
    for (const [index, address] of ['a', 'b', 'c', 'd'].entries()) nonces.use(issued[index] ?? '', address, 1);
    for (const [index, address] of ['a', 'b', 'c', 'd'].entries()) {
      assert.equal(nonces.use(issued[index] ?? '', address, 1), 'stale', address);
    }
    clock.now += 10;
    assert.equal(nonces.use(nonces.issue('e'), 'e', 1), 'fresh');
  });
});
