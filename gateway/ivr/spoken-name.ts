/** Names as people write them, made fit to be spoken: what is no word is gone, and each script has a voice that reads it. */
import type { SpokenLanguage, Voice } from './language.js';
import { SCRIPTS, type Script } from './language-file.js';

/** Longer ones are cut: nobody listens to more, and each costs time to make. */
const MOST_CHARACTERS = 60;
/** Compatibility forms can become many characters: what is looked at is bounded, too. */
const MOST_LOOKED_AT = 500;

/**
 * Everything else is taken out: control characters and emoji, and what espeak-ng would take for markup or phonemes
 * (`<...>`, `[[...]]`, `&...;`).
 */
const NOT_SPOKEN = /[^\p{L}\p{M}\p{N}.,'’@+-]+/gu;
const WORD_CHARACTER = /[\p{L}\p{N}]/u;

/** Voices for scripts that no language here reads. */
const OTHER_VOICES: Readonly<Record<Script, string>> = {
  Latin: 'en-us',
  // Its sister `cmn` reads the sounds of many characters out as English letters in espeak-ng 1.51.
  Han: 'cmn-latn-pinyin',
  Cyrillic: 'ru',
  Greek: 'el',
  Hangul: 'ko',
  Hiragana: 'ja',
  Katakana: 'ja',
  Arabic: 'ar',
  Hebrew: 'he',
  Devanagari: 'hi',
  Thai: 'th',
  Armenian: 'hy',
  Georgian: 'ka',
};
const OTHER_WORDS_PER_MINUTE = 165;

/** Words that one voice says. */
export interface Utterance {
  readonly voice: Voice;
  readonly text: string;
}

/** The name without anything that is not said; empty when nothing is left. */
export function cleanName(name: string): string {
  const words = name.slice(0, MOST_LOOKED_AT).normalize('NFKC').replace(NOT_SPOKEN, ' ').trim();
  const characters = [...words];
  const kept = characters.slice(0, MOST_CHARACTERS).join('');
  const whole = characters.length > MOST_CHARACTERS ? kept.replace(/\s\S*$/, '') : kept;
  return WORD_CHARACTER.test(whole) ? whole : '';
}

/**
 * What each voice has to say of a clean name, in order: the language's own voice for scripts it reads, else that of
 * the first language that does, else one espeak-ng has. Words in a script of none of these are left out.
 */
export function utterances(name: string, language: SpokenLanguage, others: readonly SpokenLanguage[]): Utterance[] {
  const utterances: { voice: Voice; text: string }[] = [];
  for (const { script, text } of runs(name)) {
    const voice = script === undefined ? language.voice : voiceFor(script, [language, ...others]);
    const last = utterances.at(-1);
    if (voice === undefined || !WORD_CHARACTER.test(text)) continue;
    if (last !== undefined && last.voice.name === voice.name) last.text += text;
    else utterances.push({ voice, text });
  }
  // The comma keeps the voice up: a sentence goes on behind most names.
  return utterances.map(({ voice, text }) => ({ voice, text: `${text.trim()},` }));
}

function voiceFor(script: Script | 'unknown', languages: readonly SpokenLanguage[]): Voice | undefined {
  if (script === 'unknown') return undefined;
  const language = languages.find(({ scripts }) => scripts.includes(script));
  return language?.voice ?? { name: OTHER_VOICES[script], wordsPerMinute: OTHER_WORDS_PER_MINUTE };
}

/** Stretches of one script; digits, blanks and marks go with what is before them. Undefined: nothing but those. */
function runs(text: string): { script: Script | 'unknown' | undefined; text: string }[] {
  const found: { script: Script | 'unknown' | undefined; text: string }[] = [];
  for (const character of text) {
    const script = scriptOf(character);
    const last = found.at(-1);
    if (last === undefined) {
      found.push({ script, text: character });
    } else if (script === undefined || last.script === undefined || script === last.script) {
      last.text += character;
      last.script ??= script;
    } else {
      found.push({ script, text: character });
    }
  }
  return found;
}

const SCRIPT_PATTERNS = SCRIPTS.map((script): [Script, RegExp] => [script, new RegExp(`\\p{Script=${script}}`, 'u')]);
const SHARED = /[\p{Script=Common}\p{Script=Inherited}]/u;

function scriptOf(character: string): Script | 'unknown' | undefined {
  if (SHARED.test(character)) return undefined;
  return SCRIPT_PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? 'unknown';
}
