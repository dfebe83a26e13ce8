import type { Room } from '../rooms/room.js';
import type { User } from '../rooms/user.js';
import type { AnsweredCall } from './answered-call.js';
import type { Barrier } from './focus.js';

/** What somebody who was called says to the invitation; `no-key` is what an answering machine says. */
export type Confirmation = 'accepted' | 'declined' | 'snoozed' | 'no-key' | 'hung-up';

/** A key that says no, for now or for good. */
export type Refusal = Extract<Confirmation, 'declined' | 'snoozed'>;

export interface ConfirmContext {
  readonly room: Room;
  readonly inviter: User;
  /** Whose phone it is; absent for a bare telephone number. */
  readonly user?: User;
  /** The language of the trunk, where the call went over one and the user has none. */
  readonly language?: string;
  /** The prompt begins. */
  onStarted(): void;
  /** They pressed a key that says no: what they hear of it yet, they may hang up on. */
  onRefused(refusal: Refusal): void;
  /** What keeps them out of the room although they accept. */
  barrier(): Barrier | undefined;
}

/** What they are asked. */
export type Question = Pick<ConfirmContext, 'room' | 'inviter' | 'user' | 'language'>;

/**
 * Asks whoever answered a desk phone or an outside line whether they join. What it still plays when it returns goes on
 * while the call enters the room. Never rejects for what the caller does; returns soon once the call has ended.
 */
export interface Confirm {
  (call: AnsweredCall, context: ConfirmContext): Promise<Confirmation>;
  /** Has ready what will be said, while the phone rings. Never throws. */
  prepare?(context: Question): void;
}
