import { createMedia, type Media } from '../media/media.js';
import { startMixer } from '../media/mixer/mixer.js';
import { connectRtpengine, type Rtpengine, startRtpengine } from '../media/rtpengine.js';
import type { Base } from './base.js';

/** The mixer, and the rtpengines that anchor its legs: those configured, or one started here. */
export async function startMedia({ config, log, life }: Base): Promise<{ media: Media; rtpengine: Rtpengine }> {
  const partLog = log.child({ part: 'media' });
  const mixer = await life.start(
    'mixer',
    () =>
      startMixer({
        threads: config.media.mixerThreads,
        host: '127.0.0.1',
        rtpIdleMs: config.media.rtpIdleSeconds * 1000,
        onError: (error) => partLog.error({ err: error }, 'mixer error'),
      }),
    (part) => part.stop(),
  );
  const rtpengine = await life.start(
    'rtpengine',
    () =>
      config.media.rtpengine === null
        ? startRtpengine({
            host: config.host,
            advertise: config.advertise,
            rtpPorts: config.media.rtpPorts,
            log: partLog,
          })
        : connectRtpengine({ addresses: config.media.rtpengine, log: partLog }),
    (part) => part.stop(),
  );
  const media = await life.start(
    'media',
    () => createMedia({ rtpengine, mixer, log: partLog }),
    (part) => part.stop(),
  );
  return { media, rtpengine };
}
