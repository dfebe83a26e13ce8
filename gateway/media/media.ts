/**
 * The media of a leg: an anchor in rtpengine (NAT, ICE, DTLS-SRTP) and a port of the mixer behind it, opened,
 * renegotiated and closed together.
 */
import { RoomlineError } from '../errors.js';
import { EventBus } from '../events.js';
import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Playback, PlayOptions, Sound } from '../sound.js';
import { within } from '../within.js';
import { AnchoredLeg } from './anchored-leg.js';
import type { LegId, Mixer } from './mixer/mixer.js';
import type { Rtpengine } from './rtpengine.js';
import type { RtpengineNode } from './rtpengine-node.js';

export type MediaEvents = {
  talking: { leg: LegId; talking: boolean };
  digit: { leg: LegId; digit: string; durationMs: number };
  /** No RTP for the idle time, or RTP again. */
  idle: { leg: LegId; idle: boolean };
  /** The leg's anchor or mixer port is gone (a process died): the call must end. */
  lost: { leg: LegId };
};

export interface MediaLeg {
  readonly id: LegId;
  /** The SDP to answer the far end's offer with (or, where the offer is ours, to offer it). */
  readonly sdp: string;
  /** The far end has us on hold: it asked for `sendonly` or `inactive`. */
  readonly held: boolean;
  /** Answers a re-INVITE's offer: hold, resume, ICE restart, a new address. Returns the SDP of the 200. */
  renegotiate(offer: string): Promise<string>;
  /** The SDP to offer in a 200 to a re-INVITE that came without an offer: the session as it is, not held. */
  offerAgain(): string;
  /**
   * Takes the answer to our own offer: from the 200 of a call of ours, or the ACK of one that came without an offer.
   * @throws RoomlineError `not-acceptable` for one that answers something else.
   */
  acceptAnswer(answer: string): Promise<void>;
  setMuted(muted: boolean): void;
  /**
   * Plays to this leg alone, over what it hears of its room. One sound at a time: a new one takes the place of the one
   * before.
   */
  play(sound: Sound, options?: PlayOptions): Playback;
  /**
   * Puts a leg that was opened apart into a room; until then it hears and is heard by nobody. What is being played to
   * it goes on. A leg that could not enter may have no sound any more, and is to be closed.
   * @throws RoomlineError `unavailable` without rtpengine, or when the leg is closed meanwhile.
   */
  enter(room: RoomNumber): Promise<void>;
  /** Idempotent; resolves when rtpengine's call and the mixer's port are gone, or were already. */
  close(): Promise<void>;
}

/** What is called: a browser takes ICE and DTLS-SRTP alone, a phone is offered plain RTP. */
export type FarEnd = 'browser' | 'phone';

/** In no room yet: such as a caller who is asked for its number. */
export type Apart = null;

export interface Media {
  readonly events: EventBus<MediaEvents>;
  /**
   * Anchors a caller's offer and opens its mixer port.
   * @throws RoomlineError `not-acceptable` for an offer without usable audio, `unavailable` without rtpengine.
   */
  open(leg: LegId, room: RoomNumber | Apart, offer: string): Promise<MediaLeg>;
  /** The same for a call without an offer: our offer goes into the 200, the answer comes with the ACK. */
  openWithoutOffer(leg: LegId, room: RoomNumber | Apart): Promise<MediaLeg>;
  /** For a call of ours: `sdp` is our offer, dressed as what is called can take it. */
  openOutgoing(leg: LegId, room: RoomNumber | Apart, farEnd: FarEnd): Promise<MediaLeg>;
  /** Plays to all who are in a room now, those excepted; one sound after the other. Nothing where nobody is. */
  playInRoom(room: RoomNumber, sound: Sound, except?: readonly LegId[]): void;
  /** True when rtpengine and the mixer answer. */
  ready(): Promise<boolean>;
  /** Calls and ports held now: for metrics and for tests that look for leaks. */
  counts(): Promise<{ rtpengineCalls: number; mixerPorts: number }>;
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 1_000;

/** Neither the mixer nor rtpengine is stopped with it: they belong to whoever started them. */
export function createMedia(deps: { rtpengine: Rtpengine; mixer: Mixer; log: Log }): Media {
  const { rtpengine, mixer, log } = deps;
  const events = new EventBus<MediaEvents>((error) => log.error({ err: error }, 'a listener of media events threw'));
  const legs = new Map<LegId, AnchoredLeg>();
  const subscriptions = [
    ...forwardMixerEvents(mixer, legs, events),
    rtpengine.events.on('lost', ({ node }) => {
      for (const leg of [...legs.values()]) if (leg.node === node) lose(leg.id);
    }),
    mixer.events.on('lost', ({ legs: lost }) => lost.forEach(lose)),
  ];
  let stopped = false;

  function lose(id: LegId): void {
    if (legs.get(id)?.markLost() === true) events.emit('lost', { leg: id });
  }

  async function openLeg(
    id: LegId,
    room: RoomNumber | Apart,
    negotiate: (leg: AnchoredLeg) => Promise<void>,
  ): Promise<AnchoredLeg> {
    if (stopped) throw new RoomlineError('unavailable', 'media is stopping', { code: 'stopping' });
    if (legs.has(id)) throw new RoomlineError('conflict', `leg ${id} has media already`, { code: 'leg-exists' });
    const node: RtpengineNode = rtpengine.choose();
    const onClosed = () => void legs.delete(id);
    const leg = new AnchoredLeg({ id, room, node, mixer, log: log.child({ leg: id, room }), onClosed });
    legs.set(id, leg);
    try {
      await negotiate(leg);
      return leg;
    } catch (error) {
      await leg.close();
      throw error;
    }
  }

  return {
    events,
    open: (id, room, offer) => openLeg(id, room, (leg) => leg.openWithOffer(offer)),
    openWithoutOffer: (id, room) => openLeg(id, room, (leg) => leg.openWithOwnOffer('phone')),
    openOutgoing: (id, room, farEnd) => openLeg(id, room, (leg) => leg.openWithOwnOffer(farEnd)),
    playInRoom: (room, sound, except) => mixer.playInRoom(room, sound, except),
    async ready() {
      const [anchors, mixes] = await Promise.all([rtpengine.answers(), mixerAnswers(mixer)]);
      return !stopped && anchors && mixes;
    },
    async counts() {
      const alive = rtpengine.nodes.filter((node) => node.alive);
      const calls = await Promise.all(alive.map((node) => node.countCalls().catch(() => node.calls)));
      return {
        rtpengineCalls: calls.reduce((sum, count) => sum + count, 0),
        mixerPorts: (await mixer.stats()).legs.length,
      };
    },
    async stop() {
      stopped = true;
      await Promise.all([...legs.values()].map((leg) => leg.close()));
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };
}

function forwardMixerEvents(
  mixer: Mixer,
  legs: ReadonlyMap<LegId, unknown>,
  events: EventBus<MediaEvents>,
): (() => void)[] {
  return [
    mixer.events.on('talking', (event) => legs.has(event.leg) && events.emit('talking', event)),
    mixer.events.on('digit', (event) => legs.has(event.leg) && events.emit('digit', event)),
    mixer.events.on('idle', (event) => legs.has(event.leg) && events.emit('idle', event)),
  ];
}

async function mixerAnswers(mixer: Mixer): Promise<boolean> {
  const answer = mixer.stats().then(
    () => true,
    () => false,
  );
  return within(READY_DEADLINE_MS, answer, false);
}
