import assert from 'node:assert/strict';
import { DigitCollector } from '../../gateway/ivr/digit-collector.js';
import { FakeClock } from '../engine/fake-clock.js';
import { FakeCall, FakeSpeaker, settled } from './fakes.js';

const WANTED = { most: 6, keyMs: 8000 };

function setUp() {
  const speaker = new FakeSpeaker();
  const call = new FakeCall(speaker);
  const clock = new FakeClock();
  const keys = new DigitCollector(call, clock);
  return { speaker, call, clock, keys };
}

describe('collecting digits', () => {
  it('ends at the number sign, which is not one of them', async () => {
    const { call, keys } = setUp();
    const digits = keys.collect(WANTED);
    await call.press('20');
    await call.press('00#');
    assert.equal(await digits, '2000');
  });

  it('takes what was pressed before it was asked for, each question its own', async () => {
    const { call, keys } = setUp();
    await call.press('2000#1234#7');
    assert.equal(await keys.collect(WANTED), '2000');
    assert.equal(await keys.collect(WANTED), '1234');
    assert.equal(await keys.nextWithin(1000), '7');
  });

  it('ends when there are as many as can be, with or without the number sign', async () => {
    const { call, keys } = setUp();
    await call.press('123456#42#');
    assert.equal(await keys.collect(WANTED), '123456');
    assert.equal(await keys.collect(WANTED), '42');
  });

  it('ends when no key came for as long as one is waited for', async () => {
    const { call, clock, keys } = setUp();
    const digits = keys.collect(WANTED);
    await call.press('2');
    clock.advance(7999);
    await call.press('0');
    clock.advance(7999);
    await settled();
    await call.press('1');
    clock.advance(8000);
    assert.equal(await digits, '201');
  });

  it('is empty when nothing was pressed in time', async () => {
    const { clock, keys } = setUp();
    const digits = keys.collect(WANTED);
    clock.advance(8000);
    assert.equal(await digits, '');
  });

  it('waits less for another key after as many as may be all', async () => {
    const { call, clock, keys } = setUp();
    const digits = keys.collect({ ...WANTED, completeLengths: new Set([4]), completeMs: 3000 });
    await call.press('2000');
    clock.advance(3000);
    assert.equal(await digits, '2000');
  });

  it('begins anew at a star, and passes over letters', async () => {
    const { call, keys } = setUp();
    await call.press('99*2A0B#');
    assert.equal(await keys.collect(WANTED), '20');
  });

  it('does not begin anew for ever', async () => {
    const { call, keys } = setUp();
    const digits = keys.collect(WANTED);
    for (let again = 0; again < 9; again++) await call.press('1*');
    assert.equal(await digits, '');
  });

  it('ends with the call, whatever was pressed', async () => {
    const { call, clock, keys } = setUp();
    const digits = keys.collect(WANTED);
    await call.press('20');
    await call.hangUp();
    assert.equal(await digits, '20');
    assert.equal(await keys.nextWithin(1000), undefined);
    assert.equal(clock.pending, 0);
  });

  it('keeps no more keys than anybody means to press', async () => {
    const { call, keys } = setUp();
    await call.press('1'.repeat(1000));
    let kept = 0;
    for (; (await keys.nextUntil(Promise.resolve())) !== undefined; kept++);
    assert.equal(kept, 64);
  });

  it('forgets what was pressed when it is told to', async () => {
    const { call, keys } = setUp();
    await call.press('99');
    keys.forget();
    await call.press('1#');
    assert.equal(await keys.collect(WANTED), '1');
  });

  it('stops a sound at a key, plays the next to its end, and none while a key waits', async () => {
    const { call, keys, speaker } = setUp();
    const first = keys.hear(await speaker.say('en', 'lobby-welcome'));
    await call.press('1');
    await first;
    assert.equal(call.playing, undefined);
    await keys.hear(await speaker.say('en', 'goodbye'));
    assert.deepEqual(call.played, ['en lobby-welcome']);
    await keys.nextWithin(1);
    const second = keys.hear(await speaker.say('en', 'menu'));
    assert.equal(call.playing, 'en menu');
    await call.hearOut();
    await second;
  });

  it('listens no more once it is closed', () => {
    const { call, keys } = setUp();
    assert.equal(call.listeners, 1);
    keys.close();
    assert.equal(call.listeners, 0);
  });
});
