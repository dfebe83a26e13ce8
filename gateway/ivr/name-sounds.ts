/** How people and groups are called: by a recording where there is one, else by espeak-ng. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import { BoundedCache } from './bounded-cache.js';
import type { SpokenLanguage } from './language.js';
import { readRecording } from './recording.js';
import type { Speech } from './speech.js';
import { cleanName, utterances } from './spoken-name.js';

export interface SpokenName {
  readonly name: string;
  readonly recordedAs?: string;
}

export interface NameSounds {
  /** The recording there is for a name now; a new one has a new version. */
  recordingOf(name: SpokenName): Promise<Recording | undefined>;
  /** Undefined for a name that cannot be said. */
  sound(name: SpokenName, language: SpokenLanguage, recording: Recording | undefined): Promise<NameSound>;
}

export interface Recording {
  readonly file: string;
  readonly version: number;
}

/** What was said one after the other; empty for a name that cannot be said, for now or (`forGood`) ever. */
export interface NameSound {
  readonly samples: readonly Int16Array[];
  readonly forGood: boolean;
}

/** What people are called, in a name of a file: no folder, nothing hidden. */
const SAFE_FILE_NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+-]{0,99}$/u;
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

export function createNameSounds({
  folder,
  speech,
  languages,
  log,
}: {
  /** Holds `ID.wav`. */
  folder: string;
  /** Undefined without espeak-ng. */
  speech: Speech | undefined;
  languages: readonly SpokenLanguage[];
  log: Log;
}): NameSounds {
  const kept = new BoundedCache<string, Int16Array>(MOST_KEPT_BYTES, (samples) => samples.byteLength);

  async function read({ file, version }: Recording): Promise<Int16Array | undefined> {
    const key = `${version} ${file}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    try {
      const samples = await readRecording(file);
      kept.set(key, samples);
      return samples;
    } catch (error) {
      log.warn({ err: error, file }, 'a recorded name cannot be played');
      return undefined;
    }
  }

  async function speak(name: string, language: SpokenLanguage): Promise<NameSound> {
    if (speech === undefined) return { samples: [], forGood: true };
    const words = utterances(cleanName(name), language, languages);
    if (words.length === 0) log.warn({ characters: name.length }, 'a name has nothing that can be spoken: left out');
    try {
      return { samples: await Promise.all(words.map((utterance) => speech.speak(utterance))), forGood: true };
    } catch (error) {
      log.warn({ err: error, characters: name.length }, 'a name could not be spoken: left out');
      return { samples: [], forGood: false };
    }
  }

  return {
    async recordingOf({ name, recordedAs }) {
      for (const id of [recordedAs, name]) {
        if (id === undefined || !SAFE_FILE_NAME.test(id)) continue;
        const file = join(folder, `${id}.wav`);
        try {
          return { file, version: (await stat(file)).mtimeMs };
        } catch {
          // There is none: the usual case.
        }
      }
      return undefined;
    },
    async sound({ name }, language, recording) {
      const recorded = recording === undefined ? undefined : await read(recording);
      return recorded === undefined ? speak(name, language) : { samples: [recorded], forGood: true };
    },
  };
}
