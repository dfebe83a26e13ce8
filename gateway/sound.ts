/** Linear PCM, 8000 Hz, mono, in shared memory: it is made once and played to many without being copied. */
export interface Sound {
  readonly samples: Int16Array<SharedArrayBuffer>;
}

export const SOUND_SAMPLE_RATE = 8000;

/** How a playback ended: the last sample was sent, or it was stopped, replaced, or its leg closed. */
export type PlaybackEnd = 'played' | 'stopped';

export interface PlayOptions {
  /** Begins again at its end until it is stopped. */
  readonly loop?: boolean;
}

export interface Playback {
  /** Never rejects. */
  readonly ended: Promise<PlaybackEnd>;
  /** From the next frame on nothing of it is heard. Idempotent. */
  stop(): void;
}

/** For whoever is gone already. */
export const NEVER_PLAYED: Playback = {
  ended: Promise.resolve('stopped'),
  stop: () => undefined,
};

/** Copies samples into shared memory. */
export function toSound(samples: Int16Array): Sound {
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return { samples: shared };
}
