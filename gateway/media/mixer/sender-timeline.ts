import { SAMPLES_PER_MS } from './frame.js';
import type { Instant } from './instant.js';
import type { RtpHeader } from './rtp.js';

const SEQUENCES_REMEMBERED = 64;

/**
 * One sender's count of time. Positions are its timestamps without their wrap, counted from the first packet;
 * lateness is by how many samples a packet came later, relative to its position, than the first did.
 */
export class SenderTimeline {
  ssrc = 0;
  /** Position of the last packet taken. */
  lastPosition = 0;
  #originMs = 0;
  #lastTimestamp = 0;
  readonly #sequences = new Int32Array(SEQUENCES_REMEMBERED).fill(-1);

  start(header: RtpHeader, arrived: Instant): void {
    this.ssrc = header.ssrc;
    this.lastPosition = 0;
    this.#originMs = arrived.ms;
    this.#lastTimestamp = header.timestamp;
    this.#sequences.fill(-1);
    this.#sequences[header.sequence % SEQUENCES_REMEMBERED] = header.sequence;
  }

  /** True when a packet of that number came lately; remembers it. */
  isDuplicate(sequence: number): boolean {
    const slot = sequence % SEQUENCES_REMEMBERED;
    const duplicate = this.#sequences[slot] === sequence;
    this.#sequences[slot] = sequence;
    return duplicate;
  }

  positionOf(timestamp: number): number {
    return this.lastPosition + ((timestamp - this.#lastTimestamp) | 0);
  }

  take(header: RtpHeader, position: number): void {
    this.#lastTimestamp = header.timestamp;
    this.lastPosition = position;
  }

  /** Samples of our clock from the first packet's arrival on, to the nearest one: a whole number is not boxed. */
  samplesAt(time: Instant): number {
    return Math.round((time.ms - this.#originMs) * SAMPLES_PER_MS);
  }

  lateness(position: number, arrived: Instant): number {
    return this.samplesAt(arrived) - position;
  }
}
