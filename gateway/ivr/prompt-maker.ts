/**
 * Makes the recordings that are shipped, from the texts: those that are missing, and those whose text or voice changed
 * since they were made. A recording that was not made here, such as a studio's, is left as it is.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { createEspeak } from './espeak.js';
import { readLanguages } from './prompt-folders.js';
import { makeSound, SOUNDS_FORM } from './shipped-sounds.js';
import { synthesize } from './speech.js';
import { toTelephone } from './speech-level.js';
import { inTurns } from './steps.js';
import { encodeWav } from './wav.js';

/** Raised when the same words shall be made anew. */
const FORM = 1;
const MADE_FILE = 'made.json';

interface Made {
  /** A hash of what it was made of, and of what it is. */
  readonly of: string;
  readonly is: string;
}

interface Item {
  readonly file: string;
  readonly of: string;
  make(): Promise<Int16Array>;
}

/**
 * @param folder with a folder for each language
 * @param say is told each file that is made, removed or left alone
 * @returns how many were made
 */
export async function makePrompts(
  folder: string,
  { say, program }: { say: (line: string) => void; program?: string },
): Promise<number> {
  const espeak = createEspeak({ program });
  const languages = await readLanguages({ shipped: folder, own: join(folder, 'none') });
  let made = await makeFiles(join(folder, 'sounds'), soundItems(), say);
  for (const { language, path } of languages) {
    const { voice } = language;
    const items = [...language.files].map(([file, text]) => ({
      file,
      of: hash(JSON.stringify([FORM, voice.name, voice.wordsPerMinute, text])),
      make: () => synthesize(espeak, { voice, text }),
    }));
    made += await makeFiles(path, items, say);
  }
  return made;
}

function soundItems(): Item[] {
  return (['entered', 'music'] as const).map((name) => ({
    file: `${name}.wav`,
    of: hash(`${name} ${SOUNDS_FORM}`),
    make: () => {
      const audio = { sampleRateHz: SOUND_SAMPLE_RATE, samples: makeSound(name) };
      return inTurns(toTelephone(audio, name, { trim: name === 'entered' }));
    },
  }));
}

async function makeFiles(folder: string, items: readonly Item[], say: (line: string) => void): Promise<number> {
  await mkdir(folder, { recursive: true });
  const before = await readMade(folder);
  const after: Record<string, Made> = {};
  let count = 0;
  for (const { file, of, make } of items) {
    const path = join(folder, file);
    const known = before[file];
    const present = await hashOfFile(path);
    if (present !== undefined && present !== known?.is) {
      say(`left alone: ${path} was not made here`);
      if (known !== undefined) after[file] = known;
      continue;
    }
    if (present !== undefined && known?.of === of) {
      after[file] = known;
      continue;
    }
    const wav = encodeWav(await make());
    await writeFile(path, wav);
    after[file] = { of, is: hash(wav) };
    say(`made ${path}`);
    count += 1;
  }
  await removeUnneeded(folder, before, after, say);
  await writeFile(join(folder, MADE_FILE), `${JSON.stringify(after, undefined, 2)}\n`);
  return count;
}

/** What was made once, and no text wants any more. */
async function removeUnneeded(
  folder: string,
  before: Readonly<Record<string, Made>>,
  after: Readonly<Record<string, Made>>,
  say: (line: string) => void,
): Promise<void> {
  for (const [file, made] of Object.entries(before)) {
    const path = join(folder, file);
    if (after[file] !== undefined || (await hashOfFile(path)) !== made.is) continue;
    await rm(path);
    say(`removed ${path}: no text has it any more`);
  }
}

async function readMade(folder: string): Promise<Record<string, Made>> {
  try {
    return JSON.parse(await readFile(join(folder, MADE_FILE), 'utf8')) as Record<string, Made>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

async function hashOfFile(path: string): Promise<string | undefined> {
  try {
    return hash(await readFile(path));
  } catch {
    return undefined;
  }
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
