import type { CallState } from './call-state.js';
import type { Entrance, EntryDevice } from './entrance.js';
import type { Invitation } from './invitations.js';
import { type MuteState, UNMUTED } from './mute.js';
import type { Problem } from './problem.js';
import type { Rights } from './rights.js';
import type { Participant, RoomFacts } from './room-view.js';

/** Everything that is shown of a visit to a room. */
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

let visits = 0;

/** What is shown of a visit that begins. */
export function firstView({ way, device, title, number }: Entrance): CallView {
  visits += 1;
  return {
    visit: visits,
    state: 'idle',
    way,
    device,
    title,
    ...(number === undefined ? {} : { number }),
    participants: [],
    live: false,
    rights: { moderates: false, invites: false, setsPin: false },
    invitations: [],
    mute: UNMUTED,
    digits: {},
  };
}
