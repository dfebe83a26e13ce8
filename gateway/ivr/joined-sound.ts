import { SOUND_SAMPLE_RATE, type Sound } from '../sound.js';

/** A piece of a prompt, and the silence in front of it. */
export interface Piece {
  readonly samples: Int16Array;
  readonly pauseMs: number;
}

/** One sound of all pieces. */
export function joinPieces(pieces: readonly Piece[]): Sound {
  const gaps = pieces.map(({ pauseMs }) => Math.round((pauseMs * SOUND_SAMPLE_RATE) / 1000));
  const length = pieces.reduce((sum, { samples }, index) => sum + samples.length + (gaps[index] ?? 0), 0);
  const joined = new Int16Array(new SharedArrayBuffer(2 * length));
  let at = 0;
  for (const [index, { samples }] of pieces.entries()) {
    at += gaps[index] ?? 0;
    joined.set(samples, at);
    at += samples.length;
  }
  return { samples: joined };
}
