import type { RequestListener } from 'node:http';
import { isLoopback } from '../config.js';
import { startHeartbeats } from '../peer/heartbeats.js';
import { peerKeyOf } from '../peer/peer-key.js';
import { createPeerServer } from '../peer/peer-server.js';
import type { Base } from './base.js';
import type { Voice } from './voice.js';

/** How directories in other processes reach the voice server of this one, and know of it. */
export interface PeerSide {
  /** For requests whose path begins with `/peer/`. */
  readonly handler: RequestListener;
  /** Says that the voice server is there, and stands by where another takes the calls. */
  announce(address: { httpUrl: string; wsUrl: string }): Promise<void>;
  /** Says that it takes no new calls. */
  drain(): Promise<void>;
}

export interface PeerSideOptions {
  readonly voice: Voice;
  /** Whether the voice server takes calls now. */
  takesCalls(): boolean;
  /** Tells the one who asks `takesCalls` that another voice server takes the calls, or does no more. */
  setStandby(standby: boolean): void;
}

export async function startPeerSide(base: Base, options: PeerSideOptions): Promise<PeerSide> {
  const { accessEvents, config, life, roster, store } = base;
  const { voice } = options;
  const log = base.log.child({ part: 'peer' });
  const heartbeatMs = config.peer.heartbeatSeconds * 1000;
  const sipHost = config.advertise;
  let wsUrl: string | null = config.sip.wsUrl;
  let drain: () => Promise<void> = async () => {};

  const server = await life.start(
    'peer server',
    async () =>
      createPeerServer({
        key: await peerKeyOf(config, store),
        // Without a configured key only those who read the database on this very machine know it.
        fromHereOnly: config.peer.key === null && !isLoopback(config.host),
        log,
        users: store.users,
        voiceServer: voice.voiceServer,
        liveRooms: voice.liveRooms,
        inviter: voice.inviter,
        outsideCalls: voice.outsideCalls,
        ownPhones: voice.ownPhones,
        invitations: store.invitations,
        roster,
        accessEvents,
        beatMs: heartbeatMs,
        about: () => ({ wsUrl, sipHost, sipPort: voice.sipPort, takesCalls: options.takesCalls() }),
      }),
    (part) => part.close(),
  );

  return {
    handler: server.handler,
    async announce(address) {
      wsUrl = config.sip.wsUrl ?? address.wsUrl;
      const heartbeats = await life.start(
        'heartbeats',
        () =>
          startHeartbeats({
            id: voice.id,
            registry: store.voiceServers,
            url: (config.role === 'voice' ? config.peer.url : null) ?? address.httpUrl,
            heartbeatMs,
            standsBy: config.role === 'voice',
            log,
            changed(standby) {
              options.setStandby(standby);
              server.tellState();
            },
          }),
        (part) => part.stop(),
      );
      drain = () => heartbeats.drain();
    },
    async drain() {
      server.tellState();
      await drain();
    },
  };
}
