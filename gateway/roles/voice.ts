import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { temporaryRoomLimits } from '../config.js';
import { startRoomKeeper } from '../rooms/room-keeper.js';
import { createVoiceServer } from '../rooms/voice-server.js';
import { startSipApplication } from '../sip/sip-application.js';
import type { Base } from './base.js';
import { startMedia } from './media.js';
import type { RoomsSide } from './rooms-side.js';
import { startSipEngine } from './sip-engine.js';

/** The voice server in this process: rooms, SIP and media. */
export interface Voice extends Omit<RoomsSide, 'voiceServersReady'> {
  readonly sipPort: number;
  /** Takes the SIP WebSocket; undefined where a drachtio-server has its own. */
  readonly sipUpgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  /** True while calls can be taken: the engine is linked, an rtpengine answers, nothing is being drained. */
  ready(): boolean;
  counts(): Promise<VoiceCounts>;
  /** Ends every call; resolves when they are gone or `deadlineMs` is over. */
  drain(deadlineMs: number): Promise<void>;
}

export interface VoiceCounts {
  readonly legs: number;
  readonly rooms: number;
  readonly rtpengineCalls: number;
  readonly mixerPorts: number;
}

export async function startVoice(base: Base, options: { standsBy(): boolean }): Promise<Voice> {
  const { accessEvents, config, life, log, roster, store } = base;
  const { media, rtpengine } = await startMedia(base);
  const engine = await startSipEngine(base);
  const sip = await life.start(
    'sip application',
    () =>
      startSipApplication({
        config,
        drachtio: engine.drachtio,
        rooms: store.rooms,
        access: accessEvents,
        invitations: store.invitations,
        users: store.users,
        sipAccounts: store.sipAccounts,
        credentials: base.credentials,
        contacts: store.contactBindings,
        roster,
        media,
        log: log.child({ part: 'sip' }),
        standsBy: options.standsBy,
      }),
    (part) => part.stop(),
  );
  const limits = temporaryRoomLimits(config.rooms);
  const keeperLog = log.child({ part: 'rooms' });
  await life.start(
    'room keeper',
    () =>
      startRoomKeeper({
        store: store.roomKeeping,
        roster,
        events: accessEvents,
        limits,
        onError: (error) => keeperLog.error({ err: error }, 'could not end rooms that are over'),
      }),
    (part) => part.stop(),
  );

  return {
    voiceServer: createVoiceServer({
      store: store.voiceServer,
      temporaryNumbers: config.rooms.temporaryNumbers,
      exclusiveNumbers: config.rooms.exclusiveNumbers,
      limits,
    }),
    liveRooms: sip.liveRooms,
    inviter: sip.inviter,
    readiness: { engine: async () => sip.ready(), rtpengine: () => rtpengine.answers() },
    sipPort: engine.sipPort,
    sipUpgrade: engine.handleUpgrade,
    ready: () => sip.ready() && rtpengine.nodes.some((node) => node.alive),
    counts: async () => ({ ...sip.counts(), ...(await media.counts()) }),
    drain: (deadlineMs) => sip.drain(deadlineMs),
  };
}
