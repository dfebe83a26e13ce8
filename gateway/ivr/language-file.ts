/** What a language's `language.yaml` may say, and how an operator's own goes over the one that is shipped. */
import { z } from 'zod';
import { PROMPT_NAMES, type PromptName } from './speaker.js';

/** Scripts names are written in, as Unicode calls them. */
export const SCRIPTS = [
  'Latin',
  'Han',
  'Cyrillic',
  'Greek',
  'Hangul',
  'Hiragana',
  'Katakana',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Thai',
  'Armenian',
  'Georgian',
] as const;
export type Script = (typeof SCRIPTS)[number];

/** What stands in for a name that cannot be spoken, by its place. */
export const NAME_PLACES = ['inviter', 'group', 'name'] as const;
/** How many: others in the room, minutes until the next call. */
export const COUNT_PLACES = ['count', 'minutes'] as const;

/** The places a prompt must have, in any order; those of COUNT_PLACES may be missing where a text is for one number. */
export const PLACES: Partial<Record<PromptName, { must: readonly string[]; may?: readonly string[] }>> = {
  invitation: { must: ['inviter', 'group'], may: ['minutes'] },
  'invitation-to-person': { must: ['inviter'], may: ['minutes'] },
  'invitation-snoozed': { must: [], may: ['minutes'] },
  joined: { must: ['name'] },
  'count-here': { must: ['count'] },
};

export const PLURALS = ['zero', 'one', 'two', 'few', 'many', 'other'] as const;

const text = z.string().trim().min(1).max(500);
const key = z.string().regex(/^[a-z0-9-]{1,40}$/, 'is not a name of small letters, digits and hyphens');
const byPlural = z
  .strictObject(Object.fromEntries(PLURALS.map((plural) => [plural, text.optional()])))
  .refine((texts) => texts.other !== undefined, 'lacks `other`');

export const languageSchema = z.strictObject({
  name: z.string().min(1),
  // It is an argument of espeak-ng.
  voice: z.string().regex(/^[a-z][A-Za-z0-9+_-]{0,63}$/, 'is not a voice: see espeak-ng --voices'),
  wordsPerMinute: z.int().min(80).max(400).default(165),
  scripts: z.array(z.enum(SCRIPTS)).default([]),
  texts: z.partialRecord(z.enum(PROMPT_NAMES), z.union([text, byPlural])),
  instead: z.strictObject({ inviter: text, group: text, name: text }),
  words: z.record(key, text),
  digits: z.record(z.string().regex(/^[0-9+]$/, 'is neither a digit nor +'), key),
  numbers: z.record(
    key,
    z.record(
      z.string().regex(/^(0|[1-9]\d{0,11})$/, 'is not a number'),
      z.union([z.string(), z.number()]).pipe(z.coerce.string()),
    ),
  ),
});

export type LanguageFile = z.output<typeof languageSchema>;
