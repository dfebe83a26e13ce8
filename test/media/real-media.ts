import { randomInt } from 'node:crypto';
import { createMedia, type Media } from '../../gateway/media/media.js';
import { type Mixer, startMixer } from '../../gateway/media/mixer/mixer.js';
import { type Rtpengine, startRtpengine } from '../../gateway/media/rtpengine.js';
import { eventually } from '../support/eventually.js';
import { GATEWAY_RTP_PORTS } from '../support/free-port.js';
import { silentLog } from '../support/silent-log.js';

const [first = 0, last = 0] = GATEWAY_RTP_PORTS.split('-').map(Number);

/** Wide enough for several to find ports of their own in it, and below those the system gives out to anybody. */
export const RTP_PORTS = { first, last };

/** A range nothing else uses: above the system's own ports, below those of `freePort`. */
export function narrowPorts(size: number): { first: number; last: number } {
  const first = 61_000 + 100 * randomInt((62_900 - 61_000 - size) / 100);
  return { first, last: first + size - 1 };
}

/** Media on a real rtpengine and a real mixer, as the gateway puts them together. */
export interface RealMedia {
  readonly media: Media;
  readonly rtpengine: Rtpengine;
  readonly mixer: Mixer;
  /** Waits until neither rtpengine nor the mixer holds anything. */
  holdsNothing(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRealMedia({ mixerThreads = 1 } = {}): Promise<RealMedia> {
  const mixer = await startMixer({ threads: mixerThreads, host: '127.0.0.1', rtpIdleMs: 8_000, onError: rethrow });
  const rtpengine = await startRtpengine({
    host: '127.0.0.1',
    advertise: '127.0.0.1',
    rtpPorts: RTP_PORTS,
    log: silentLog,
  });
  const media = createMedia({ rtpengine, mixer, log: silentLog });
  return {
    media,
    rtpengine,
    mixer,
    async holdsNothing() {
      const held = async () => ({
        calls: (await Promise.all(rtpengine.nodes.map((node) => node.list()))).flat(),
        ports: (await mixer.stats()).legs,
      });
      await eventually('nothing to be held', held, ({ calls, ports }) => calls.length === 0 && ports.length === 0);
    },
    async stop() {
      await media.stop();
      await rtpengine.stop();
      await mixer.stop();
    },
  };
}

function rethrow(error: Error): never {
  throw error;
}
