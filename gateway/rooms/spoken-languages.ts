/** The languages there are prompts in, written down by the voice server: a directory's machine may have others. */
export interface SpokenLanguages {
  /** By tag; none until a voice server has said. */
  list(): Promise<string[]>;
  /** From now on it is these. */
  replace(tags: readonly string[]): Promise<void>;
}

/**
 * The one of the languages that is spoken to whoever wants `tag`: `zh` for `zh-TW` where there is no other. Undefined
 * where there is none, and the default language is spoken.
 */
export function languageFor(tag: string, languages: readonly string[]): string | undefined {
  const parts = tag.split('-');
  return parts
    .map((_, index) => parts.slice(0, parts.length - index).join('-'))
    .find((candidate) => languages.includes(candidate));
}
