/** A state and the table of where it may go. A move the table does not know is refused, not made. */
export class StateMachine<State extends string> {
  readonly #next: Readonly<Record<State, readonly State[]>>;
  readonly #onMove: (to: State, from: State) => void;
  #state: State;

  constructor(
    initial: State,
    next: Readonly<Record<State, readonly State[]>>,
    onMove: (to: State, from: State) => void,
  ) {
    this.#state = initial;
    this.#next = next;
    this.#onMove = onMove;
  }

  get state(): State {
    return this.#state;
  }

  is(...states: readonly State[]): boolean {
    return states.includes(this.#state);
  }

  /** Moves if the table allows it; returns whether it did. */
  to(state: State): boolean {
    const from = this.#state;
    if (!this.#next[from].includes(state)) return false;
    this.#state = state;
    this.#onMove(state, from);
    return true;
  }
}
