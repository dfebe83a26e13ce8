import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { temporaryRoomLimits } from '../config.js';
import { createSpeaker, speakerSettings } from '../ivr/create-speaker.js';
import type { Media } from '../media/media.js';
import { BEATS_MISSED, createVoiceServerId } from '../peer/heartbeats.js';
import { startRoomKeeper } from '../rooms/room-keeper.js';
import { createVoiceServer } from '../rooms/voice-server.js';
import { type SipApplication, startSipApplication } from '../sip/sip-application.js';
import type { TakeUp } from '../sip/take-up.js';
import type { Base } from './base.js';
import { tallyInvitations } from './invitation-tally.js';
import { createIvr, type Ivr } from './ivr.js';
import { startMedia } from './media.js';
import type { RoomsSide } from './rooms-side.js';
import { type SipEngine, startSipEngine } from './sip-engine.js';
import { createTrunks, type Trunks } from './trunks.js';

/** The voice server in this process: rooms, SIP and media. */
export interface Voice extends Omit<RoomsSide, 'voiceServersReady'> {
  /** What the voice server calls itself in its heartbeats. */
  readonly id: string;
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
  const { config, life, log, roster, store } = base;
  const { media, rtpengine } = await startMedia(base);
  const engine = await startSipEngine(base);
  const id = createVoiceServerId();
  const speaker = await life.start(
    'speaker',
    () => createSpeaker({ ...speakerSettings(config), log: log.child({ part: 'speaker' }) }),
    (part) => part.stop(),
  );
  await store.spokenLanguages.replace(speaker.languages);
  const ivr = createIvr(base, speaker);
  const trunks = await createTrunks(base);
  const sip = await startSip(base, { id, media, engine, ivr, trunks, standsBy: options.standsBy });
  const active = () => !options.standsBy();
  await trunks.startRegistrations({ requests: sip.requests, sipPort: engine.sipPort, active });
  await ivr.startInRooms({ liveRooms: sip.liveRooms, voice: sip.roomVoice });
  const limits = temporaryRoomLimits(config.rooms);
  await startKeeper(base, limits);

  return {
    id,
    voiceServer: createVoiceServer({
      store: store.voiceServer,
      temporaryNumbers: config.rooms.temporaryNumbers,
      exclusiveNumbers: config.rooms.exclusiveNumbers,
      limits,
    }),
    liveRooms: sip.liveRooms,
    inviter: sip.inviter,
    outsideCalls: trunks.outsideCallCheck,
    ownPhones: sip.ownPhones,
    readiness: { engine: async () => sip.ready(), rtpengine: () => rtpengine.answers() },
    sipPort: engine.sipPort,
    sipUpgrade: engine.handleUpgrade,
    ready: () => sip.ready() && rtpengine.nodes.some((node) => node.alive),
    counts: async () => ({ ...sip.counts(), ...(await media.counts()) }),
    tallies: [...trunks.tallies, ...ivr.tallies, tallyInvitations(roster)],
    drain: (deadlineMs) => sip.drain(deadlineMs),
  };
}

/** What the SIP application works with, beside what every role stands on. */
interface SipParts {
  /** What the voice server calls itself. */
  readonly id: string;
  readonly media: Media;
  readonly engine: SipEngine;
  readonly ivr: Ivr;
  readonly trunks: Trunks;
  standsBy(): boolean;
}

function startSip(base: Base, { id, media, engine, ivr, trunks, standsBy }: SipParts): Promise<SipApplication> {
  const { accessEvents, config, life, log, roster, store } = base;
  return life.start(
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
        confirm: ivr.confirm,
        lobby: ivr.lobby,
        outsideLine: trunks.outsideLine,
        identifyTrunk: trunks.identifyTrunk,
        challenges: trunks.challenges,
        log: log.child({ part: 'sip' }),
        standsBy,
        whichInvitationsToTakeUp: () => whichToTakeUp(base, id),
      }),
    (part) => part.stop(),
  );
}

async function startKeeper(
  { accessEvents, life, log: rootLog, roster, store }: Base,
  limits: ReturnType<typeof temporaryRoomLimits>,
): Promise<void> {
  const log = rootLog.child({ part: 'rooms' });
  await life.start(
    'room keeper',
    () =>
      startRoomKeeper({
        store: store.roomKeeping,
        roster,
        events: accessEvents,
        limits,
        onError: (error) => log.error({ err: error }, 'could not end rooms that are over'),
      }),
    (part) => part.stop(),
  );
}

/**
 * Invitations are seen to by the voice server that takes the calls: of several that stand by for each other the one
 * that started first. Others that take calls beside this one see to theirs.
 */
async function whichToTakeUp({ config, store }: Base, id: string): Promise<TakeUp> {
  const since = new Date(Date.now() - BEATS_MISSED * config.peer.heartbeatSeconds * 1000);
  const others = (await store.voiceServers.ready(since)).filter((other) => other.id !== id);
  if (config.role === 'voice') return others.some((other) => other.id < id) ? 'none' : 'all';
  return others.length === 0 ? 'all' : 'abandoned';
}
