/** Long work in pieces of a millisecond or so: it yields between them, and returns what came of it. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Longer than this at a time would be felt by calls being set up. */
const TURN_MS = 5;

const waiting: (() => void)[] = [];

/** Resolves when nobody else has worked since the event loop went round: many at once take no longer at a time than one. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Does the work so that others get their turn in between. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    await nextTurn();
    for (const endsAt = performance.now() + TURN_MS; performance.now() < endsAt; ) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }
}

/** The first index of each piece of a length, and the one behind its end. */
export function* pieces(length: number, pieceLength: number): Generator<[number, number]> {
  for (let from = 0; from < length; from += pieceLength) yield [from, Math.min(from + pieceLength, length)];
}
