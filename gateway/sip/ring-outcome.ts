import { RoomlineError } from '../errors.js';
import type { InvitationState } from '../rooms/invitations.js';
import type { LeaveCause } from '../rooms/roster.js';
import type { Confirmation, Refusal } from './confirm.js';
import type { DialledOut } from './dialled-out.js';
import type { Leg } from './leg.js';
import type { CallOutcome } from './sip-server.js';

/** How an invitation's ringing ended. */
export interface RingOutcome {
  readonly state: Extract<
    InvitationState,
    'joined' | 'declined' | 'snoozed' | 'busy' | 'no-answer' | 'unreachable' | 'voicemail' | 'failed' | 'cancelled'
  >;
  /** The SIP status, or a word such as `hung-up`, `full`, `locked`, `no-flow`, `no-response`. */
  readonly cause?: string;
}

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

const NO_RESPONSE = 'no-response';

/** Of several phones' fates the first of these that occurs is told: it says most about the person. */
const TELLING: readonly RingOutcome['state'][] = [
  'joined',
  'declined',
  'snoozed',
  'busy',
  'voicemail',
  'no-answer',
  'failed',
  'unreachable',
  'cancelled',
];

/** What somebody who was asked and did not join said. */
const ANSWERS: Readonly<Record<Exclude<Confirmation, 'accepted'>, RingOutcome>> = {
  declined: { state: 'declined' },
  snoozed: { state: 'snoozed' },
  'no-key': { state: 'voicemail' },
  'hung-up': { state: 'no-answer', cause: 'hung-up' },
};

/** Ends that nobody wished for. */
const LOST: ReadonlySet<LeaveCause> = new Set(['unreachable', 'media-lost', 'failed']);

/** They answered and did not want to join, or nobody said that they do: no fault of anyone's. */
export class NotConfirmed extends RoomlineError {
  readonly outcome: RingOutcome;

  constructor(confirmation: Exclude<Confirmation, 'accepted'>) {
    super('unavailable', `the call was answered and not confirmed: ${confirmation}`, { code: 'not-confirmed' });
    this.outcome = ANSWERS[confirmation];
  }
}

/** What became of the call to one phone, once its leg has joined or ended. */
export function outcomeOf({
  leg,
  origin,
  refused,
}: {
  leg: Leg;
  origin: DialledOut;
  refused: Refusal | undefined;
}): RingOutcome {
  const { outcome } = origin;
  if (outcome !== undefined && !('dialog' in outcome)) return fateOf(outcome);
  if (leg.wasJoined) return { state: 'joined' };
  // Whoever says no and hangs up has said no.
  if (refused !== undefined) return ANSWERS[refused];
  const { failure, hungUp, endCause } = leg.call;
  if (failure instanceof NotConfirmed) return failure.outcome;
  if (failure !== undefined) return { state: 'failed', cause: describe(failure) };
  if (hungUp) return ANSWERS['hung-up'];
  return endCause !== undefined && LOST.has(endCause) ? { state: 'failed', cause: endCause } : { state: 'cancelled' };
}

export function mostTelling(outcomes: readonly RingOutcome[]): RingOutcome {
  for (const state of TELLING) {
    const alike = outcomes.filter((outcome) => outcome.state === state);
    // One that is not there says nothing of a person whose other phone rang.
    const found = alike.find(({ cause }) => cause !== NO_RESPONSE) ?? alike[0];
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
    case NO_RESPONSE:
      return { state: 'no-answer', cause: NO_RESPONSE };
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
