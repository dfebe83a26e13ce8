import { endianness } from 'node:os';
import { hrtime } from 'node:process';

/**
 * A point in time, in ms, set again and again and handed on as an object: a number with a fraction is boxed wherever
 * V8 passes it as an argument or a result, and that would be an allocation for each packet.
 */
export class Instant {
  ms = 0;
}

const nanoseconds = new BigUint64Array(1);
/** The same as two halves. */
const halves = new Uint32Array(nanoseconds.buffer);
const [LOW, HIGH] = endianness() === 'LE' ? [0, 1] : [1, 0];

/**
 * Sets an instant to the present. `performance.now()` would box its result; a big integer that goes straight into an
 * array of such is never made.
 */
export function readClock(instant: Instant): void {
  nanoseconds[0] = hrtime.bigint();
  instant.ms = ((halves[HIGH] as number) * 2 ** 32 + (halves[LOW] as number)) / 1e6;
}
