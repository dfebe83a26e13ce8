import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Allocation } from './allocation-host.js';

/** Young objects have so much room that the garbage collector never runs: all that is allocated stays to be seen. */
const NO_COLLECTION = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
/** V8 compiles when it finds that it should, and not whenever a busy machine gives its other threads a turn. */
const COMPILED_IN_TIME = ['--no-concurrent-recompilation'];
/** A single boxed number for each packet is 16. */
const MOST_BYTES = 1;

describe('the audio path', function () {
  this.timeout(120_000);

  it('allocates nothing for a packet, whatever the network does to it', async () => {
    const host = fork(join(import.meta.dirname, 'allocation-host.js'), {
      execArgv: [...NO_COLLECTION, ...COMPILED_IN_TIME],
    });
    const exited = once(host, 'exit');
    const [allocation] = (await Promise.race([once(host, 'message'), exited])) as [Allocation];
    await exited;
    assert.equal(host.exitCode, 0);
    assert.equal(allocation.collections, 0);
    assert.ok(allocation.packets > 100_000, `${allocation.packets} packets`);
    assert.ok(allocation.talking > 0 && allocation.digits > 0 && allocation.framesConcealed > 0);
    assert.ok(allocation.packetsSent > allocation.packets);
    assert.ok(allocation.bytesPerPacket < MOST_BYTES, `${allocation.bytesPerPacket} bytes for each packet`);
  });
});
