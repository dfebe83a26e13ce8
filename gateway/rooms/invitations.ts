import type { RoomNumber } from './room.js';
import type { User } from './user.js';

export const INVITATION_STATES = [
  'queued',
  'ringing',
  'answered',
  'confirming',
  'joined',
  'declined',
  'snoozed',
  'no-answer',
  'busy',
  'unreachable',
  'voicemail',
  'failed',
  'cancelled',
] as const;
export type InvitationState = (typeof INVITATION_STATES)[number];

/** States an invitation does not leave by itself any more. */
export const ENDED_INVITATION_STATES: readonly InvitationState[] = [
  'joined',
  'declined',
  'no-answer',
  'busy',
  'unreachable',
  'voicemail',
  'failed',
  'cancelled',
];

/** Whom an invitation is for: a user, or a telephone number in E.164. */
export type Invitee = { readonly user: { id: string; name: string } } | { readonly tel: string };

export interface Invitation {
  readonly id: string;
  readonly room: RoomNumber;
  readonly inviter: { readonly id: string; readonly name: string };
  readonly to: Invitee;
  readonly state: InvitationState;
  /** How often the invitee was called. */
  readonly tries: number;
  /** The SIP status or the words behind `failed`, `busy` and the like. */
  readonly cause?: string;
  readonly updatedAt: Date;
}

/** As invitations are shown to people: a user's name, or `tel:` and the number. */
export function invitee(to: Invitee): string {
  return 'user' in to ? to.user.name : `tel:${to.tel}`;
}

export interface InvitationStore {
  listByRoom(room: RoomNumber): Promise<Invitation[]>;
  find(id: string): Promise<Invitation | undefined>;
  /** Moves an invitation on, unless it is in one of the states `unless` by now; says whether it did. */
  update(
    id: string,
    change: { state: InvitationState; tries?: number; cause?: string },
    unless: readonly InvitationState[],
  ): Promise<boolean>;
  /** Ends invitations that nobody has moved on since then, their gateway having died; returns how many. */
  failAbandoned(before: Date, now: Date): Promise<number>;
}

/** Calls those who are invited. Takes invitations that are written down already, and returns at once. */
export interface Inviter {
  invite(inviter: User, invitations: readonly Invitation[]): void;
  /** Stops calling; what rings is cancelled. */
  cancel(invitationId: string): void;
}
