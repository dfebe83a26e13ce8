/**
 * The mixer's handle: starts the worker threads, gives each room to one of them, opens and closes the ports of
 * legs and passes on what the workers notice. The audio itself never leaves the workers.
 */
import type { EventBus } from '../../events.js';
import type { Playback, PlayOptions, Sound } from '../../sound.js';
import { MixerThreads } from './mixer-threads.js';

export type LegId = string;

/** Linear PCM at 8000 Hz, shared by all threads. */
export type Samples = Sound['samples'];

/** How a leg's audio is coded; payload types as in the SDP. 8000 Hz, mono, 20 ms. */
export interface AudioFormat {
  codec: 'PCMU' | 'PCMA';
  /** 0 for PCMU, 8 for PCMA. */
  payloadType: number;
  /** RFC 4733 telephone-event at 8000 Hz; absent when the far end does not send it. */
  telephoneEventPayloadType?: number;
}

export interface UdpAddress {
  address: string;
  port: number;
}

export type MixerEvents = {
  /** Voice activity began or ended. */
  talking: { leg: LegId; talking: boolean };
  /** A whole RFC 4733 digit: 0-9, *, #, A-D. */
  digit: { leg: LegId; digit: string; durationMs: number };
  /** No RTP arrived for the idle time (said once until RTP arrives again), or it arrived again. */
  idle: { leg: LegId; idle: boolean };
  /** A worker died; its legs have no audio any more. */
  lost: { legs: LegId[] };
};

export interface MixerLegStats {
  leg: LegId;
  packetsReceived: number;
  packetsSent: number;
  /** Frames replaced by concealment. */
  framesConcealed: number;
  /** Current depth of the jitter buffer, in ms. */
  jitterBufferMs: number;
}

export interface MixerOptions {
  /** Worker threads. */
  threads: number;
  /** Address the ports listen on: loopback. */
  host: string;
  /** After how long without RTP `idle` is said, in ms. */
  rtpIdleMs: number;
  onError(error: Error): void;
}

export interface Mixer {
  readonly events: EventBus<MixerEvents>;
  /**
   * Opens a port for a leg in a room, or in none; it sends and accepts nothing before `connect`. In no room it hears
   * what is played to it and is heard by nobody, and it is not said to talk.
   */
  open(room: string | null, leg: LegId): Promise<UdpAddress>;
  /** Says where the leg's anchor is and how its audio is coded; again after a re-INVITE. Only the anchor is heard. */
  connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void>;
  /**
   * Takes a leg that is in no room into one. Resolves to its new address when the room is on another thread: the old
   * port is closed then, and the new one goes on where it stopped, as soon as it is connected.
   */
  enter(leg: LegId, room: string): Promise<UdpAddress | undefined>;
  /**
   * Plays to a leg alone, over what it hears, from the next frame on, in place of what was played before. It waits
   * for a port that is not connected.
   */
  play(leg: LegId, sound: Sound, options?: PlayOptions): Playback;
  /** Plays to all who are in a room, but for some, once what is being played there is over. */
  playInRoom(room: string, sound: Sound, except?: readonly LegId[]): void;
  /** A muted leg hears the room and is not heard; it says no `talking`. */
  setMuted(leg: LegId, muted: boolean): void;
  /** A held leg is neither heard (its music on hold stays out) nor counted as idle; it is still sent the mix. */
  setHeld(leg: LegId, held: boolean): void;
  close(leg: LegId): Promise<void>;
  stats(): Promise<{ legs: MixerLegStats[]; rooms: number }>;
  stop(): Promise<void>;
}

const WORKER = new URL('./worker.js', import.meta.url);

/**
 * Starts the mixer's threads.
 * @throws RoomlineError `unavailable` when one cannot be started.
 */
export async function startMixer(options: MixerOptions, workerEntry: URL = WORKER): Promise<Mixer> {
  const threads = new MixerThreads(options, workerEntry);
  try {
    await threads.ready();
  } catch (error) {
    await threads.stop();
    throw error;
  }
  return threads;
}
