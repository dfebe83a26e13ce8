import type { Me } from './api.js';
import type { CallState } from './call-state.js';
import type { Entrance, EntryDevice } from './entrance.js';
import type { Invitation } from './invitations.js';
import type { MuteState } from './mute.js';
import type { Problem } from './problem.js';
import type { RecentRoom } from './recent-rooms.js';
import type { Rights } from './rights.js';
import type { Ring } from './rings.js';
import type { Participant, RoomFacts } from './room-view.js';

export type SessionState = 'signed-out' | 'signing-in' | 'signed-in';

export interface CallView {
  /** Tells one visit from another. */
  readonly visit: number;
  readonly state: CallState;
  /** How the user came, or tried to. */
  readonly way: Entrance['way'];
  /** By what the user is in the room. */
  readonly device: EntryDevice;
  readonly title: string;
  /** The room's number, from the moment it is known. */
  readonly number?: string;
  /** The room itself, from the moment it is known. */
  readonly room?: RoomFacts;
  /** When the room was entered, in milliseconds since the epoch. */
  readonly since?: number;
  /** Why it ended, unless the user left. */
  readonly problem?: Problem;
  readonly participants: readonly Participant[];
  /** Whether the list of participants is known and current. */
  readonly live: boolean;
  readonly selfId?: string;
  readonly rights: Rights;
  /** Everybody who was ever invited. */
  readonly invitations: readonly Invitation[];
  readonly mute: MuteState;
  /** The last digit each participant pressed, for a moment. */
  readonly digits: Readonly<Record<string, string>>;
}

/** Everything the page shows. Replaced as a whole, never changed in place. */
export interface PhoneState {
  readonly session: SessionState;
  readonly me?: Me;
  readonly lastGroup?: string;
  /** By what rooms are entered that can be asked for. */
  readonly device: EntryDevice;
  /** Rooms to come back to that are neither a group's nor the user's. */
  readonly recentRooms: readonly RecentRoom[];
  /** The number of the room the page was opened for, until the user is in it. */
  readonly joining?: string;
  /** What a guest was called the last time. */
  readonly guestName?: string;
  /** What went wrong outside a call. */
  readonly problem?: Problem;
  /** The room the user is in, comes into or has just been put out of. */
  readonly call?: CallView;
  /** Whether invitations reach this page now. */
  readonly reachable: boolean;
  /** Invitations that ring. */
  readonly rings: readonly Ring[];
  /** The browser wants a click before it plays sound. */
  readonly soundBlocked: boolean;
  readonly canChooseSpeaker: boolean;
  readonly microphone?: string;
  readonly speaker?: string;
}
