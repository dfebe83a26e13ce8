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
  readonly updatedAt: string;
}

export function isInvitation(value: unknown): value is Invitation {
  if (typeof value !== 'object' || value === null) return false;
  const { id, to, from, state, updatedAt } = value as Partial<Record<keyof Invitation, unknown>>;
  return [id, to, from, state, updatedAt].every((fact) => typeof fact === 'string');
}

const PENDING: readonly InvitationState[] = ['queued', 'ringing', 'answered', 'confirming', 'snoozed'];

/** Whether something may still come of it without asking anew. */
export function isPending({ state }: Pick<Invitation, 'state'>): boolean {
  return PENDING.includes(state);
}

/** Whether a user may take an invitation back: their own, and those of others where they moderate. */
export function mayCancel(
  { from, state }: Pick<Invitation, 'from' | 'state'>,
  by: { readonly user: string | undefined; readonly moderates: boolean },
): boolean {
  return state !== 'cancelled' && (by.moderates || from === by.user);
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
