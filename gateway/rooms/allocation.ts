import { randomInt } from 'node:crypto';
import type { RoomNumber } from './room.js';

/** Numbers `from` to `to`, both included; all of one length, since `from` and `to` have the same. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** Tried without asking which are taken: as long as half the range is free, one of them is with all likelihood. */
const BLIND_TRIES = 4;
const ASKED_AT_ONCE = 500;
/** Of a larger range that is almost used up, not every number is looked at. */
const MOST_PROPOSED = 20_000;

/**
 * Proposes numbers of a range in an order nobody can guess, each at most once.
 * Which of them is free is for the store's unique key to say.
 */
export function* proposeNumbers(range: NumberRange, attempts = MOST_PROPOSED): Generator<RoomNumber> {
  const size = range.to - range.from + 1;
  const start = randomInt(size);
  const stride = coprimeStride(size);
  for (let step = 0; step < Math.min(attempts, size); step++) {
    yield String(range.from + ((start + step * stride) % size));
  }
}

/**
 * The same, leaving out what `takenAmong` says is taken once the first few were: a range that is nearly used up is
 * gone through in a few queries. What it yields may be taken in the meantime.
 */
export async function* freeNumbers(
  range: NumberRange,
  takenAmong: (numbers: readonly RoomNumber[]) => Promise<ReadonlySet<RoomNumber>>,
): AsyncGenerator<RoomNumber> {
  let batch: RoomNumber[] = [];
  let proposed = 0;
  for (const number of proposeNumbers(range)) {
    proposed += 1;
    if (proposed <= BLIND_TRIES) {
      yield number;
      continue;
    }
    batch.push(number);
    if (batch.length < ASKED_AT_ONCE) continue;
    yield* without(batch, await takenAmong(batch));
    batch = [];
  }
  if (batch.length > 0) yield* without(batch, await takenAmong(batch));
}

function without(numbers: readonly RoomNumber[], taken: ReadonlySet<RoomNumber>): RoomNumber[] {
  return numbers.filter((number) => !taken.has(number));
}

/** Whether the number is one of the range. */
export function isOfRange(number: RoomNumber, { from, to }: NumberRange): boolean {
  return number.length === String(from).length && Number(number) >= from && Number(number) <= to;
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
