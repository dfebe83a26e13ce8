import type { CallState } from './call-state.js';
import type { Problem } from './problem.js';

/** What a visit asks of the call by which the user is in the room, whichever of their phones has it. */
export interface RoomCall {
  readonly state: CallState;
  /** Why the call ended; undefined while it lives and when the user left. */
  readonly problem: Problem | undefined;
  /** Finds the room and gets into it. */
  enter(): Promise<void>;
  /** The user leaves. */
  leave(): void;
  /** The page has no more to do with it. */
  release(): void;
  /** Ends the call, once; the first problem is the one that counts. */
  end(problem?: Problem): void;
  /** Whether the user is in the room, as its events tell. */
  follow(there: boolean): void;
  setSending(sending: boolean): void;
  sendDigit(digit: string): void;
}
