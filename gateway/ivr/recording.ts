import { readFile, stat } from 'node:fs/promises';
import { RoomlineError } from '../errors.js';
import { type SpeechLevelOptions, toTelephone } from './speech-level.js';
import { inTurns } from './steps.js';
import { decodeWav } from './wav.js';

/** Ten minutes of music as good as a studio makes it. */
const MOST_BYTES = 180_000_000;

/**
 * A WAV file, ready to be played.
 * @throws RoomlineError `invalid` naming the file and what is wrong with it
 */
export async function readRecording(file: string, options?: SpeechLevelOptions): Promise<Int16Array> {
  const { size } = await stat(file);
  if (size > MOST_BYTES) {
    throw new RoomlineError('invalid', `${file} has ${size} bytes: at most ${MOST_BYTES} are read`, {
      code: 'bad-wav',
    });
  }
  return inTurns(toTelephone(await inTurns(decodeWav(await readFile(file), file)), file, options));
}
