import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import type { Instant } from './instant.js';
import type { RtpHeader } from './rtp.js';

const DIGITS = '0123456789*#ABCD';
const EVENT_BYTES = 4;
/** A digit whose end never arrives is over after so long without its packets, in ms. */
const END_LOST_MS = 150;
/** Packets of one key press are never further apart than this, in ms. */
const SAME_PRESS_MS = 100;
/** Where a long press is cut into segments (RFC 4733 section 2.5.1.3), and how far from that it may be. */
const SEGMENT_SAMPLES = 0xffff;
const SEGMENT_TOLERANCE = 20 * FRAME_SAMPLES;
const NONE = -1;

/** A key press that was told already; packets of it may still come. */
export interface KeyPress {
  readonly event: number;
  readonly timestamp: number;
}

/**
 * Makes one digit of the many packets of a key press (RFC 4733): end packets come three times, or none comes; a
 * press longer than 8 s comes in segments of a timestamp each; some senders move the timestamp with each packet.
 */
export class TelephoneEvents {
  readonly #onDigit: (digit: string, durationMs: number) => void;
  #event = NONE;
  #timestamp = 0;
  #duration = 0;
  /** Duration of the segments before this one. */
  #before = 0;
  #firstMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #ended = true;

  constructor(onDigit: (digit: string, durationMs: number) => void) {
    this.#onDigit = onDigit;
  }

  /** Takes an event packet; false when it is malformed. */
  take(packet: Uint8Array, header: RtpHeader, now: Instant): boolean {
    const at = header.payloadStart;
    if (header.payloadEnd - at < EVENT_BYTES) return false;
    const event = packet[at] as number;
    if (event >= DIGITS.length) return true;
    const end = ((packet[at + 1] as number) & 0x80) !== 0;
    const duration = ((packet[at + 2] as number) << 8) | (packet[at + 3] as number);
    this.#next(event, header.timestamp, header.marker, end, duration, now);
    return true;
  }

  /** Ends a digit whose end packets were lost; to be called now and then. */
  expire(now: Instant): void {
    if (!this.#ended && now.ms - this.#lastMs > END_LOST_MS) this.#end();
  }

  /** Tells a digit that is still pressed, since its end comes elsewhere; returns the last one for `resume` there. */
  leave(): KeyPress | undefined {
    if (!this.#ended) this.#end();
    return this.#event === NONE ? undefined : { event: this.#event, timestamp: this.#timestamp };
  }

  /** What may still come of that press says nothing new. */
  resume({ event, timestamp }: KeyPress, now: Instant): void {
    this.#event = event;
    this.#timestamp = timestamp;
    this.#lastMs = now.ms;
    this.#ended = true;
  }

  reset(): void {
    this.#event = NONE;
    this.#ended = true;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  #next(event: number, timestamp: number, marker: boolean, end: boolean, duration: number, now: Instant): void {
    const ahead = (timestamp - this.#timestamp) | 0;
    if (this.#event === NONE || !this.#isSamePress(event, ahead, marker, end, now)) {
      if (this.#event !== NONE && ahead < 0 && now.ms - this.#lastMs < SAME_PRESS_MS) return;
      if (!this.#ended) this.#end();
      this.#begin(event, timestamp, now);
    } else if (this.#ended) {
      return;
    } else if (ahead > 0) {
      if (isSegment(ahead)) {
        this.#before += SEGMENT_SAMPLES;
        this.#duration = 0;
      }
      this.#timestamp = timestamp;
    }
    this.#duration = Math.max(this.#duration, duration);
    this.#lastMs = now.ms;
    if (end) this.#end();
  }

  #isSamePress(event: number, ahead: number, marker: boolean, end: boolean, now: Instant): boolean {
    if (event !== this.#event) return false;
    if (ahead === 0) return true;
    if (marker || ahead < 0 || now.ms - this.#lastMs > SAME_PRESS_MS) return false;
    return this.#ended ? end : true;
  }

  #begin(event: number, timestamp: number, now: Instant): void {
    this.#event = event;
    this.#timestamp = timestamp;
    this.#duration = 0;
    this.#before = 0;
    this.#firstMs = now.ms;
    this.#ended = false;
  }

  #end(): void {
    this.#ended = true;
    const elapsedMs = this.#lastMs - this.#firstMs + FRAME_SAMPLES / SAMPLES_PER_MS;
    const saidMs = (this.#before + this.#duration) / SAMPLES_PER_MS;
    // Some senders count the duration at another rate, such as 48000 Hz, or not at all: what is far off is not believed.
    const durationMs = saidMs > 4 * elapsedMs + 100 || saidMs < elapsedMs / 2 ? elapsedMs : saidMs;
    this.#onDigit(DIGITS.charAt(this.#event), Math.round(durationMs));
  }
}

function isSegment(ahead: number): boolean {
  return Math.abs(ahead - SEGMENT_SAMPLES) <= SEGMENT_TOLERANCE;
}
