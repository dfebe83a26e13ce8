import type { RoomNumber } from './room.js';
import { telephoneForLogs } from './telephone-number.js';
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

/**
 * States in which an invitation has ended, unless another try is due: `busy` and `no-answer` with `nextTryAt` are called
 * again, as is `snoozed`, which always has it.
 */
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

/** True once nobody is being called any more, nor will be. */
export function isFinished({ state, nextTryAt }: Pick<Invitation, 'state' | 'nextTryAt'>): boolean {
  return nextTryAt === undefined && ENDED_INVITATION_STATES.includes(state);
}

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
  /** Of these, how many ended with the wish to be called later, and how many with the end of a gateway: none, if absent. */
  readonly snoozes?: number;
  readonly interruptions?: number;
  /** The SIP status or the words behind `failed`, `busy`, `queued` and the like. */
  readonly cause?: string;
  /** When the invitee is called next, where that is not at once. */
  readonly nextTryAt?: Date;
  /** When a phone was answered last. */
  readonly answeredAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** As invitations are shown to people: a user's name, or `tel:` and the number. */
export function invitee(to: Invitee): string {
  return 'user' in to ? to.user.name : `tel:${to.tel}`;
}

/** The same for logs, where telephone numbers lack their end. */
export function inviteeForLogs(to: Invitee): string {
  return 'user' in to ? to.user.name : `tel:${telephoneForLogs(to.tel)}`;
}

/** What an invitation is from now on: a cause or a next try that is not given is there no more. */
export type InvitationChange = Pick<Invitation, 'state' | 'cause' | 'nextTryAt'> &
  Partial<Pick<Invitation, 'tries' | 'snoozes' | 'interruptions' | 'answeredAt'>>;

export interface InvitationStore {
  listByRoom(room: RoomNumber): Promise<Invitation[]>;
  find(id: string): Promise<Invitation | undefined>;
  /** All that are not finished, the oldest first. */
  listUnfinished(): Promise<Invitation[]>;
  /** Moves an invitation on, unless it is in one of the states `unless` by now; says whether it did. */
  update(id: string, change: InvitationChange, unless: readonly InvitationState[]): Promise<boolean>;
  /**
   * Moves an invitation on that is not finished, and was tried `tries` times; says whether it did. So no two voice
   * servers make the same try.
   */
  advance({ id, tries }: Pick<Invitation, 'id' | 'tries'>, change: InvitationChange): Promise<boolean>;
}

/** Calls those who are invited. Takes invitations that are written down already, and returns at once. */
export interface Inviter {
  invite(inviter: User, invitations: readonly Invitation[]): void;
  /** Stops calling; what rings is cancelled. */
  cancel(invitationId: string): void;
}
