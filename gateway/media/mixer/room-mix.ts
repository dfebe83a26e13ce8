import { FRAME_SAMPLES } from './frame.js';
import { type Codec, encodeTable } from './g711.js';
import { Limiter } from './limiter.js';
import type { Player } from './playback.js';

/** One who hears the mix, and may be in it. */
export interface Mixed {
  /** The frame to be heard by the others; of use only while `heard`. */
  readonly frame: Int16Array;
  readonly heard: boolean;
  readonly codec: Codec;
}

/**
 * Sums a room's voices: once for all, then each talker's own is taken out again (N-1). All who are not heard
 * themselves get the same mix, encoded once for each codec.
 */
export class RoomMix {
  readonly #sum = new Int32Array(FRAME_SAMPLES);
  readonly #limiter = new Limiter();
  /** What one leg alone hears. */
  readonly #alone = new Int32Array(FRAME_SAMPLES);
  #announced: Int16Array = NOBODY;
  readonly #shared: Record<Codec, Uint8Array> = {
    PCMU: new Uint8Array(FRAME_SAMPLES),
    PCMA: new Uint8Array(FRAME_SAMPLES),
  };
  readonly #sharedReady: Record<Codec, boolean> = { PCMU: false, PCMA: false };

  /** Begins a frame: adds up everybody who is heard, and what is announced to the room. */
  begin(legs: readonly Mixed[], announced: Int16Array = NOBODY): void {
    const sum = this.#sum;
    if (announced === NOBODY) sum.fill(0);
    else sum.set(announced);
    this.#announced = announced;
    for (let index = 0; index < legs.length; index++) {
      const leg = legs[index] as Mixed;
      if (!leg.heard) continue;
      const frame = leg.frame;
      for (let i = 0; i < FRAME_SAMPLES; i++) sum[i] = (sum[i] as number) + (frame[i] as number);
    }
    this.#limiter.prepare(sum);
    this.#sharedReady.PCMU = false;
    this.#sharedReady.PCMA = false;
  }

  /** Writes what a leg hears, encoded, at `out[at ..]`. */
  encodeFor(leg: Mixed, out: Uint8Array, at: number): void {
    if (leg.heard) this.#encode(leg.frame, encodeTable(leg.codec), out, at);
    else out.set(this.#sharedMix(leg.codec), at);
  }

  /** The same for a leg that is `spared` what is announced, or that something is played to. */
  encodeAlone(leg: Mixed, spared: boolean, player: Player | undefined, out: Uint8Array, at: number): void {
    const heard = this.#alone;
    const own = leg.heard ? leg.frame : NOBODY;
    const announced = spared ? this.#announced : NOBODY;
    const gains = this.#limiter.gains;
    const limited = this.#limiter.active;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const sample = (this.#sum[i] as number) - (own[i] as number) - (announced[i] as number);
      heard[i] = limited ? sample * (gains[i] as number) : sample;
    }
    player?.layOver(heard);
    const table = encodeTable(leg.codec);
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      let sample = heard[i] as number;
      if (sample > 32_767) sample = 32_767;
      else if (sample < -32_768) sample = -32_768;
      out[at + i] = table[sample & 0xffff] as number;
    }
  }

  #sharedMix(codec: Codec): Uint8Array {
    const shared = this.#shared[codec];
    if (!this.#sharedReady[codec]) {
      this.#encode(NOBODY, encodeTable(codec), shared, 0);
      this.#sharedReady[codec] = true;
    }
    return shared;
  }

  #encode(own: Int16Array, table: Uint8Array, out: Uint8Array, at: number): void {
    const sum = this.#sum;
    const gains = this.#limiter.gains;
    const limited = this.#limiter.active;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      let sample = (sum[i] as number) - (own[i] as number);
      if (limited) sample = (sample * (gains[i] as number)) | 0;
      if (sample > 32_767) sample = 32_767;
      else if (sample < -32_768) sample = -32_768;
      out[at + i] = table[sample & 0xffff] as number;
    }
  }
}

const NOBODY = new Int16Array(FRAME_SAMPLES);
