/** Words spoken at run time: made by espeak-ng once, brought to the level of speech, and kept. */
import { BoundedCache } from './bounded-cache.js';
import type { Synthesizer } from './espeak.js';
import { toTelephone } from './speech-level.js';
import type { SpeechStore } from './speech-store.js';
import type { Utterance } from './spoken-name.js';
import { inTurns } from './steps.js';
import { decodeWav } from './wav.js';

export interface Speech {
  /**
   * @throws RoomlineError where espeak-ng cannot say it: what is not a sound, a voice that is not there, its deadline
   */
  speak(utterance: Utterance): Promise<Int16Array>;
}

const MOST_KEPT_BYTES = 16 * 1024 * 1024;

export function createSpeech({ synthesizer, store }: { synthesizer: Synthesizer; store: SpeechStore }): Speech {
  const kept = new BoundedCache<string, Int16Array>(MOST_KEPT_BYTES, (samples) => samples.byteLength);
  const underWay = new Map<string, Promise<Int16Array>>();

  async function make(key: string, utterance: Utterance): Promise<Int16Array> {
    try {
      const samples = (await store.read(utterance)) ?? (await speakAnew(utterance));
      kept.set(key, samples);
      return samples;
    } finally {
      underWay.delete(key);
    }
  }

  async function speakAnew(utterance: Utterance): Promise<Int16Array> {
    const samples = await synthesize(synthesizer, utterance);
    await store.write(utterance, samples);
    return samples;
  }

  return {
    async speak(utterance) {
      const key = `${utterance.voice.name} ${utterance.voice.wordsPerMinute} ${utterance.text}`;
      const known = kept.get(key) ?? underWay.get(key);
      if (known !== undefined) return known;
      const speech = make(key, utterance);
      underWay.set(key, speech);
      return speech;
    },
  };
}

/** Speaks a text, ready to be played. */
export async function synthesize(synthesizer: Synthesizer, utterance: Utterance): Promise<Int16Array> {
  const wav = await synthesizer.speak(utterance);
  const name = `what ${utterance.voice.name} makes of '${utterance.text}'`;
  return inTurns(toTelephone(await inTurns(decodeWav(wav, name, { streamed: true })), name));
}
