import { ArrivalStatistics } from './arrival-statistics.js';
import { Concealment, HISTORY_SAMPLES } from './concealment.js';
import { DelayAdaptation } from './delay-adaptation.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import type { Instant } from './instant.js';
import { PlayoutDelay } from './playout-delay.js';
import type { RtpHeader } from './rtp.js';
import { RING_SAMPLES, SampleRing } from './sample-ring.js';
import { SenderTimeline } from './sender-timeline.js';

/** The first packet waits at least this long for its tick, so that the next is not late at once. */
const START_MARGIN = 2.5 * SAMPLES_PER_MS;
/** Timestamps that leap ahead of the time that passed by more than this are a new count. */
const LEAP_SAMPLES = 100 * SAMPLES_PER_MS;
/** So late a packet cannot be waited for; when all are, it is the timestamps that stood still. */
const HOPELESS_SAMPLES = 400 * SAMPLES_PER_MS;
const HOPELESS_PACKETS = 3;
const TOGETHER_MS = 5;
/** With less delay to spare than this, packets are about to be missed. */
const URGENT_MARGIN = SAMPLES_PER_MS / 2;
/** Cross-fade from concealment to what arrived. */
const RESUME_SAMPLES = 48;

/**
 * Takes packets as the network brings them and gives a frame at each tick. The delay says how far, in samples,
 * playing runs behind the clock that began when the sender's first packet arrived.
 *
 * empty -> starting -> playing; a new SSRC and timestamps that leap go back to starting.
 */
export class JitterBuffer {
  /** Frames that had to be filled, in part or whole, while the sender was talking. */
  framesConcealed = 0;
  readonly #ring = new SampleRing();
  readonly #timeline = new SenderTimeline();
  readonly #history = new Int16Array(HISTORY_SAMPLES);
  readonly #statistics = new ArrivalStatistics();
  readonly #playoutDelay = new PlayoutDelay();
  readonly #concealment = new Concealment();
  readonly #adaptation = new DelayAdaptation();
  #state: 'empty' | 'starting' | 'playing' = 'empty';
  #packetSamples = 0;
  /** The position the next frame begins at. */
  #playAt = 0;
  #delay = 0;
  #inGap = true;
  /** Samples the delay grew by in this gap, to wait for what may only be late. */
  #lingered = 0;
  #hopeless = 0;
  #hopelessMs = Number.NEGATIVE_INFINITY;

  /** How long a packet that is on time waits, in ms. */
  get delayMs(): number {
    if (this.#state !== 'playing') return 0;
    return Math.max(0, this.#delay - this.#statistics.earliest) / SAMPLES_PER_MS;
  }

  /** Forgets the sender: whatever comes next is another. */
  reset(): void {
    this.#state = 'empty';
    this.#inGap = true;
    this.#concealment.stop();
  }

  /**
   * Takes a packet's audio. With `arrivalKnown` false (it may have waited in a socket while we were held up) it is
   * played, but says nothing about the network.
   */
  write(packet: Uint8Array, header: RtpHeader, decode: Int16Array, arrived: Instant, arrivalKnown: boolean): void {
    const length = header.payloadEnd - header.payloadStart;
    if (length === 0 || length > RING_SAMPLES / 4) return;
    if (this.#state === 'empty' || header.ssrc !== this.#timeline.ssrc) this.#start(header, arrived);
    else if (this.#timeline.isDuplicate(header.sequence)) return;
    let position = this.#timeline.positionOf(header.timestamp);
    let lateness = this.#timeline.lateness(position, arrived);
    if (this.#isNewCount(position, length, lateness, arrived)) {
      this.#start(header, arrived);
      position = 0;
      lateness = 0;
    }
    this.#timeline.take(header, position);
    if (length !== this.#packetSamples) {
      this.#packetSamples = length;
      this.#playoutDelay.setPacketSamples(length);
    }
    if (arrivalKnown) this.#statistics.add(lateness, arrived);
    this.#ring.write(packet, header.payloadStart, length, decode, position, this.#playAt);
  }

  /** Fills `out` with the next frame, for the tick due then; false when there is nothing to hear. */
  read(out: Int16Array, tick: Instant): boolean {
    if (this.#state === 'empty') return false;
    this.#delay = this.#timeline.samplesAt(tick) - this.#playAt;
    if (this.#state === 'starting') {
      if (this.#delay < START_MARGIN) return this.#continueGap(out);
      this.#state = 'playing';
    }
    const misfit = this.#playAt - this.#timeline.lastPosition;
    const lacking = (this.#playoutDelay.target(this.#statistics, this.#delay, misfit) - this.#delay) | 0;
    if (this.#inGap && this.#concealment.faded && this.#ring.writtenTo <= this.#playAt) {
      // Nobody hears the delay change while nothing is played.
      this.#playAt += FRAME_SAMPLES - lacking;
      return false;
    }
    this.#play(out, lacking);
    return true;
  }

  /** Skips what would have been read in ticks that never ran. */
  skip(frames: number): void {
    if (this.#state === 'playing') this.#advance(frames * FRAME_SAMPLES);
  }

  #start(header: RtpHeader, arrived: Instant): void {
    this.#state = 'starting';
    this.#timeline.start(header, arrived);
    this.#ring.reset();
    this.#statistics.reset();
    this.#playoutDelay.reset();
    this.#adaptation.reset();
    this.#packetSamples = 0;
    this.#playAt = 0;
    this.#hopeless = 0;
    this.#lingered = 0;
    if (!this.#inGap) this.#concealment.begin(this.#history);
    this.#inGap = true;
  }

  /** Timestamps that leapt ahead, or that stood still while the sender was silent. */
  #isNewCount(position: number, length: number, lateness: number, arrived: Instant): boolean {
    const earlier = this.#statistics.earliest - lateness;
    if (earlier > LEAP_SAMPLES && position > this.#ring.writtenTo + LEAP_SAMPLES) return true;
    if (position + length > this.#playAt + RING_SAMPLES - FRAME_SAMPLES) return true;
    if (-earlier <= HOPELESS_SAMPLES || position + length > this.#playAt) {
      this.#hopeless = 0;
      return false;
    }
    // A burst after a stall is late too, but comes at once, and its last packet is on time.
    if (arrived.ms - this.#hopelessMs < TOGETHER_MS) return false;
    this.#hopelessMs = arrived.ms;
    return ++this.#hopeless >= HOPELESS_PACKETS;
  }

  #play(out: Int16Array, lacking: number): void {
    const skipped = this.#inGap && lacking < 0 ? this.#skipHole(-lacking) : 0;
    const missing = this.#ring.copy(this.#playAt, FRAME_SAMPLES, out, 0);
    if (missing > 0 || this.#inGap) {
      if (missing > 0 && !(this.#inGap && this.#concealment.faded)) this.framesConcealed++;
      this.#fillGaps(out);
      this.#advance(FRAME_SAMPLES - (this.#inGap ? this.#linger(lacking + skipped) : 0));
      return;
    }
    this.#lingered = 0;
    const urgent = this.#delay < this.#statistics.latest + URGENT_MARGIN;
    const extra = this.#adaptation.adapt(out, this.#history, this.#ring, this.#playAt, lacking, urgent);
    this.#push(out, 0, FRAME_SAMPLES);
    if (this.#adaptation.cut) {
      this.#concealment.begin(this.#history);
      this.#inGap = true;
    }
    this.#advance(FRAME_SAMPLES + extra);
  }

  /**
   * How much less than a frame to move on while concealing: the delay grows by it, unheard. Where the delay is long
   * enough, and all that came is played, the next packet may be lost or only late: one frame's worth is waited for
   * it, and left out again if it was lost (`#skipHole`) or, bit by bit, if it was late.
   */
  #linger(lacking: number): number {
    const lengthened = lacking > 0 ? this.#concealment.wholePeriods(lacking, FRAME_SAMPLES) : 0;
    if (lengthened > 0) return lengthened;
    if (this.#lingered > 0 || this.#ring.writtenTo > this.#playAt + FRAME_SAMPLES) return 0;
    this.#lingered = this.#concealment.wholePeriods(FRAME_SAMPLES, FRAME_SAMPLES);
    return this.#lingered;
  }

  /** Moves past what is missing, when what follows is there and that costs no more than the excess delay. */
  #skipHole(excess: number): number {
    if (this.#ring.has(this.#playAt)) return 0;
    const hole = this.#ring.run(this.#playAt, excess + 1);
    if (hole > excess) return 0;
    const skipped = this.#concealment.wholePeriods(hole, hole);
    this.#advance(skipped);
    return skipped;
  }

  /** Conceals what is missing and fades into what is there. */
  #fillGaps(out: Int16Array): void {
    let pushed = 0;
    for (let from = 0; from < FRAME_SAMPLES; ) {
      const position = this.#playAt + from;
      const to = from + this.#ring.run(position, FRAME_SAMPLES - from);
      if (!this.#ring.has(position)) {
        if (!this.#inGap) {
          pushed = this.#push(out, pushed, from);
          this.#concealment.begin(this.#history);
        }
        this.#concealment.fill(out, from, to);
        this.#inGap = true;
      } else if (this.#inGap) {
        this.#concealment.fadeInto(out, from, Math.min(to, from + RESUME_SAMPLES));
        this.#inGap = false;
      }
      from = to;
    }
    this.#push(out, pushed, FRAME_SAMPLES);
  }

  #continueGap(out: Int16Array): boolean {
    if (this.#concealment.faded) return false;
    this.#concealment.fill(out, 0, FRAME_SAMPLES);
    this.#push(out, 0, FRAME_SAMPLES);
    return true;
  }

  /** Appends what was played, `out[from .. to)`, to the history; returns `to`. */
  #push(out: Int16Array, from: number, to: number): number {
    const kept = HISTORY_SAMPLES - (to - from);
    this.#history.copyWithin(0, to - from);
    for (let i = from; i < to; i++) this.#history[kept + i - from] = out[i] as number;
    return to;
  }

  /** Moves on; what lies behind makes room. */
  #advance(samples: number): void {
    this.#ring.clear(this.#playAt, samples);
    this.#playAt += samples;
  }
}
