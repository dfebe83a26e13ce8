import type { CallState } from './call-state.js';
import type { Problem } from './problem.js';
import { StateMachine } from './state-machine.js';

/** What every way of being in a room by a call has alike: its states, and its end, which comes once. */
export abstract class TrackedCall {
  protected readonly machine: StateMachine<CallState>;
  #problem: Problem | undefined;

  protected constructor(next: Readonly<Record<CallState, readonly CallState[]>>) {
    this.machine = new StateMachine<CallState>('idle', next, (state) => this.onMove(state));
  }

  get state(): CallState {
    return this.machine.state;
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  release(): void {
    this.end();
  }

  end(problem?: Problem): void {
    if (this.machine.is('ended')) return;
    this.#problem = problem;
    this.machine.to('ended');
  }

  protected abstract onMove(state: CallState): void;
}
