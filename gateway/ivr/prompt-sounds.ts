/** Prompts put together of their fixed parts and what fills their places. */
import { RoomlineError } from '../errors.js';
import type { Sound } from '../sound.js';
import { BoundedCache } from './bounded-cache.js';
import { joinPieces, type Piece } from './joined-sound.js';
import type { SpokenLanguage } from './language.js';
import { COUNT_PLACES, PLACES } from './language-file.js';
import type { NameSounds, Recording } from './name-sounds.js';
import type { PromptName, SpokenValue } from './speaker.js';

type Values = Readonly<Record<string, SpokenValue>>;

export interface PromptSounds {
  say(language: SpokenLanguage, prompt: PromptName, values?: Values): Promise<Sound>;
}

const MOST_KEPT_BYTES = 32 * 1024 * 1024;
/** Between digits, and where their writer left a gap. */
const DIGIT_PAUSE_MS = 60;
const DIGIT_GROUP_PAUSE_MS = 220;
/** Between words of one name by several voices. */
const NAME_PAUSE_MS = 20;

/** @param values what prompts are told beside what they are given */
export function createPromptSounds({
  recordings,
  names,
  values: constants,
}: {
  recordings: ReadonlyMap<SpokenLanguage, ReadonlyMap<string, Int16Array>>;
  names: NameSounds;
  values: Values;
}): PromptSounds {
  const kept = new BoundedCache<string, Sound>(MOST_KEPT_BYTES, ({ samples }) => samples.byteLength);

  function piece(language: SpokenLanguage, file: string, pauseMs: number): Piece {
    const samples = recordings.get(language)?.get(file);
    if (samples === undefined) throw new RoomlineError('internal', `there is no ${language.tag}/${file}`);
    return { samples, pauseMs };
  }

  function digitPieces(language: SpokenLanguage, digits: string, pauseMs: number): Piece[] {
    const pieces: Piece[] = [];
    let pause = pauseMs;
    for (const character of digits) {
      const file = language.digitFile(character);
      if (file !== undefined) pieces.push(piece(language, file, pause));
      pause = file === undefined && pieces.length > 0 ? DIGIT_GROUP_PAUSE_MS : DIGIT_PAUSE_MS;
    }
    return pieces;
  }

  function countPieces(language: SpokenLanguage, count: number, pauseMs: number): Piece[] {
    return language.countFiles(count).map((file, index) => piece(language, file, index === 0 ? pauseMs : 0));
  }

  /** Not `forGood`: the same is to be tried anew the next time. */
  async function assemble(
    language: SpokenLanguage,
    prompt: PromptName,
    values: Values,
    recorded: ReadonlyMap<string, Recording | undefined>,
  ): Promise<{ sound: Sound; forGood: boolean }> {
    const pieces: Piece[] = [];
    let forGood = true;
    for (const part of language.partsOf(prompt, countIn(prompt, values))) {
      if ('file' in part) {
        pieces.push(piece(language, part.file, part.pauseMs));
        continue;
      }
      const { place, pauseMs } = part;
      const value = values[place];
      if (value === undefined) throw new RoomlineError('internal', `prompt ${prompt} is not told {${place}}`);
      if ('digits' in value) pieces.push(...digitPieces(language, value.digits, pauseMs));
      else if ('count' in value) pieces.push(...countPieces(language, value.count, pauseMs));
      else {
        const name = await names.sound(value, language, recorded.get(place));
        const instead = language.insteadOf(place);
        forGood &&= name.forGood;
        if (name.samples.length === 0 && instead !== undefined) pieces.push(piece(language, instead, pauseMs));
        name.samples.forEach((samples, index) => {
          pieces.push({ samples, pauseMs: index === 0 ? pauseMs : NAME_PAUSE_MS });
        });
      }
    }
    if (pieces.length === 0) throw new RoomlineError('internal', `no language has a prompt ${prompt}`);
    return { sound: joinPieces(pieces), forGood };
  }

  return {
    async say(language, prompt, given = {}) {
      const recorded = await recordingsOf(given, names);
      const key = JSON.stringify([language.tag, prompt, Object.entries(given).sort(), [...recorded]]);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const { sound, forGood } = await assemble(language, prompt, { ...constants, ...given }, recorded);
      if (forGood) kept.set(key, sound);
      return sound;
    },
  };
}

/** The number that decides between one and many. */
function countIn(prompt: PromptName, values: Values): number | undefined {
  const { must = [], may = [] } = PLACES[prompt] ?? {};
  const place = COUNT_PLACES.find((name) => [...must, ...may].includes(name));
  const value = place === undefined ? undefined : values[place];
  if (value === undefined || !('count' in value)) return undefined;
  if (Number.isSafeInteger(value.count) && value.count >= 0) return value.count;
  throw new RoomlineError('internal', `${value.count} is not a whole number from 0`);
}

/** By place, of those places that a name stands in. */
async function recordingsOf(values: Values, names: NameSounds): Promise<Map<string, Recording | undefined>> {
  const found = await Promise.all(
    Object.entries(values).map(
      async ([place, value]): Promise<[string, Recording | undefined]> => [
        place,
        'name' in value ? await names.recordingOf(value) : undefined,
      ],
    ),
  );
  return new Map(found);
}
