import { ArrivalStatistics } from './arrival-statistics.js';
import { Concealment, HISTORY_SAMPLES } from './concealment.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import { PlayoutDelay } from './playout-delay.js';
import type { RtpHeader } from './rtp.js';
import { AHEAD_SAMPLES, BEHIND_SAMPLES, TimeStretch } from './time-stretch.js';

/** Room for a second of sound; a power of two. */
const RING_SAMPLES = 8192;
const RING_MASK = RING_SAMPLES - 1;
/** The first packet waits at least this long for its tick, so that the next is not late at once. */
const START_MARGIN = 2.5 * SAMPLES_PER_MS;
/** Timestamps that leap ahead of the time that passed by more than this are a new count. */
const LEAP_SAMPLES = 100 * SAMPLES_PER_MS;
/** So late a packet cannot be waited for; when all are, it is the timestamps that stood still. */
const HOPELESS_SAMPLES = 400 * SAMPLES_PER_MS;
const HOPELESS_PACKETS = 3;
const TOGETHER_MS = 5;
/** Delays this near the target are left alone. */
const TOLERANCE = 4;
/** Cross-fade from concealment to what arrived. */
const RESUME_SAMPLES = 48;
/** Below this peak (-50 dBFS) sound may be cut and repeated anywhere. */
const QUIET_PEAK = 100;
/** Frames between two stretches that are not urgent, and how long the demand for likeness takes to fall. */
const STRETCH_EVERY = 10;
const STRETCH_PATIENCE = 100;
const LENGTHEN_PATIENCE = 10;
/** This much too late for a second is cut off, heard or not. */
const INTOLERABLE_SAMPLES = 200 * SAMPLES_PER_MS;
const INTOLERABLE_FRAMES = 50;
const SEQUENCES_REMEMBERED = 64;

/**
 * Takes packets as the network brings them and gives a frame at each tick. Positions are timestamps without their
 * wrap, counted from the first packet; the delay says how far, in samples, playing runs behind the clock that
 * began when the first packet arrived.
 *
 * starting -> playing; a new SSRC and timestamps that leap go back to starting.
 */
export class JitterBuffer {
  /** Frames that had to be filled, in part or whole, while the sender was talking. */
  framesConcealed = 0;
  readonly #samples = new Int16Array(RING_SAMPLES);
  readonly #present = new Uint8Array(RING_SAMPLES);
  readonly #history = new Int16Array(HISTORY_SAMPLES);
  readonly #sequences = new Int32Array(SEQUENCES_REMEMBERED).fill(-1);
  readonly #statistics = new ArrivalStatistics();
  readonly #playoutDelay = new PlayoutDelay();
  readonly #concealment = new Concealment();
  readonly #stretch = new TimeStretch();
  #state: 'empty' | 'starting' | 'playing' = 'empty';
  #ssrc = 0;
  #originMs = 0;
  #packetSamples = 0;
  /** The last packet taken: its timestamp and its position. */
  #lastTimestamp = 0;
  #lastPosition = 0;
  #writtenTo = 0;
  #playAt = 0;
  #delay = 0;
  #inGap = true;
  #hopeless = 0;
  #hopelessMs = Number.NEGATIVE_INFINITY;
  #untilShorten = 0;
  #untilLengthen = 0;
  #lingered = 0;
  #waitingToShorten = 0;
  #waitingToLengthen = 0;
  #intolerable = 0;

  /** How long a packet that is on time waits, in ms. */
  get delayMs(): number {
    if (this.#state !== 'playing') return 0;
    return Math.max(0, this.#delay - this.#statistics.earliest) / SAMPLES_PER_MS;
  }

  /** Forgets everything, as for a new sender. */
  reset(): void {
    this.#state = 'empty';
  }

  /**
   * Takes a packet's audio. With `arrivalKnown` false (it may have waited in a socket while we were held up) it is
   * played, but says nothing about the network.
   */
  write(packet: Uint8Array, header: RtpHeader, decode: Int16Array, arrivedMs: number, arrivalKnown: boolean): void {
    const length = header.payloadEnd - header.payloadStart;
    if (length === 0 || length > RING_SAMPLES / 4) return;
    if (this.#state === 'empty' || header.ssrc !== this.#ssrc) this.#start(header, arrivedMs);
    else if (this.#isDuplicate(header.sequence)) return;
    let position = this.#positionOf(header.timestamp);
    let lateness = this.#lateness(position, arrivedMs);
    if (this.#isNewCount(position, length, lateness, arrivedMs)) {
      this.#start(header, arrivedMs);
      position = 0;
      lateness = 0;
    }
    this.#remember(header, position, length);
    if (arrivalKnown) this.#statistics.add(lateness, arrivedMs);
    this.#store(packet, header.payloadStart, length, decode, position);
  }

  /** Fills `out` with the next frame, for the tick due then; false when there is nothing to hear. */
  read(out: Int16Array, tickMs: number): boolean {
    if (this.#state === 'empty') return false;
    this.#delay = (tickMs - this.#originMs) * SAMPLES_PER_MS - this.#playAt;
    if (this.#state === 'starting') {
      if (this.#delay >= START_MARGIN) this.#state = 'playing';
      else return this.#continueGap(out);
    }
    const target = this.#playoutDelay.target(this.#statistics, this.#delay, this.#playAt - this.#lastPosition);
    const lacking = Math.round(target - this.#delay);
    if (this.#inGap && this.#concealment.faded && this.#writtenTo <= this.#playAt) {
      this.#playAt += FRAME_SAMPLES - lacking;
      return false;
    }
    this.#readFrame(out, lacking);
    return true;
  }

  /** Skips what would have been read in ticks that never ran. */
  skip(frames: number): void {
    if (this.#state === 'playing') this.#advance(frames * FRAME_SAMPLES);
  }

  #start(header: RtpHeader, arrivedMs: number): void {
    this.#state = 'starting';
    this.#ssrc = header.ssrc;
    this.#originMs = arrivedMs;
    this.#lastTimestamp = header.timestamp;
    this.#lastPosition = 0;
    this.#writtenTo = 0;
    this.#playAt = 0;
    this.#hopeless = 0;
    this.#intolerable = 0;
    this.#present.fill(0);
    this.#sequences.fill(-1);
    this.#sequences[header.sequence % SEQUENCES_REMEMBERED] = header.sequence;
    this.#statistics.reset();
    this.#playoutDelay.reset();
    this.#packetSamples = 0;
    if (!this.#inGap) this.#concealment.begin(this.#history);
    this.#inGap = true;
  }

  #isDuplicate(sequence: number): boolean {
    const slot = sequence % SEQUENCES_REMEMBERED;
    const duplicate = this.#sequences[slot] === sequence;
    this.#sequences[slot] = sequence;
    return duplicate;
  }

  #positionOf(timestamp: number): number {
    return this.#lastPosition + ((timestamp - this.#lastTimestamp) | 0);
  }

  #lateness(position: number, arrivedMs: number): number {
    return Math.round((arrivedMs - this.#originMs) * SAMPLES_PER_MS) - position;
  }

  /** Timestamps that leapt ahead, or that stood still while the sender was silent. */
  #isNewCount(position: number, length: number, lateness: number, arrivedMs: number): boolean {
    const earlier = this.#statistics.earliest - lateness;
    if (earlier > LEAP_SAMPLES && position > this.#writtenTo + LEAP_SAMPLES) return true;
    if (position + length > this.#playAt + RING_SAMPLES - FRAME_SAMPLES) return true;
    if (-earlier <= HOPELESS_SAMPLES || position + length > this.#playAt) {
      this.#hopeless = 0;
      return false;
    }
    // A burst after a stall is late too, but comes at once, and its last packet is on time.
    if (arrivedMs - this.#hopelessMs < TOGETHER_MS) return false;
    this.#hopelessMs = arrivedMs;
    return ++this.#hopeless >= HOPELESS_PACKETS;
  }

  #remember(header: RtpHeader, position: number, length: number): void {
    this.#lastTimestamp = header.timestamp;
    this.#lastPosition = position;
    if (length === this.#packetSamples) return;
    this.#packetSamples = length;
    this.#playoutDelay.setPacketSamples(length);
  }

  #store(packet: Uint8Array, from: number, length: number, decode: Int16Array, position: number): void {
    const first = Math.max(0, this.#playAt - position);
    for (let i = first; i < length; i++) {
      const at = (position + i) & RING_MASK;
      this.#samples[at] = decode[packet[from + i] as number] as number;
      this.#present[at] = 1;
    }
    this.#writtenTo = Math.max(this.#writtenTo, position + length);
  }

  #readFrame(out: Int16Array, lacking: number): void {
    const skipped = this.#inGap && lacking < 0 ? this.#skipHole(-lacking) : 0;
    const missing = this.#load(out);
    if (missing > 0 || this.#inGap) {
      if (missing > 0 && !(this.#inGap && this.#concealment.faded)) this.framesConcealed++;
      this.#fillGaps(out);
      this.#advance(FRAME_SAMPLES - (this.#inGap ? this.#linger(lacking + skipped) : 0));
      return;
    }
    this.#lingered = 0;
    const played = FRAME_SAMPLES + this.#adapt(out, lacking);
    this.#push(out, 0);
    if (this.#inGap) this.#concealment.begin(this.#history);
    this.#advance(played);
  }

  /**
   * How much less than a frame to move on while concealing: the delay grows by it, unheard. Where the delay is long
   * enough, and all that came is played, the next packet may be lost or only late: one frame's worth is waited for
   * it, and left out again if it was lost (`#skipHole`) or, bit by bit, if it was late.
   */
  #linger(lacking: number): number {
    const lengthened = lacking > TOLERANCE ? this.#concealment.wholePeriods(lacking, FRAME_SAMPLES) : 0;
    if (lengthened > 0) return lengthened;
    if (this.#lingered > 0 || this.#writtenTo > this.#playAt + FRAME_SAMPLES) return 0;
    this.#lingered = this.#concealment.wholePeriods(FRAME_SAMPLES, FRAME_SAMPLES);
    return this.#lingered;
  }

  /** Moves past what is missing, when what follows is there and that costs no more than the excess delay. */
  #skipHole(excess: number): number {
    let hole = 0;
    while (hole <= excess && this.#present[(this.#playAt + hole) & RING_MASK] === 0) hole++;
    if (hole === 0 || hole > excess) return 0;
    const skipped = this.#concealment.wholePeriods(hole, hole);
    this.#advance(skipped);
    return skipped;
  }

  /** Copies the frame's samples; returns how many are missing. */
  #load(out: Int16Array): number {
    let missing = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const at = (this.#playAt + i) & RING_MASK;
      out[i] = this.#samples[at] as number;
      if (this.#present[at] === 0) missing++;
    }
    return missing;
  }

  /** Conceals what is missing and fades into what is there. */
  #fillGaps(out: Int16Array): void {
    let pushed = 0;
    for (let from = 0; from < FRAME_SAMPLES; ) {
      const present = this.#present[(this.#playAt + from) & RING_MASK];
      let to = from + 1;
      while (to < FRAME_SAMPLES && this.#present[(this.#playAt + to) & RING_MASK] === present) to++;
      if (present === 0) {
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
    this.#push(out, pushed);
  }

  #continueGap(out: Int16Array): boolean {
    if (this.#concealment.faded) return false;
    this.#concealment.fill(out, 0, FRAME_SAMPLES);
    this.#push(out, 0);
    return true;
  }

  /** Brings the delay nearer its target; returns how many samples more than a frame were played. */
  #adapt(out: Int16Array, lacking: number): number {
    this.#untilShorten--;
    this.#untilLengthen--;
    if (lacking > TOLERANCE) return -this.#lengthen(out, lacking);
    this.#waitingToLengthen = 0;
    if (lacking < -TOLERANCE) return this.#shorten(out, -lacking);
    this.#waitingToShorten = 0;
    this.#intolerable = 0;
    return 0;
  }

  #lengthen(out: Int16Array, lacking: number): number {
    if (peak(out, 0, FRAME_SAMPLES) < QUIET_PEAK) return Math.min(lacking, FRAME_SAMPLES);
    const urgent = this.#delay < this.#statistics.latest + TOLERANCE;
    if (!urgent && this.#untilLengthen > 0) return 0;
    this.#prepareStretch(out);
    const patience = Math.min(1, this.#waitingToLengthen++ / (urgent ? LENGTHEN_PATIENCE : STRETCH_PATIENCE));
    const repeated = this.#stretch.lengthen(out, lacking, (urgent ? 0.95 : 0.995) - 0.3 * patience);
    if (repeated > 0) this.#untilLengthen = STRETCH_EVERY;
    return repeated;
  }

  #shorten(out: Int16Array, excess: number): number {
    if (this.#untilShorten > 0) return 0;
    const ahead = this.#prepareStretch(out);
    const most = Math.min(excess, ahead);
    if (peak(this.#stretch.signal, BEHIND_SAMPLES, FRAME_SAMPLES + most) < QUIET_PEAK) return most;
    if (excess > INTOLERABLE_SAMPLES && ++this.#intolerable > INTOLERABLE_FRAMES) return this.#cut(excess);
    const patience = Math.min(1, this.#waitingToShorten++ / STRETCH_PATIENCE);
    const alike = excess < FRAME_SAMPLES / 2 ? 0.995 : 0.98 - 0.2 * patience;
    const skipped = this.#stretch.shorten(out, most, alike);
    if (skipped > 0) this.#untilShorten = excess > INTOLERABLE_SAMPLES ? 2 : STRETCH_EVERY;
    return skipped;
  }

  /** After this frame everything in excess is left out, with a fade. */
  #cut(excess: number): number {
    this.#intolerable = 0;
    this.#inGap = true;
    return excess;
  }

  /** Lays out what was played, the frame and what comes; returns how much of that is there without a gap. */
  #prepareStretch(frame: Int16Array): number {
    const signal = this.#stretch.signal;
    const history = HISTORY_SAMPLES - BEHIND_SAMPLES;
    for (let i = 0; i < BEHIND_SAMPLES; i++) signal[i] = this.#history[history + i] as number;
    for (let i = 0; i < FRAME_SAMPLES; i++) signal[BEHIND_SAMPLES + i] = frame[i] as number;
    const next = this.#playAt + FRAME_SAMPLES;
    let ahead = 0;
    while (ahead < AHEAD_SAMPLES && this.#present[(next + ahead) & RING_MASK] === 1) {
      signal[BEHIND_SAMPLES + FRAME_SAMPLES + ahead] = this.#samples[(next + ahead) & RING_MASK] as number;
      ahead++;
    }
    return ahead;
  }

  /** Appends what was played, `out[from .. to)`, to the history; returns `to`. */
  #push(out: Int16Array, from: number, to = FRAME_SAMPLES): number {
    const kept = HISTORY_SAMPLES - (to - from);
    this.#history.copyWithin(0, to - from);
    for (let i = from; i < to; i++) this.#history[kept + i - from] = out[i] as number;
    return to;
  }

  /** Moves on; what lies behind makes room. */
  #advance(samples: number): void {
    const clear = Math.min(samples, RING_SAMPLES);
    for (let i = 0; i < clear; i++) this.#present[(this.#playAt + i) & RING_MASK] = 0;
    this.#playAt += samples;
  }
}

function peak(signal: Int16Array, from: number, length: number): number {
  let highest = 0;
  for (let i = from; i < from + length; i++) highest = Math.max(highest, Math.abs(signal[i] as number));
  return highest;
}
