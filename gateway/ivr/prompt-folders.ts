/** The folders prompts are in: the shipped one, and the operator's own, which goes over it file by file. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RoomlineError } from '../errors.js';
import { languagesIn, type PromptFolders } from '../prompt-languages.js';
import { laidOver, parseYaml } from '../yaml-tree.js';
import { createLanguage, type SpokenLanguage, type Voice } from './language.js';

/** A language, and where its fixed parts are. */
export interface LanguageFolder {
  readonly language: SpokenLanguage;
  /** The recording of each fixed part; those that are in none are to be spoken. */
  readonly recordings: ReadonlyMap<string, string>;
  /** Where missing ones belong. */
  readonly path: string;
}

const LANGUAGE_FILE = 'language.yaml';

/**
 * The languages of both folders.
 * @throws RoomlineError `invalid` naming what is wrong with which file
 */
export async function readLanguages(folders: PromptFolders): Promise<LanguageFolder[]> {
  const [shipped, own] = await Promise.all([languagesIn(folders.shipped), languagesIn(folders.own)]);
  const tags = [...new Set([...shipped, ...own])].sort();
  return Promise.all(
    tags.map((tag) =>
      readLanguage(
        tag,
        shipped.includes(tag) ? join(folders.shipped, tag) : undefined,
        own.includes(tag) ? join(folders.own, tag) : undefined,
      ),
    ),
  );
}

/** The first of the folders that has the file. */
export async function findFile(folders: readonly string[], file: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, file);
    if (await exists(path)) return path;
  }
  return undefined;
}

async function readLanguage(tag: string, shipped?: string, own?: string): Promise<LanguageFolder> {
  const shippedContent = shipped === undefined ? undefined : await readYaml(shipped);
  const ownContent = own === undefined ? undefined : await readYaml(own);
  const path = own ?? shipped ?? tag;
  if (shippedContent === undefined && ownContent === undefined) {
    throw refuse(`${path} lacks ${LANGUAGE_FILE}: it names the voice and the words of a language`);
  }
  const source = join(ownContent === undefined ? (shipped ?? path) : path, LANGUAGE_FILE);
  const language = createLanguage(tag, laidOver(shippedContent, ownContent), source);
  // Where the operator changed the words, what is shipped says others.
  const asShipped =
    ownContent === undefined || shippedContent === undefined
      ? language
      : createLanguage(tag, shippedContent, join(shipped ?? tag, LANGUAGE_FILE));
  const recordings = new Map<string, string>();
  for (const [file, text] of language.files) {
    const isShipped = asShipped.files.get(file) === text && sameVoice(asShipped.voice, language.voice);
    const folders = [own, isShipped ? shipped : undefined].filter((folder) => folder !== undefined);
    const recording = await findFile(folders, file);
    if (recording !== undefined) recordings.set(file, recording);
  }
  return { language, recordings, path };
}

function sameVoice(left: Voice, right: Voice): boolean {
  return left.name === right.name && left.wordsPerMinute === right.wordsPerMinute;
}

async function readYaml(folder: string): Promise<unknown> {
  const file = join(folder, LANGUAGE_FILE);
  if (!(await exists(file))) return undefined;
  try {
    return parseYaml(await readFile(file, 'utf8'));
  } catch (error) {
    throw refuse(`cannot read ${file}: ${(error as Error).message}`, error);
  }
}

function refuse(message: string, cause?: unknown): RoomlineError {
  return new RoomlineError('invalid', message, { code: 'bad-language', cause });
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
