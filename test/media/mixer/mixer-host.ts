/** A program that runs the mixer and nothing else, so that its CPU time and its stalls are the mixer's. */
import { startMixer } from '../../../gateway/media/mixer/mixer.js';
import type { HostAnswer, HostRequest } from './mixer-process.js';

const mixer = await startMixer({
  threads: 1,
  host: '127.0.0.1',
  rtpIdleMs: 8000,
  onError: (error) => console.error(error),
});

async function answer(request: HostRequest): Promise<HostAnswer> {
  if (request.kind === 'open') {
    const address = await mixer.open(request.room, request.leg);
    await mixer.connect(request.leg, request.anchor, request.format);
    return { address };
  }
  if (request.kind === 'close') await mixer.close(request.leg);
  const { user, system } = process.cpuUsage();
  return { cpuMicroseconds: user + system };
}

let last: Promise<unknown> = Promise.resolve();
process.on('message', (request: HostRequest) => {
  last = last.then(async () => process.send?.(await answer(request)));
});
process.on('disconnect', () => {
  void last.then(() => mixer.stop());
});
process.send?.({});
