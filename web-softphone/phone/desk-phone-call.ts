import type { CallState } from './call-state.js';
import type { Ticket } from './entrance.js';
import { problemOf } from './problem.js';
import type { RoomCall } from './room-call.js';
import { TrackedCall } from './tracked-call.js';

/** idle -> requesting -> ringing -> in-room -> ended (every state may go straight to ended; the first problem wins) */
const NEXT: Readonly<Record<CallState, readonly CallState[]>> = {
  idle: ['requesting', 'ended'],
  requesting: ['ringing', 'ended'],
  ringing: ['in-room', 'ended'],
  'in-room': ['ended'],
  connecting: [],
  reconnecting: [],
  ended: [],
};

/** Longer than any phone is rung: nobody says here that it was not answered. */
const ANSWER_LIMIT_MS = 90_000;

export interface DeskPhoneCallDeps {
  /** Has the user's desk phones called, and tells into which room. */
  readonly open: (ready: Promise<unknown>) => Promise<Ticket>;
  readonly onState: (state: CallState) => void;
  /** The room is known from here on. */
  readonly onTicket: (ticket: Ticket) => void;
  /** The user leaves a room their desk phone is in. */
  readonly hangUp: () => void;
}

/** A call that the gateway makes to the user's desk phone: the page hears nothing of it but what the room tells. */
export class DeskPhoneCall extends TrackedCall implements RoomCall {
  readonly #deps: DeskPhoneCallDeps;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: DeskPhoneCallDeps) {
    super(NEXT);
    this.#deps = deps;
  }

  async enter(): Promise<void> {
    if (!this.machine.to('requesting')) return;
    try {
      const ticket = await this.#deps.open(Promise.resolve());
      if (this.machine.is('ended')) return;
      this.#deps.onTicket(ticket);
      this.machine.to('ringing');
    } catch (error) {
      this.end(problemOf(error, 'server-error'));
    }
  }

  /** Unlike `release`, which leaves the desk phone where it is: who closes the page does not hang up. */
  leave(): void {
    if (this.machine.is('in-room')) this.#deps.hangUp();
    this.end();
  }

  follow(there: boolean): void {
    if (there) this.machine.to('in-room');
    else if (this.machine.is('in-room')) this.end({ code: 'ended-by-room' });
  }

  /** There is no microphone here: whoever is muted is so at the mixer. */
  setSending(): void {}

  sendDigit(): void {}

  protected onMove(state: CallState): void {
    clearTimeout(this.#answerTimer);
    if (state === 'ringing') {
      this.#answerTimer = setTimeout(() => this.end({ code: 'desk-phone-silent' }), ANSWER_LIMIT_MS);
    }
    this.#deps.onState(state);
  }
}
