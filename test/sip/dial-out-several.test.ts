import assert from 'node:assert/strict';
import { COMPLETED, DECLINED, endCalls, phone, setUp } from './dial-out-world.js';
import { assertNothingLeft } from './focuses-world.js';

describe('calling several phones of one person', () => {
  afterEach(endCalls);

  const devices = () => [phone('desk'), phone('web', 'ws'), phone('dect')];

  it('goes on ringing the others while one that answered is asked', async () => {
    const world = setUp();
    await world.ring(devices());
    await world.answer(0);
    await world.answer(2);
    assert.equal(world.asked.length, 2);
    for (const { cancelled, dialog } of world.server.calls) assert.deepEqual([cancelled, dialog.byes], [undefined, 0]);
  });

  it('stops the others once one accepts, whether they ring or are asked', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.answer(2);
    await world.says('accepted', 1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.call(1).cancelled, COMPLETED);
    assert.equal(world.call(0).dialog.byes, 1);
    assert.deepEqual(world.call(0).dialog.byeHeaders, COMPLETED);
    assert.equal(world.asking(0).call.ended.aborted, true);
    assert.equal(world.call(2).dialog.byes, 0);
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
    // Who pressed the key a moment too late is not in the room twice.
    await world.says('accepted', 0);
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
    assert.deepEqual(world.focuses.counts(), { legs: 1, rooms: 1 });
  });

  it('stops the others when a browser answers', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.answer(1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob softphone']);
    assert.deepEqual(world.call(0).dialog.byeHeaders, COMPLETED);
    assert.deepEqual(world.call(2).cancelled, COMPLETED);
  });

  for (const [confirmation, headers] of [
    ['declined', DECLINED],
    ['snoozed', COMPLETED],
  ] as const) {
    it(`stops the others when one has ${confirmation}`, async () => {
      const world = setUp();
      const ringing = await world.ring(devices());
      await world.answer(0);
      await world.says(confirmation);
      assert.equal((await ringing.outcome).state, confirmation);
      assert.deepEqual(world.call(1).cancelled, headers);
      assert.deepEqual(world.call(2).cancelled, headers);
      assertNothingLeft(world);
    });
  }

  it('goes on after an answering machine, and lets in who answers later', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.says('no-key');
    assert.equal(world.call(1).cancelled, undefined);
    await world.answer(2);
    await world.says('accepted', 1);
    assert.deepEqual(await ringing.outcome, { state: 'joined' });
    assert.deepEqual(world.inRoom(), ['bob desk-phone']);
  });

  it('tells of the machine when nobody else was there', async () => {
    const world = setUp();
    const ringing = await world.ring(devices());
    await world.answer(0);
    await world.says('no-key');
    world.call(1).end({ none: 'timeout' });
    world.call(2).end({ refused: 480 });
    assert.deepEqual(await ringing.outcome, { state: 'voicemail' });
  });

  for (const silent of [0, 2]) {
    it(`tells of the one that rang when number ${silent + 1} gives no sign`, async () => {
      const world = setUp();
      const ringing = await world.ring(devices());
      for (const index of [0, 1, 2]) world.call(index).end({ none: index === silent ? 'no-response' : 'timeout' });
      assert.deepEqual(await ringing.outcome, { state: 'no-answer' });
    });
  }
});
