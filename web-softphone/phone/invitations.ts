import type { Participant } from './room-view.js';
import { telephoneOf } from './telephone-number.js';

export type InvitationState =
  | 'queued'
  | 'ringing'
  | 'answered'
  | 'confirming'
  | 'joined'
  | 'declined'
  | 'snoozed'
  | 'no-answer'
  | 'busy'
  | 'unreachable'
  | 'voicemail'
  | 'failed'
  | 'cancelled';

/** Somebody was called into a room, and what has become of it. */
export interface Invitation {
  readonly id: string;
  /** A user's name, or `tel:` and a telephone number. */
  readonly to: string;
  /** The name of the user who invited. */
  readonly from: string;
  readonly state: InvitationState;
  /** How often they were called. */
  readonly tries?: number;
  /** Why it came to this: a SIP status, or a word such as `hung-up`. */
  readonly cause?: string;
  /** When they are called next, where that is not at once. */
  readonly nextTryAt?: string;
  readonly updatedAt: string;
}

export function isInvitation(value: unknown): value is Invitation {
  if (typeof value !== 'object' || value === null) return false;
  const { id, to, from, state, updatedAt } = value as Partial<Record<keyof Invitation, unknown>>;
  return [id, to, from, state, updatedAt].every((fact) => typeof fact === 'string');
}

const PENDING: readonly InvitationState[] = ['queued', 'ringing', 'answered', 'confirming', 'snoozed'];

/** Whether something may still come of it without asking anew: who is busy may be called once more. */
export function isPending({ state, nextTryAt }: Pick<Invitation, 'state' | 'nextTryAt'>): boolean {
  return PENDING.includes(state) || nextTryAt !== undefined;
}

/** Whoever looks at invitations. */
export interface Viewer {
  readonly user: string | undefined;
  readonly moderates: boolean;
}

/** Whether a user may take an invitation back: their own, and those of others where they moderate. */
export function mayCancel({ from, state }: Pick<Invitation, 'from' | 'state'>, by: Viewer): boolean {
  return state !== 'cancelled' && (by.moderates || from === by.user);
}

/** Whether a user may have somebody called once more of whom nothing comes otherwise. */
export function mayCallAgain(
  invitation: Pick<Invitation, 'from' | 'state' | 'nextTryAt'>,
  by: Viewer & { readonly invites: boolean },
): boolean {
  return by.invites && !isPending(invitation) && (by.moderates || invitation.from === by.user);
}

/** Whether who was invited is in the room, however they came: a bare number is known by itself alone. */
export function isHere(
  { to }: Pick<Invitation, 'to'>,
  participants: readonly Pick<Participant, 'user' | 'name' | 'device'>[],
): boolean {
  const number = telephoneOf(to);
  return participants.some(({ user, name, device }) =>
    number === undefined ? user === to : user === undefined && device === 'outside-line' && name === number,
  );
}

/** All that is known after an invitation was heard of: what is older than what is known already changes nothing. */
export function withInvitations(known: readonly Invitation[], ...heard: readonly Invitation[]): readonly Invitation[] {
  const byId = new Map(known.map((invitation) => [invitation.id, invitation]));
  for (const invitation of heard) {
    const before = byId.get(invitation.id);
    if (before === undefined || before.updatedAt <= invitation.updatedAt) byId.set(invitation.id, invitation);
  }
  return [...byId.values()];
}

/** The last word on everybody who was invited: who may still come first, then the latest news. */
export function latestOfEach(invitations: readonly Invitation[]): readonly Invitation[] {
  const byInvitee = new Map<string, Invitation>();
  for (const invitation of invitations) {
    const before = byInvitee.get(invitation.to);
    if (before === undefined || before.updatedAt <= invitation.updatedAt) byInvitee.set(invitation.to, invitation);
  }
  return [...byInvitee.values()].sort(
    (a, b) =>
      Number(isPending(b)) - Number(isPending(a)) || b.updatedAt.localeCompare(a.updatedAt) || a.to.localeCompare(b.to),
  );
}
