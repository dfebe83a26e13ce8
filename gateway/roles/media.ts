import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../config.js';
import type { Log } from '../log.js';
import { createMedia, type Media } from '../media/media.js';
import { startMixer } from '../media/mixer/mixer.js';
import { connectRtpengine, type Rtpengine, startRtpengine } from '../media/rtpengine.js';
import type { NgAddress } from '../media/rtpengine-ng.js';
import type { Base } from './base.js';

/** How long a standing rtpengine may take to answer the first time: it may be starting, too. */
const RTPENGINE_DEADLINE_MS = 4000;
const RTPENGINE_RETRY_MS = 250;

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
        : connectAnsweringRtpengine(config.media.rtpengine, partLog),
    (part) => part.stop(),
  );
  const media = await life.start(
    'media',
    () => createMedia({ rtpengine, mixer, log: partLog }),
    (part) => part.stop(),
  );
  return { media, rtpengine };
}

/** Without one that answers no call could be taken. */
async function connectAnsweringRtpengine(addresses: readonly NgAddress[], log: Log): Promise<Rtpengine> {
  const rtpengine = connectRtpengine({ addresses, log });
  for (const deadline = performance.now() + RTPENGINE_DEADLINE_MS; !(await rtpengine.answers()); ) {
    if (performance.now() > deadline) {
      await rtpengine.stop();
      const tried = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
      throw new ConfigError(`no rtpengine answers at ${tried}: start one there, or mend ROOMLINE_RTPENGINE`);
    }
    await delay(RTPENGINE_RETRY_MS);
  }
  return rtpengine;
}
