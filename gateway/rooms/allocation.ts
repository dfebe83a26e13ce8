import { randomInt } from 'node:crypto';
import type { RoomNumber } from './room.js';

/** Numbers `from` to `to`, both included; all of one length, since `from` and `to` have the same. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Proposes numbers of a range in an order nobody can guess, each at most once, until `attempts` are spent.
 * Which of them is free is for the store's unique key to say.
 */
export function* proposeNumbers(range: NumberRange, attempts = 64): Generator<RoomNumber> {
  const size = range.to - range.from + 1;
  const start = randomInt(size);
  const stride = coprimeStride(size);
  for (let step = 0; step < Math.min(attempts, size); step++) {
    yield String(range.from + ((start + step * stride) % size));
  }
}

/** A random step that visits every number of a range of `size` before it returns to the first. */
function coprimeStride(size: number): number {
  if (size < 3) return 1;
  for (;;) {
    const stride = 1 + randomInt(size - 1);
    if (gcd(stride, size) === 1) return stride;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
