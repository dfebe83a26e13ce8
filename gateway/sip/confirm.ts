import type { Room } from '../rooms/room.js';
import type { User } from '../rooms/user.js';
import type { AnsweredCall } from './answered-call.js';

/** What somebody who was called says to the invitation; `no-key` is what an answering machine says. */
export type Confirmation = 'accepted' | 'declined' | 'snoozed' | 'no-key' | 'hung-up';

export interface ConfirmContext {
  readonly room: Room;
  readonly inviter: User;
  /** Whose phone it is; absent for a bare telephone number. */
  readonly user?: User;
  /** The language of the trunk, where the call went over one and the user has none. */
  readonly language?: string;
  /** The prompt begins. */
  onStarted(): void;
}

/**
 * Asks whoever answered a desk phone or an outside line whether they join. What it still plays when it returns goes on
 * while the call enters the room. Never rejects for what the caller does; returns soon once the call has ended.
 */
export interface Confirm {
  (call: AnsweredCall, context: ConfirmContext): Promise<Confirmation>;
  /** Has ready what will be said, while the phone rings. Never throws. */
  prepare?(context: Omit<ConfirmContext, 'onStarted'>): void;
}
