/**
 * The media of a leg: an anchor in rtpengine (NAT, ICE, DTLS-SRTP) and a port of the mixer behind it, opened,
 * renegotiated and closed together.
 */
import type { EventBus } from '../events.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LegId } from './mixer/mixer.js';

export type MediaEvents = {
  talking: { leg: LegId; talking: boolean };
  digit: { leg: LegId; digit: string; durationMs: number };
  /** No RTP for the idle time, or RTP again. */
  idle: { leg: LegId; idle: boolean };
  /** The leg's anchor or mixer port is gone (a process died): the call must end. */
  lost: { leg: LegId };
};

/** Which way audio flows, seen from us, after an offer was answered. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface MediaLeg {
  readonly id: LegId;
  /** The SDP to answer the far end's offer with (or, after `openWithoutOffer`, to offer it). */
  readonly sdp: string;
  /** The far end has us on hold: it asked for `sendonly` or `inactive`. */
  readonly held: boolean;
  /** Answers a re-INVITE's offer: hold, resume, ICE restart, a new address. Returns the SDP of the 200. */
  renegotiate(offer: string): Promise<string>;
  /** Takes the answer to our own offer, from the ACK of a call that came without one. */
  acceptAnswer(answer: string): Promise<void>;
  setMuted(muted: boolean): void;
  /** Idempotent; resolves when rtpengine's call and the mixer's port are gone, or were already. */
  close(): Promise<void>;
}

export interface Media {
  readonly events: EventBus<MediaEvents>;
  /**
   * Anchors a caller's offer and opens its mixer port.
   * @throws RoomlineError `not-acceptable` for an offer without usable audio, `unavailable` without rtpengine.
   */
  open(leg: LegId, room: RoomNumber, offer: string): Promise<MediaLeg>;
  /** The same for a call without an offer: our offer goes into the 200, the answer comes with the ACK. */
  openWithoutOffer(leg: LegId, room: RoomNumber): Promise<MediaLeg>;
  /** True when rtpengine and the mixer answer. */
  ready(): Promise<boolean>;
  /** Calls and ports held now: for metrics and for tests that look for leaks. */
  counts(): Promise<{ rtpengineCalls: number; mixerPorts: number }>;
  stop(): Promise<void>;
}
