/** A process that runs the mixer and nothing else, so that its CPU time is the mixer's. */
import { type AudioFormat, startMixer, type UdpAddress } from '../../../gateway/media/mixer/mixer.js';

/** What it is asked. */
export type HostRequest =
  | { kind: 'open'; room: string; leg: string; anchor: UdpAddress; format: AudioFormat }
  | { kind: 'close'; leg: string }
  | { kind: 'cpu' }
  | { kind: 'stop' };

/** What it answers: the port opened, or the CPU time of the whole process so far, in µs. */
export interface HostAnswer {
  address?: UdpAddress;
  cpuMicroseconds?: number;
}

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
  if (request.kind === 'stop') await mixer.stop();
  const { user, system } = process.cpuUsage();
  return { cpuMicroseconds: user + system };
}

let last: Promise<unknown> = Promise.resolve();
process.on('message', (request: HostRequest) => {
  last = last.then(async () => {
    process.send?.(await answer(request));
    if (request.kind === 'stop') process.disconnect();
  });
});
process.on('disconnect', () => process.exit());
process.send?.({});
