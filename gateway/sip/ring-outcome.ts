import { RoomlineError } from '../errors.js';
import type { RingOutcome } from './dial-out.js';
import type { DialledOut } from './dialled-out.js';
import type { Leg } from './leg.js';
import type { CallOutcome } from './sip-server.js';

/** What a refusal means for an invitation (RFC 3261 sections 21.4 to 21.6); any other has failed. */
const REFUSALS: Readonly<Record<number, RingOutcome['state']>> = {
  404: 'unreachable',
  410: 'unreachable',
  480: 'unreachable',
  486: 'busy',
  600: 'busy',
  603: 'declined',
  // Unwanted (RFC 8197).
  607: 'declined',
};

/** Of several phones' fates the first of these that occurs is told: it says most about the person. */
const TELLING: readonly RingOutcome['state'][] = [
  'joined',
  'declined',
  'busy',
  'no-answer',
  'failed',
  'unreachable',
  'cancelled',
];

/** What became of the call to one phone, once its leg has joined or ended. */
export function outcomeOf({ leg, origin }: { leg: Leg; origin: DialledOut }): RingOutcome {
  const { outcome } = origin;
  if (outcome !== undefined && !('dialog' in outcome)) return fateOf(outcome);
  if (leg.failure !== undefined) return { state: 'failed', cause: describe(leg.failure) };
  // Whoever was in the room may have left again by now.
  return { state: outcome === undefined || !leg.wasJoined ? 'cancelled' : 'joined' };
}

export function mostTelling(outcomes: readonly RingOutcome[]): RingOutcome {
  for (const state of TELLING) {
    const found = outcomes.find((outcome) => outcome.state === state);
    if (found !== undefined) return found;
  }
  return { state: 'failed' };
}

function fateOf(outcome: Exclude<CallOutcome, { dialog: unknown }>): RingOutcome {
  if ('refused' in outcome) {
    return { state: REFUSALS[outcome.refused] ?? 'failed', cause: String(outcome.refused) };
  }
  switch (outcome.none) {
    case 'timeout':
      return { state: 'no-answer' };
    case 'no-flow':
      return { state: 'unreachable', cause: 'no-flow' };
    case 'link-lost':
      return { state: 'failed', cause: 'link-lost' };
    case 'cancelled':
      return { state: 'cancelled' };
  }
}

function describe(failure: unknown): string {
  return failure instanceof RoomlineError ? failure.code : 'internal';
}
