import { setImmediate as nextTurn } from 'node:timers/promises';

/** Long work in pieces of a millisecond or so: it yields between them, and returns what came of it. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Longer than this at a time would be felt by calls being set up. */
const TURN_MS = 5;

/** Does the work so that others get their turn in between. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (let turnEndsAt = performance.now() + TURN_MS; ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < turnEndsAt) continue;
    await nextTurn();
    turnEndsAt = performance.now() + TURN_MS;
  }
}

/** The first index of each piece of a length, and the one behind its end. */
export function* pieces(length: number, pieceLength: number): Generator<[number, number]> {
  for (let from = 0; from < length; from += pieceLength) yield [from, Math.min(from + pieceLength, length)];
}
