import assert from 'node:assert/strict';
import { delay, ReconnectPolicy } from '../../web-softphone/phone/reconnect-policy.js';

describe('the reconnect policy', () => {
  it('doubles the wait up to its longest and never gives up', () => {
    const policy = new ReconnectPolicy({ firstMs: 500, maxMs: 8_000, random: () => 1 });
    const delays = Array.from({ length: 8 }, () => policy.nextDelayMs());
    assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    for (let tries = 0; tries < 5_000; tries++) assert.equal(policy.nextDelayMs(), 8_000);
  });

  it('waits at least half of that, so that pages come back at different times but not at once', () => {
    const policy = new ReconnectPolicy({ firstMs: 500, maxMs: 8_000, random: () => 0 });
    assert.deepEqual([policy.nextDelayMs(), policy.nextDelayMs(), policy.nextDelayMs()], [250, 500, 1_000]);
  });

  it('starts from the beginning after a success', () => {
    const policy = new ReconnectPolicy({ firstMs: 500, random: () => 1 });
    policy.nextDelayMs();
    policy.nextDelayMs();
    policy.succeeded();
    assert.equal(policy.nextDelayMs(), 500);
  });
});

describe('a wait between two tries', () => {
  it('ends by itself', async () => {
    const abort = new AbortController();
    await delay(1, abort.signal);
    abort.abort(new Error('too late to matter'));
  });

  it('ends at once when it is aborted', async () => {
    const abort = new AbortController();
    const waiting = delay(60_000, abort.signal);
    abort.abort(new Error('the network is back'));
    await assert.rejects(waiting, /the network is back/);
  });

  it('does not begin when it was aborted before', async () => {
    await assert.rejects(delay(60_000, AbortSignal.abort(new Error('closed'))), /closed/);
  });
});
