import type { Group, Me } from './api.js';
import type { CallState } from './call-state.js';
import type { MuteState } from './mute.js';
import type { Problem } from './problem.js';
import type { Participant } from './room-view.js';

export type SessionState = 'signed-out' | 'signing-in' | 'signed-in';

export interface CallView {
  readonly state: CallState;
  readonly group: Group;
  /** The room's number, from the moment it is known. */
  readonly number?: string;
  /** When the room was entered, in milliseconds since the epoch. */
  readonly since?: number;
  /** Why it ended, unless the user left. */
  readonly problem?: Problem;
  readonly participants: readonly Participant[];
  /** Whether the list of participants is known and current. */
  readonly live: boolean;
  readonly selfId?: string;
  readonly mute: MuteState;
  /** The last digit each participant pressed, for a moment. */
  readonly digits: Readonly<Record<string, string>>;
}

/** Everything the page shows. Replaced as a whole, never changed in place. */
export interface PhoneState {
  readonly session: SessionState;
  readonly me?: Me;
  readonly lastGroup?: string;
  /** What went wrong outside a call. */
  readonly problem?: Problem;
  /** The room the user is in, comes into or has just been put out of. */
  readonly call?: CallView;
  /** The browser wants a click before it plays sound. */
  readonly soundBlocked: boolean;
  readonly canChooseSpeaker: boolean;
  readonly microphone?: string;
  readonly speaker?: string;
}
