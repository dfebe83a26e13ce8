import { type MuteState, onServerMute, UNMUTED } from './mute.js';
import type { Participant } from './room-view.js';

export interface SelfMuteDeps {
  /** The user as the room knows them, once it does. */
  readonly self: () => Participant | undefined;
  /** Has it shown to the others; says whether that was done. */
  readonly tellServer: (self: Participant, muted: boolean) => Promise<boolean>;
  readonly onChange: (state: MuteState) => void;
}

/** Whether the user is muted: here at once, and at the server for the others to see. */
export class SelfMute {
  readonly #deps: SelfMuteDeps;
  #state: MuteState = UNMUTED;
  /** What the server was last asked for and has not shown yet. */
  #asked: boolean | undefined;

  constructor(deps: SelfMuteDeps) {
    this.#deps = deps;
  }

  set(muted: boolean): void {
    this.#move(muted ? { muted: true, by: 'self' } : UNMUTED);
    this.#tell();
  }

  /** The room has told of the user. */
  follow(): void {
    const self = this.#deps.self();
    if (self === undefined) return;
    if (self.muted === this.#asked) this.#asked = undefined;
    const { state, tellServer } = onServerMute(this.#state, self.muted, this.#asked);
    if (state !== this.#state) this.#move(state);
    if (tellServer) this.#tell();
  }

  #move(state: MuteState): void {
    this.#state = state;
    this.#deps.onChange(state);
  }

  #tell(): void {
    const self = this.#deps.self();
    const { muted } = this.#state;
    // The room keeps a listener muted, whatever they wish.
    if (self === undefined || self.role === 'listener' || (this.#asked ?? self.muted) === muted) return;
    this.#asked = muted;
    void this.#deps.tellServer(self, muted).then((done) => {
      if (done) return;
      this.#asked = undefined;
      // Refused: what the server says holds, and nobody's microphone opens by itself.
      if (!muted) this.#move({ muted: true, by: 'moderator' });
    });
  }
}
