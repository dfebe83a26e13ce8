/** A language as its `language.yaml` has it: its prompts taken apart, the words of its numbers, and the files of all. */
import { RoomlineError } from '../errors.js';
import {
  COUNT_PLACES,
  type LanguageFile,
  languageSchema,
  NAME_PLACES,
  PLACES,
  PLURALS,
  type Script,
} from './language-file.js';
import { countWords, type NumberRules, readNumberRules, wordsOf } from './number-words.js';
import { type PromptPart, placesIn, promptParts } from './prompt-text.js';
import { PROMPT_NAMES, type PromptName } from './speaker.js';

/** How something is said by espeak-ng. */
export interface Voice {
  readonly name: string;
  readonly wordsPerMinute: number;
}

export interface SpokenLanguage {
  readonly tag: string;
  readonly name: string;
  readonly voice: Voice;
  /** Those its voice can read. */
  readonly scripts: readonly Script[];
  /** The parts of a prompt; where the number in it decides, of the text for that number. */
  partsOf(prompt: PromptName, count: number | undefined): readonly PromptPart[];
  /** The file of a digit or `+`; undefined for any other character. */
  digitFile(character: string): string | undefined;
  /** The files of a whole number from 0. */
  countFiles(count: number): readonly string[];
  /** What is said for a name that cannot be; undefined for a place that is none of a name. */
  insteadOf(place: string): string | undefined;
  /** Every fixed file there must be, with its text. */
  readonly files: ReadonlyMap<string, string>;
}

const DIGITS = [...'0123456789+'];
/** Rules that speak these speak the ones between, too. */
const TRIED_COUNTS = [...Array(1000).keys(), 1000, 1001, 1010, 1100, 2000, 9999, 10_000, 99_999, 100_000, 1_000_000];

/**
 * @param content of one `language.yaml`, or of several laid over each other
 * @param source the file it is in, for errors
 * @throws RoomlineError `invalid` that lists everything wrong with it
 */
export function createLanguage(tag: string, content: unknown, source: string): SpokenLanguage {
  const result = languageSchema.safeParse(content);
  if (!result.success) {
    throw refuse(
      source,
      result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    );
  }
  const file = result.data;
  const wrong = [...wrongTexts(file), ...wrongDigits(file)];
  const rules = checkedRules(file, wrong);
  if (wrong.length > 0 || rules === undefined) throw refuse(source, wrong);

  const prompts = new Map(PROMPT_NAMES.map((prompt) => [prompt, textsOf(file, prompt)]));
  const plural = new Intl.PluralRules(tag);
  const files = new Map<string, string>();
  for (const texts of prompts.values()) {
    for (const part of texts.flatMap(({ parts }) => parts)) if ('file' in part) files.set(part.file, part.text);
  }
  for (const place of NAME_PLACES) files.set(insteadFile(place), `${file.instead[place]},`);
  for (const word of [...wordsOf(rules), ...Object.values(file.digits)])
    files.set(wordFile(word), file.words[word] ?? '');

  return {
    tag,
    name: file.name,
    voice: { name: file.voice, wordsPerMinute: file.wordsPerMinute },
    scripts: file.scripts,
    files,
    partsOf(prompt, count) {
      const texts = prompts.get(prompt) ?? [];
      const wanted = count === undefined ? 'other' : plural.select(count);
      const chosen = texts.find((text) => text.plural === wanted) ?? texts.find((text) => text.plural === 'other');
      return chosen?.parts ?? [];
    },
    digitFile(character) {
      const word = file.digits[character];
      return word === undefined ? undefined : wordFile(word);
    },
    countFiles: (count) => countWords(rules, count).map(wordFile),
    insteadOf: (place) => (NAME_PLACES.some((name) => name === place) ? insteadFile(place) : undefined),
  };
}

function refuse(source: string, wrong: readonly string[]): RoomlineError {
  return new RoomlineError('invalid', `${source} cannot be used: ${wrong.join('; ')}`, { code: 'bad-language' });
}

const wordFile = (word: string) => `word-${word}.wav`;
const insteadFile = (place: string) => `instead-of-${place}.wav`;

/** A prompt's texts for one, few, many...; one for all numbers is `other`, and says nothing of it in its files' names. */
function textsOf({ texts }: LanguageFile, prompt: PromptName): { plural: string; parts: PromptPart[] }[] {
  const text = texts[prompt] ?? '';
  if (typeof text === 'string') return [{ plural: 'other', parts: promptParts(prompt, text) }];
  return PLURALS.flatMap((plural) => {
    const variant = text[plural];
    return variant === undefined ? [] : [{ plural, parts: promptParts(`${prompt}-${plural}`, variant) }];
  });
}

function* wrongTexts({ texts }: LanguageFile): Generator<string> {
  const missing = PROMPT_NAMES.filter((prompt) => texts[prompt] === undefined);
  if (missing.length > 0) yield `texts lacks ${missing.join(', ')}`;
  for (const prompt of PROMPT_NAMES) {
    const text = texts[prompt];
    if (text === undefined) continue;
    const variants = typeof text === 'string' ? { other: text } : text;
    for (const [plural, variant = ''] of Object.entries(variants)) {
      yield* wrongPlaces(prompt, variant, { forOneNumber: plural !== 'other' });
    }
  }
}

function* wrongPlaces(
  prompt: PromptName,
  text: string,
  { forOneNumber }: { forOneNumber: boolean },
): Generator<string> {
  const { must, may = [] } = PLACES[prompt] ?? { must: [] };
  const has = placesIn(text);
  const isCount = (place: string) => COUNT_PLACES.some((name) => name === place);
  const lacks = must.filter((place) => !has.includes(place) && !(forOneNumber && isCount(place)));
  const unknown = has.filter((place) => ![...must, ...may].includes(place));
  if (lacks.length > 0) yield `texts.${prompt} lacks ${lacks.map((place) => `{${place}}`).join(', ')}`;
  if (unknown.length > 0)
    yield `texts.${prompt} has ${unknown.map((place) => `{${place}}`).join(', ')}, which it is not given`;
  if (/[{}]/.test(text.replace(/\{[a-z]+\}/g, ''))) yield `texts.${prompt} has a brace that is no place`;
}

function* wrongDigits({ digits, words }: LanguageFile): Generator<string> {
  const missing = DIGITS.filter((digit) => digits[digit] === undefined);
  if (missing.length > 0) yield `digits lacks ${missing.join(', ')}`;
  const unknown = Object.values(digits).filter((word) => words[word] === undefined);
  if (unknown.length > 0) yield `words lacks ${unknown.join(', ')}, which digits has`;
}

/** Adds to `wrong` what is wrong with the rules, and returns them when nothing is. */
function checkedRules({ numbers, words }: LanguageFile, wrong: string[]): NumberRules | undefined {
  try {
    const rules = readNumberRules(numbers);
    const unknown = [...wordsOf(rules)].filter((word) => words[word] === undefined);
    if (unknown.length > 0) wrong.push(`words lacks ${unknown.join(', ')}, which numbers has`);
    for (const count of TRIED_COUNTS) countWords(rules, count);
    return rules;
  } catch (error) {
    wrong.push((error as Error).message);
    return undefined;
  }
}
