/**
 * The mixer's handle: starts the worker threads, gives each room to one of them, opens and closes the ports of
 * legs and passes on what the workers notice. The audio itself never leaves the workers.
 */
import type { EventBus } from '../../events.js';

export type LegId = string;

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
  /** Opens a port for a leg in a room; it sends and accepts nothing before `connect`. */
  open(room: string, leg: LegId): Promise<UdpAddress>;
  /** Says where the leg's anchor is and how its audio is coded; again after a re-INVITE. Only the anchor is heard. */
  connect(leg: LegId, anchor: UdpAddress, format: AudioFormat): Promise<void>;
  /** A muted leg hears the room and is not heard; it says no `talking`. */
  setMuted(leg: LegId, muted: boolean): void;
  /** A held leg is neither heard (its music on hold stays out) nor counted as idle; it is still sent the mix. */
  setHeld(leg: LegId, held: boolean): void;
  close(leg: LegId): Promise<void>;
  stats(): Promise<{ legs: MixerLegStats[]; rooms: number }>;
  stop(): Promise<void>;
}

export declare function startMixer(options: MixerOptions): Promise<Mixer>;
