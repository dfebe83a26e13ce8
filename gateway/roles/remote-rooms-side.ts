import { peerKeyOf } from '../peer/peer-key.js';
import {
  createRemoteInviter,
  createRemoteLiveRooms,
  createRemoteOutsideCallCheck,
  createRemoteOwnPhones,
  relayAccessEvents,
} from '../peer/remote-rooms.js';
import { createRemoteVoiceServer } from '../peer/remote-voice-server.js';
import { VoiceServerLinks } from '../peer/voice-server-links.js';
import type { Base } from './base.js';
import type { RoomsSide } from './rooms-side.js';

/** The directory's side of voice servers that are other processes. */
export async function startRemoteRoomsSide(base: Base): Promise<RoomsSide> {
  const { accessEvents, config, life, roster, store } = base;
  const log = base.log.child({ part: 'peer' });
  const key = await peerKeyOf(config, store);
  const links = await life.start(
    'links to voice servers',
    async () => {
      const started = new VoiceServerLinks({
        registry: store.voiceServers,
        key,
        heartbeatMs: config.peer.heartbeatSeconds * 1000,
        url: config.peer.url,
        roster,
        accessEvents,
        log,
      });
      await started.look();
      return started;
    },
    (part) => part.close(),
  );
  await life.start(
    'relay of lost access',
    () => relayAccessEvents({ bus: accessEvents, links, log }),
    (stop) => stop(),
  );
  return {
    voiceServer: createRemoteVoiceServer(links),
    voiceServersReady: () => links.addresses(),
    liveRooms: createRemoteLiveRooms(links, roster),
    outsideCalls: createRemoteOutsideCallCheck(links),
    ownPhones: createRemoteOwnPhones(links),
    inviter: createRemoteInviter({ links, invitations: store.invitations, log }),
    // Without a voice server requests are answered 503, and the management of groups goes on.
    readiness: {},
  };
}
