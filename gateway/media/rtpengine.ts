import { RoomlineError } from '../errors.js';
import { EventBus } from '../events.js';
import type { Log } from '../log.js';
import type { NgAddress } from './rtpengine-ng.js';
import { RtpengineNode } from './rtpengine-node.js';
import { INTERFACES, RtpengineProcess, type RtpengineProcessOptions } from './rtpengine-process.js';

export type RtpengineEvents = {
  /** All calls of a node are gone. */
  lost: { node: RtpengineNode };
};

/** The rtpengines that anchor calls: the one started here, or running ones. */
export interface Rtpengine {
  readonly events: EventBus<RtpengineEvents>;
  readonly nodes: readonly RtpengineNode[];
  /**
   * The node for a new call: of those that answer, the one with the fewest calls.
   * @throws RoomlineError `unavailable` when none answers.
   */
  choose(): RtpengineNode;
  /** True when a node answers now. */
  answers(): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Uses running rtpengines.
 * @throws RoomlineError `invalid` for an IPv6 address, which the ng client cannot reach.
 */
export function connectRtpengine(options: {
  addresses: readonly NgAddress[];
  log: Log;
  /** rtpengine's names of the far and the mixer's side, where it has several interfaces. */
  interfaces?: readonly [string, string];
}): Rtpengine {
  const events = new EventBus<RtpengineEvents>();
  const nodes = options.addresses.map((address) => {
    if (address.host.includes(':')) {
      throw new RoomlineError('invalid', `ROOMLINE_RTPENGINE: ${address.host} is IPv6; give an IPv4 address or a name`);
    }
    return new RtpengineNode({
      address,
      log: options.log,
      interfaces: options.interfaces,
      onLost: (node) => events.emit('lost', { node }),
    });
  });
  return {
    events,
    nodes,
    choose() {
      const alive = nodes.filter((node) => node.alive).sort((a, b) => a.calls - b.calls)[0];
      if (alive !== undefined) return alive;
      throw new RoomlineError('unavailable', 'no rtpengine answers: calls have no media', {
        code: 'rtpengine-silent',
        retryAfterSeconds: 5,
      });
    },
    async answers() {
      return (await Promise.all(nodes.map((node) => node.check()))).includes(true);
    },
    async stop() {
      for (const node of nodes) node.stop();
    },
  };
}

/** Starts the installed rtpengine and uses it; it is ended by `stop`. */
export async function startRtpengine(options: RtpengineProcessOptions): Promise<Rtpengine> {
  const daemon = await RtpengineProcess.start(options);
  const rtpengine = connectRtpengine({ addresses: [daemon.address], log: options.log, interfaces: INTERFACES });
  daemon.events.on('died', () => {
    for (const node of rtpengine.nodes) node.died();
  });
  // It has not answered for too long, or it died, and then there is nothing left to kill.
  rtpengine.events.on('lost', () => daemon.kill());
  daemon.events.on('started', (address) => {
    for (const node of rtpengine.nodes) node.restarted(address);
  });
  return {
    ...rtpengine,
    async stop() {
      await rtpengine.stop();
      await daemon.stop();
    },
  };
}
