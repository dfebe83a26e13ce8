import type { Me } from './api.js';
import type { CallView } from './call-view.js';
import type { EntryDevice } from './entrance.js';
import type { Memory } from './memory.js';
import type { Problem } from './problem.js';
import type { RecentRoom } from './recent-rooms.js';
import type { Ring } from './rings.js';

export type SessionState = 'signed-out' | 'signing-in' | 'signed-in';

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

/** What changes of the state; `undefined` for what is there no more. */
export type StateChange = { [Key in keyof PhoneState]?: PhoneState[Key] | undefined };

/** What is shown before anything was asked for. */
export function firstState(
  { token, lastGroup, microphone, speaker, guestName }: Memory,
  more: Pick<PhoneState, 'canChooseSpeaker' | 'device'> & Pick<StateChange, 'joining' | 'problem'>,
): PhoneState {
  const state: PhoneState = {
    session: token === undefined ? 'signed-out' : 'signing-in',
    soundBlocked: false,
    canChooseSpeaker: more.canChooseSpeaker,
    device: more.device,
    recentRooms: [],
    reachable: false,
    rings: [],
  };
  return changed(state, { ...more, lastGroup, guestName, microphone, speaker });
}

export function changed(state: PhoneState, change: StateChange): PhoneState {
  const entries = Object.entries({ ...state, ...change });
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined)) as unknown as PhoneState;
}
