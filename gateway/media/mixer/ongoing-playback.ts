import type { Playback, PlaybackEnd } from '../../sound.js';

/** A sound being played to a leg, as those outside the mixer's threads have it. */
export class OngoingPlayback implements Playback {
  readonly id: number;
  readonly ended: Promise<PlaybackEnd>;
  readonly #onStop: (playback: OngoingPlayback) => void;
  #settle: ((end: PlaybackEnd) => void) | undefined;

  /** `onStop` is called when somebody stops it before its end. */
  constructor(id: number, onStop: (playback: OngoingPlayback) => void) {
    this.id = id;
    this.#onStop = onStop;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  stop(): void {
    if (this.#settle === undefined) return;
    this.end('stopped');
    this.#onStop(this);
  }

  /** Says how it ended; the first word counts. */
  end(end: PlaybackEnd): void {
    this.#settle?.(end);
    this.#settle = undefined;
  }
}
