import { join } from 'node:path';
import type { Config } from '../config.js';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { type PromptFolders, promptFolders } from '../prompt-languages.js';
import { languageFor } from '../rooms/spoken-languages.js';
import { type Sound, toSound } from '../sound.js';
import { createEspeak, type EspeakOptions, espeakVersion } from './espeak.js';
import type { SpokenLanguage } from './language.js';
import { createNameSounds } from './name-sounds.js';
import { exists, findFile, type LanguageFolder, readLanguages } from './prompt-folders.js';
import { createPromptSounds } from './prompt-sounds.js';
import { readRecording } from './recording.js';
import type { SoundName, Speaker, SpokenValue } from './speaker.js';
import { createSpeech, type Speech } from './speech.js';
import { openSpeechStore } from './speech-store.js';

export interface SpeakerOptions {
  readonly folders: PromptFolders;
  /** Where spoken names are kept. */
  readonly speechFolder: string;
  /** The operator said where their own folder is: it is there, then. */
  readonly ownIsNamed?: boolean;
  readonly defaultLanguage: string;
  /** Others that are asked for, by the key of the configuration that does. */
  readonly wantedLanguages?: Readonly<Record<string, string>>;
  /** What a prompt is told unless it is told otherwise: what is the same for all. */
  readonly values?: Readonly<Record<string, SpokenValue>>;
  readonly espeak?: EspeakOptions;
  readonly log: Log;
}

/** A speaker that runs espeak-ng while it says what it has not said before. */
export interface RunningSpeaker extends Speaker {
  stop(): Promise<void>;
}

/** Quieter than speech, so that whoever enters is heard over them; a loop keeps its own beginning and end. */
const SOUNDS: Readonly<Record<SoundName, { levelDbov: number; trim: boolean }>> = {
  entered: { levelDbov: -30, trim: true },
  music: { levelDbov: -34, trim: false },
};

/** What a speaker needs of the configuration. */
export function speakerSettings(
  config: Pick<Config, 'data' | 'prompts' | 'invitations' | 'trunks'>,
): Omit<SpeakerOptions, 'log'> {
  const ofTrunks = Object.entries(config.trunks).flatMap(([name, { language }]) =>
    language === null ? [] : [[`trunks.${name}.language`, language]],
  );
  return {
    folders: promptFolders(config),
    speechFolder: join(config.data, 'speech'),
    ownIsNamed: config.prompts.folder !== null,
    defaultLanguage: config.prompts.language,
    wantedLanguages: Object.fromEntries(ofTrunks),
    values: { minutes: { count: Math.max(1, Math.round(config.invitations.snoozeSeconds / 60)) } },
  };
}

/**
 * Reads all prompts. Those without a recording are spoken; names are, too, as they are needed. Without espeak-ng,
 * which is said once, prompts need recordings, and names are left out.
 * @throws RoomlineError `invalid` naming each file that is missing or cannot be used, or a language or folder there is not
 */
export async function createSpeaker(options: SpeakerOptions): Promise<RunningSpeaker> {
  const { folders, log, espeak, defaultLanguage, wantedLanguages = {}, values = {} } = options;
  if (options.ownIsNamed === true && !(await exists(folders.own))) {
    throw unusable(`prompts.folder: there is no folder ${folders.own}: make it, or leave the key out`);
  }
  const languages = await readLanguages(folders);
  const tags = languages.map(({ language }) => language.tag);
  const refuse = (key: string, tag: string) =>
    unusable(`${key}: there are no prompts in ${tag}: make ${join(folders.own, tag)}, or choose of ${tags.join(', ')}`);
  if (!tags.includes(defaultLanguage)) throw refuse('prompts.language', defaultLanguage);
  for (const [key, tag] of Object.entries(wantedLanguages)) {
    if (languageFor(tag, tags) === undefined) throw refuse(key, tag);
  }
  const synthesizer = createEspeak(espeak);
  const speech = (await hasEspeak(espeak, log))
    ? createSpeech({ synthesizer, store: await openSpeechStore({ folder: options.speechFolder, log }) })
    : undefined;
  const recordings = new Map<SpokenLanguage, ReadonlyMap<string, Int16Array>>();
  for (const folder of languages) recordings.set(folder.language, await fixedParts(folder, speech));
  const names = createNameSounds({
    folder: join(folders.own, 'names'),
    speech,
    languages: byDefault(languages, defaultLanguage),
    log,
  });
  const prompts = createPromptSounds({ recordings, names, values });
  const sounds = { entered: await readSound('entered', folders), music: await readSound('music', folders) };
  const find = languageFinder(languages, defaultLanguage);

  return {
    languages: tags,
    say: (language, prompt, given) => prompts.say(find(language), prompt, given),
    sound: (name) => sounds[name],
    stop: () => synthesizer.stop(),
  };
}

async function hasEspeak(espeak: EspeakOptions | undefined, log: Log): Promise<boolean> {
  const version = await espeakVersion(espeak?.program);
  if (version === undefined) {
    log.warn(
      'espeak-ng is not installed: names are not spoken; install it (apt-get install espeak-ng) and start again',
    );
  }
  return version !== undefined;
}

/** In the languages' order, the default one first: it lends its voice to the others. */
function byDefault(folders: readonly LanguageFolder[], defaultLanguage: string): SpokenLanguage[] {
  const languages = folders.map(({ language }) => language);
  return [
    ...languages.filter(({ tag }) => tag === defaultLanguage),
    ...languages.filter(({ tag }) => tag !== defaultLanguage),
  ];
}

function unusable(message: string): RoomlineError {
  return new RoomlineError('invalid', message, { code: 'bad-language' });
}

/** What there is not at all is spoken in the default language. */
function languageFinder(folders: readonly LanguageFolder[], defaultLanguage: string) {
  const byTag = new Map(folders.map(({ language }) => [language.tag, language]));
  return (tag: string | undefined): SpokenLanguage => {
    const found = byTag.get(languageFor(tag ?? '', [...byTag.keys()]) ?? defaultLanguage);
    if (found === undefined) throw new RoomlineError('internal', `there are no prompts in ${defaultLanguage}`);
    return found;
  };
}

/** Every fixed part of a language, read or spoken. */
async function fixedParts(
  { language, recordings, path }: LanguageFolder,
  speech: Speech | undefined,
): Promise<Map<string, Int16Array>> {
  const missing = [...language.files.keys()].filter((file) => !recordings.has(file));
  if (missing.length > 0 && speech === undefined) {
    throw new RoomlineError(
      'invalid',
      `${path} lacks ${missing.join(', ')}: record them, or install espeak-ng, which speaks what is not recorded`,
      { code: 'bad-language' },
    );
  }
  const parts = new Map<string, Int16Array>();
  for (const [file, text] of language.files) {
    const recording = recordings.get(file);
    if (recording !== undefined) parts.set(file, await readRecording(recording));
    else if (speech !== undefined) parts.set(file, await speakPart(speech, language, { path, file, text }));
  }
  return parts;
}

async function speakPart(
  speech: Speech,
  { voice }: SpokenLanguage,
  { path, file, text }: { path: string; file: string; text: string },
): Promise<Int16Array> {
  try {
    return await speech.speak({ voice, text });
  } catch (error) {
    const reason = (error as Error).message;
    throw new RoomlineError('invalid', `${join(path, file)} is not there and cannot be spoken: ${reason}`, {
      code: 'bad-language',
      cause: error,
    });
  }
}

async function readSound(name: SoundName, folders: PromptFolders): Promise<Sound> {
  const places = [folders.own, folders.shipped].map((folder) => join(folder, 'sounds'));
  const file = await findFile(places, `${name}.wav`);
  if (file === undefined) throw new RoomlineError('invalid', `${name}.wav is in neither of ${places.join(', ')}`);
  return toSound(await readRecording(file, SOUNDS[name]));
}
