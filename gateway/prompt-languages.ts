/** Which languages there are prompts in, by the folders they are in: the shipped one, and the operator's own. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, PACKAGE_ROOT } from './config.js';
import { RoomlineError } from './errors.js';
import type { SpokenLanguages } from './rooms/spoken-languages.js';
import { LANGUAGE_PATTERN } from './rooms/user.js';

export interface PromptFolders {
  readonly shipped: string;
  /** Need not exist. */
  readonly own: string;
}

export function promptFolders({ data, prompts }: Pick<Config, 'data' | 'prompts'>): PromptFolders {
  return { shipped: join(PACKAGE_ROOT, 'config', 'prompts'), own: prompts.folder ?? join(data, 'prompts') };
}

/** What the voice server speaks; until one has said so, what a voice server on this machine would. */
export function knownLanguages(told: SpokenLanguages, folders: PromptFolders): () => Promise<readonly string[]> {
  return async () => {
    const languages = await told.list();
    return languages.length > 0 ? languages : languagesOfFolders(folders);
  };
}

async function languagesOfFolders({ shipped, own }: PromptFolders): Promise<string[]> {
  // A folder that cannot be read keeps the voice server from starting, and nobody here from their page.
  const found = await Promise.all([languagesIn(shipped), languagesIn(own).catch(() => [])]);
  return [...new Set(found.flat())].sort();
}

/** @throws RoomlineError `invalid` for a folder that cannot be read; one there is not has none */
export async function languagesIn(folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new RoomlineError('invalid', `cannot read the prompts in ${folder}: ${(error as Error).message}`, {
      code: 'bad-language',
      cause: error,
    });
  }
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && LANGUAGE_PATTERN.test(entry.name))
    .map(({ name }) => name);
}
