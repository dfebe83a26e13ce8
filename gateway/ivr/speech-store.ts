/** Speech kept on disk, so that a name is made once and not again after a restart. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import type { Utterance } from './spoken-name.js';
import { inTurns } from './steps.js';
import { decodeWav, encodeWav } from './wav.js';

export interface SpeechStore {
  /** Undefined for what is not kept, or cannot be read. */
  read(utterance: Utterance): Promise<Int16Array | undefined>;
  /** Never rejects: what cannot be kept is made again. */
  write(utterance: Utterance, samples: Int16Array): Promise<void>;
}

/** Raised when what is made of the same words changes. */
const FORM = 1;
/** About 60 MB of names of a second and a half. */
const MOST_FILES = 2500;
/** The oldest go first, some at a time, so that not every write looks through the folder. */
const KEPT_AFTER_CLEARING = 2000;
const FILE = /^[0-9a-f]{64}\.wav$/;
const UNFINISHED = /^[0-9a-f]{64}\.wav\.[0-9a-f-]{36}$/;

/** @param folder made when missing; its files are named by a hash of voice and words, read by nobody else */
export async function openSpeechStore(options: {
  folder: string;
  log: Log;
  mostFiles?: number;
  keptAfterClearing?: number;
}): Promise<SpeechStore> {
  const { folder, log, mostFiles = MOST_FILES, keptAfterClearing = KEPT_AFTER_CLEARING } = options;
  let saidSo = false;
  let files = await openFolder();

  /** Returns how many there are. */
  async function openFolder(): Promise<number> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const names = await readdir(folder);
      const unfinished = names.filter((name) => UNFINISHED.test(name));
      await Promise.all(unfinished.map((name) => rm(join(folder, name), { force: true })));
      return names.filter((name) => FILE.test(name)).length;
    } catch (error) {
      complain(error);
      return 0;
    }
  }

  /** A full disk would be told with every name. */
  function complain(error: unknown): void {
    if (!saidSo)
      log.warn({ err: error, folder }, 'spoken names cannot be kept on disk: they are made again when needed');
    saidSo = true;
  }

  async function clear(): Promise<void> {
    const names = (await readdir(folder)).filter((name) => FILE.test(name));
    const aged = await Promise.all(
      names.map(async (name) => ({ name, usedAt: (await stat(join(folder, name))).mtimeMs })),
    );
    const oldest = aged.sort((left, right) => right.usedAt - left.usedAt).slice(keptAfterClearing);
    await Promise.all(oldest.map(({ name }) => rm(join(folder, name), { force: true })));
    files = aged.length - oldest.length;
  }

  return {
    async read(utterance) {
      const file = join(folder, fileOf(utterance));
      try {
        const { samples } = await inTurns(decodeWav(await readFile(file), file));
        const now = new Date();
        await utimes(file, now, now);
        return Int16Array.from(samples, (sample) => sample * 0x8000);
      } catch {
        return undefined;
      }
    },
    async write(utterance, samples) {
      const file = join(folder, fileOf(utterance));
      const unfinished = `${file}.${randomUUID()}`;
      try {
        await writeFile(unfinished, encodeWav(samples), { mode: 0o600 });
        await rename(unfinished, file);
        files += 1;
        if (files > mostFiles) await clear();
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        complain(error);
      }
    },
  };
}

function fileOf({ voice, text }: Utterance): string {
  const words = JSON.stringify([FORM, voice.name, voice.wordsPerMinute, text]);
  return `${createHash('sha256').update(words).digest('hex')}.wav`;
}
