import { bracketed } from './bracketed.js';
import type { Config } from './config.js';
import { hintsFor } from './hints.js';
import { Life } from './life.js';
import { createLog, type Log } from './log.js';
import { type Base, startBase } from './roles/base.js';
import { requireFreePorts } from './roles/free-ports.js';
import { type PeerSide, startPeerSide } from './roles/peer-side.js';
import { startPublicApi } from './roles/public-api.js';
import { startRemoteRoomsSide } from './roles/remote-rooms-side.js';
import type { RoomsSide } from './roles/rooms-side.js';
import { startVoice, type Voice } from './roles/voice.js';
import { startVoiceHttp } from './roles/voice-http.js';
import { startWeb, type Web } from './roles/web.js';

export interface Gateway {
  readonly httpUrl: string;
  readonly httpPort: number;
  /** Where phones register and dial; undefined for a directory, which has no SIP. */
  readonly sip: { readonly host: string; readonly port: number } | undefined;
  /** What to tell a person who started it: where to go and whom to log in as. */
  readonly hints: readonly string[];
  /** What is held now: for tests that look for leaks. */
  counts(): Promise<GatewayCounts>;
  /** Ends every call, then everything that was started, in reverse. Idempotent. */
  stop(): Promise<void>;
}

export interface GatewayCounts {
  readonly legs: number;
  readonly rooms: number;
  readonly participants: number;
  readonly rtpengineCalls: number;
  readonly mixerPorts: number;
  readonly contactBindings: number;
}

const NO_VOICE = { legs: 0, rooms: 0, rtpengineCalls: 0, mixerPorts: 0 } as const;

/**
 * Builds the gateway and starts its parts in order; a part that fails takes those before it down again.
 * @throws ConfigError for what the configuration must mend, such as a port that is taken.
 */
export async function startGateway(config: Config, log: Log = logFor(config)): Promise<Gateway> {
  const life = new Life(log);
  let draining = false;
  try {
    await requireFreePorts(config);
    const base = await startBase({ config, log, life, isDraining: () => draining });
    const parts = await startRole(base);
    let stopping: Promise<void> | undefined;
    return {
      ...(await describe(base, parts)),
      counts: () => countAll(base, parts.voice),
      stop() {
        draining = true;
        stopping ??= drain(config, parts).then(() => life.stop());
        return stopping;
      },
    };
  } catch (error) {
    await life.stop();
    throw error;
  }
}

/** What runs in this process beside the base: a directory has no voice, a voice server no API. */
interface Parts {
  readonly voice: Voice | undefined;
  readonly peer: PeerSide | undefined;
  readonly web: Web;
}

async function startRole(base: Base): Promise<Parts> {
  const { role } = base.config;
  if (role === 'directory') {
    const api = await startPublicApi(base, await startRemoteRoomsSide(base));
    const web = await startWeb(base, { main: api.handler, peer: undefined }, undefined);
    return { voice: undefined, peer: undefined, web };
  }
  let standby = false;
  const voice = await startVoice(base, { standsBy: () => standby });
  const takesCalls = () => voice.ready() && !standby && !base.isDraining();
  const peer = await startPeerSide(base, {
    voice,
    takesCalls,
    setStandby(stands) {
      standby = stands;
    },
  });
  const main =
    role === 'voice'
      ? await startVoiceHttp(base, voice)
      : (await startPublicApi(base, localRoomsSide(base, voice, takesCalls))).handler;
  const web = await startWeb(base, { main, peer: peer.handler }, voice.sipUpgrade);
  await peer.announce(web);
  return { voice, peer, web };
}

/** The voice server of this process as its directory sees it: browsers reach it by the page's own origin. */
function localRoomsSide({ config }: Base, voice: Voice, takesCalls: () => boolean): RoomsSide {
  const { advertise, sip } = config;
  const self = [{ id: 'local', wsUrl: sip.wsUrl, sipHost: advertise, sipPort: voice.sipPort }];
  return { ...voice, voiceServersReady: () => (takesCalls() ? self : []) };
}

async function describe(
  base: Base,
  { voice, web }: Parts,
): Promise<Pick<Gateway, 'httpUrl' | 'httpPort' | 'sip' | 'hints'>> {
  const { config, directory, store, tls } = base;
  const { httpPort, httpUrl } = web;
  const sip = voice === undefined ? undefined : { host: bracketed(config.advertise), port: voice.sipPort };
  const hints = await hintsFor({ config, store, directory, httpUrl, sipPort: sip?.port, secure: tls !== undefined });
  return { httpUrl, httpPort, sip, hints };
}

/** Directories send nobody here any more before the calls that are here end. */
async function drain(config: Config, { voice, peer }: Parts): Promise<void> {
  await peer?.drain();
  await voice?.drain(config.shutdown.drainSeconds * 1000);
}

async function countAll({ roster, store }: Base, voice: Voice | undefined): Promise<GatewayCounts> {
  const held = (await voice?.counts()) ?? NO_VOICE;
  const contactBindings = (await store.contactBindings.all(new Date())).length;
  return { ...held, participants: roster.participantCount, contactBindings };
}

function logFor(config: Config): Log {
  const { level, format } = config.log;
  const forPeople = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  return createLog({ level, format: forPeople ? 'pretty' : 'json' });
}
