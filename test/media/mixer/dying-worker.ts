/** The mixer's worker, but a leg that comes into a room there under the name of `fatal` kills it. */
import { parentPort } from 'node:worker_threads';
import type { Request } from '../../../gateway/media/mixer/protocol.js';
import '../../../gateway/media/mixer/worker.js';

parentPort?.on('message', ({ command }: Request) => {
  if (command.kind === 'open' && command.leg === 'fatal' && command.room !== null) {
    throw new Error('killed by the test');
  }
});
