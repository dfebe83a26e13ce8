import { FRAME_SAMPLES } from './frame.js';
import { Limiter } from './limiter.js';
import type { LegId, Samples } from './mixer.js';

/** Reads a sound out, a frame at a time. */
export class SoundReader {
  readonly frame = new Int16Array(FRAME_SAMPLES);
  #samples: Samples | undefined;
  #position = 0;
  #loop = false;

  /** Begins at `position`, in samples. */
  start(samples: Samples, loop: boolean, position = 0): void {
    this.#samples = samples;
    this.#position = position;
    // Of nothing there is no end to come to.
    this.#loop = loop && samples.length > 0;
  }

  stop(): void {
    this.#samples = undefined;
    this.frame.fill(0);
  }

  /** False once the last sample was read. */
  get reading(): boolean {
    return this.#samples !== undefined;
  }

  get position(): number {
    return this.#position;
  }

  /** Fills `frame`, the end padded with silence; false when nothing is left. */
  next(): boolean {
    const samples = this.#samples;
    if (samples === undefined) return false;
    const frame = this.frame;
    let position = this.#position;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      if (position === samples.length && this.#loop) position = 0;
      frame[i] = position < samples.length ? (samples[position++] as number) : 0;
    }
    this.#position = position;
    if (position === samples.length && !this.#loop) this.#samples = undefined;
    return true;
  }
}

/** What is played, and where it stands. */
export interface PlaybackState {
  readonly playback: number;
  readonly samples: Samples;
  readonly loop: boolean;
  /** The next sample to be sent. */
  readonly position: number;
}

/** Plays to one leg, over what it hears; a sum too loud is turned down as that of a room is. */
export class Player {
  readonly #reader = new SoundReader();
  readonly #limiter = new Limiter();
  readonly #onPlayed: (playback: number) => void;
  #current: Omit<PlaybackState, 'position'> | undefined;
  #idle = true;

  /** `onPlayed` hears of each that came to its end. */
  constructor(onPlayed: (playback: number) => void) {
    this.#onPlayed = onPlayed;
  }

  /** Takes the place of whatever was played before. */
  start({ position, ...sound }: PlaybackState): void {
    this.#current = sound;
    this.#reader.start(sound.samples, sound.loop, position);
    this.#idle = false;
  }

  /** Nothing unless it is what is played now. */
  stop(playback: number): void {
    if (this.#current?.playback !== playback) return;
    this.#current = undefined;
    this.#reader.stop();
  }

  get state(): PlaybackState | undefined {
    return this.#current && { ...this.#current, position: this.#reader.position };
  }

  /** True while there is something to lay over what the leg hears. */
  get active(): boolean {
    return !this.#idle;
  }

  /** Lays the next frame over what the leg hears. */
  layOver(heard: Int32Array): void {
    const playing = this.#reader.next();
    if (playing) {
      const frame = this.#reader.frame;
      for (let i = 0; i < FRAME_SAMPLES; i++) heard[i] = (heard[i] as number) + (frame[i] as number);
    }
    this.#limiter.prepare(heard);
    if (this.#limiter.active) {
      const gains = this.#limiter.gains;
      for (let i = 0; i < FRAME_SAMPLES; i++) heard[i] = (heard[i] as number) * (gains[i] as number);
    }
    if (playing && !this.#reader.reading) this.#tellPlayed();
    // What the leg hears comes back to its loudness before it is left alone.
    this.#idle = !playing && !this.#limiter.active;
  }

  #tellPlayed(): void {
    const played = this.#current;
    this.#current = undefined;
    if (played !== undefined) this.#onPlayed(played.playback);
  }
}

/** So many sounds wait for their turn; more are left out, since nobody wants to hear what is long past. */
const MOST_WAITING = 8;

/** Plays to a whole room, but for some: one sound after the other. */
export class Announcer {
  readonly #reader = new SoundReader();
  readonly #waiting: { samples: Samples; except: ReadonlySet<LegId> }[] = [];
  #except: ReadonlySet<LegId> = new Set();

  /** What everybody hears; of use only after `next` said so. */
  get frame(): Int16Array {
    return this.#reader.frame;
  }

  announce(samples: Samples, except: readonly LegId[]): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ samples, except: new Set(except) });
  }

  /** Makes `frame` the next frame; false when there is nothing to be heard. */
  next(): boolean {
    if (!this.#reader.reading) {
      const next = this.#waiting.shift();
      if (next === undefined) return false;
      this.#except = next.except;
      this.#reader.start(next.samples, false);
    }
    return this.#reader.next();
  }

  /** True for a leg that does not hear what is announced now. */
  spares(leg: LegId): boolean {
    return this.#except.has(leg);
  }
}
