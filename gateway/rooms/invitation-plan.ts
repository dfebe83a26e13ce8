import type { Invitation, InvitationChange, InvitationState } from './invitations.js';

/** How often and when people are called. */
export interface InvitationRules {
  /** Those for a wish to be called later, and for a gateway that ended meanwhile, come on top. */
  readonly tries: number;
  readonly retryMs: number;
  readonly snoozeMs: number;
}

/** What a call came to. */
export type TryOutcome = Pick<Invitation, 'state' | 'cause'>;

/** Why an invitation waits for telephones to be called. */
export const QUIET_HOURS = 'quiet-hours';

/** Whoever always says "later" has said no. */
const MOST_SNOOZES = 5;
/** A gateway that dies again and again shall not call somebody again and again. */
const MOST_INTERRUPTIONS = 3;
/** Softphones have to come back first when a gateway is started again: their contacts went with their connections. */
const RESUME_AFTER_MS = 5000;
/** What an invitation was for is over by then: nobody is rung for a meeting long past since a gateway was down. */
const STALE_AFTER_MS = 3600_000;

/** Their phone was not answered by a person: it may be the next time. */
const CALLED_AGAIN: readonly InvitationState[] = ['busy', 'no-answer'];
/** Somebody is being called. */
const UNDER_WAY: readonly InvitationState[] = ['ringing', 'answered', 'confirming'];

export function isUnderWay({ state }: Pick<Invitation, 'state'>): boolean {
  return UNDER_WAY.includes(state);
}

/** What becomes of an invitation whose invitee was called. */
export function afterTry(
  invitation: Invitation,
  outcome: TryOutcome,
  rules: InvitationRules,
  now: Date,
): InvitationChange {
  const { state, cause } = outcome;
  const because = cause === undefined ? {} : { cause };
  if (state === 'snoozed') {
    const snoozes = (invitation.snoozes ?? 0) + 1;
    if (snoozes > MOST_SNOOZES) return { state: 'declined', cause: 'snoozed-too-often' };
    return { state, ...because, snoozes, nextTryAt: later(now, rules.snoozeMs) };
  }
  const again = CALLED_AGAIN.includes(state) && countedTries(invitation) < rules.tries;
  return { state, ...because, ...(again ? { nextTryAt: later(now, rules.retryMs) } : {}) };
}

/** What becomes of an invitation whose gateway stops: the next one takes it up. */
export function afterStop(invitation: Invitation): InvitationChange | undefined {
  if (!isUnderWay(invitation)) return undefined;
  return { state: 'queued', cause: 'interrupted', interruptions: (invitation.interruptions ?? 0) + 1 };
}

/**
 * What becomes of an unfinished invitation that another gateway has left behind. A call that was under way counts as
 * made, and another one takes its place.
 */
export function takenUp(invitation: Invitation, now: Date): InvitationChange {
  const { state, cause, nextTryAt, tries, updatedAt, interruptions = 0 } = invitation;
  const underWay = isUnderWay(invitation);
  const dueAt = nextTryAt ?? updatedAt;
  const stale = now.getTime() - dueAt.getTime() > STALE_AFTER_MS;
  if (stale || (underWay && interruptions >= MOST_INTERRUPTIONS)) return { state: 'failed', cause: 'interrupted' };
  const resumeAt = later(now, RESUME_AFTER_MS);
  if (underWay) {
    return { state: 'queued', cause: 'interrupted', interruptions: interruptions + 1, nextTryAt: resumeAt };
  }
  // The quiet hours may be others since: nothing has rung yet, and whether it may is looked up anew.
  const lookedUpAnew = cause === QUIET_HOURS && tries === 0;
  return {
    state,
    ...(cause === undefined ? {} : { cause }),
    nextTryAt: lookedUpAnew || dueAt < resumeAt ? resumeAt : dueAt,
  };
}

/** True when something should have become of an invitation by now, if somebody saw to it. */
export function isAbandoned(invitation: Invitation, longestTryMs: number, now: Date): boolean {
  const { nextTryAt, updatedAt } = invitation;
  const dueAt = Math.max(nextTryAt?.getTime() ?? 0, updatedAt.getTime());
  return now.getTime() - dueAt > longestTryMs;
}

/** Tries that count: not those after which another one was due anyway. */
function countedTries({ tries, snoozes = 0, interruptions = 0 }: Invitation): number {
  return tries - snoozes - interruptions;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
