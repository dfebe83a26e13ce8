import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { createSpeaker, type RunningSpeaker, type SpeakerOptions } from '../../gateway/ivr/create-speaker.js';
import { toTelephone } from '../../gateway/ivr/speech-level.js';
import { inTurns, type Steps } from '../../gateway/ivr/steps.js';
import { encodeWav } from '../../gateway/ivr/wav.js';
import { keepLog, type LogLine } from '../support/log-lines.js';
import { tone } from '../support/signal.js';
import { temporaryFolder } from '../support/temporary-folder.js';

export const SHIPPED_PROMPTS = join(PACKAGE_ROOT, 'config', 'prompts');

/** The last few samples of a tone that a studio might have recorded. */
export const RECORDED_HZ = 1000;

/** A gateway's data folder, its operator's own prompts in it, and an espeak-ng that notes how it was called. */
export class SpeakerHost {
  readonly data = temporaryFolder('speaker');
  readonly own = join(this.data, 'prompts');
  readonly lines: LogLine[];
  readonly #log;
  readonly #calls = join(this.data, 'espeak-calls');

  constructor() {
    const { log, lines } = keepLog();
    this.#log = log;
    this.lines = lines;
  }

  start(options: Partial<SpeakerOptions> = {}): Promise<RunningSpeaker> {
    return createSpeaker({
      folders: { shipped: SHIPPED_PROMPTS, own: this.own },
      speechFolder: join(this.data, 'speech'),
      defaultLanguage: 'en',
      values: { minutes: { count: 5 } },
      espeak: { program: this.program('espeak', 'exec espeak-ng "$@"') },
      log: this.#log,
      ...options,
    });
  }

  /** A program that notes its arguments and what it reads, and then does as told. */
  program(name: string, script: string): string {
    const file = this.write(`${name}.sh`, `#!/bin/sh\necho "$*" >> '${this.#calls}'\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  /** The arguments espeak-ng was called with, without the look whether it is there. */
  get calls(): string[] {
    if (!existsSync(this.#calls)) return [];
    return readFileSync(this.#calls, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((call) => call !== '--version');
  }

  /** @param name of the file, from the data folder */
  write(name: string, content: string | Buffer): string {
    const file = join(this.data, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** A recording of a tone, of half a second. */
  record(name: string, hertz = RECORDED_HZ): string {
    return this.write(name, encodeWav(tone(hertz, 4000)));
  }
}

export const finish = <T>(steps: Steps<T>): Promise<T> => inTurns(steps);

/** What a tone becomes that is recorded. */
export async function asPlayed(samples: Int16Array): Promise<Int16Array> {
  const audio = { sampleRateHz: 8000, samples: Float32Array.from(samples, (sample) => sample / 0x8000) };
  return finish(toTelephone(audio, 'a test'));
}

/** Where a piece is in a sound, from a sample on; -1 where it is not. */
export function findPiece(sound: Int16Array, piece: Int16Array, from = 0): number {
  const first = piece.findIndex((sample) => sample !== 0);
  for (let at = from; at + piece.length <= sound.length; at++) {
    if (sound[at + first] !== piece[first]) continue;
    if (piece.every((sample, index) => sound[at + index] === sample)) return at;
  }
  return -1;
}
