import type { ParticipantId } from '../rooms/roster.js';
import type { Playback, Sound } from '../sound.js';
import type { RoomVoice } from './room-voice.js';

/** What is heard for as long as something lasts: once the words, then the music over and over. */
export interface Background {
  readonly words: Sound;
  readonly music: Sound;
}

/** What one participant hears for themselves. */
interface Hearing {
  background?: Background;
  answer?: Playback;
  playing?: Playback;
}

/**
 * What participants hear beside their room: short answers, and a background that they interrupt. A phone plays one
 * sound at a time, so everything that is said to one participant goes through here.
 */
export class PersonalSounds {
  readonly #voice: Pick<RoomVoice, 'play'>;
  readonly #hearing = new Map<ParticipantId, Hearing>();

  constructor(voice: Pick<RoomVoice, 'play'>) {
    this.#voice = voice;
  }

  /** In place of what was said to them before; a background goes on with its music afterwards. */
  answer(id: ParticipantId, sound: Sound): void {
    const playback = this.#voice.play(id, sound);
    if (playback === undefined) return;
    const hearing = this.#of(id);
    hearing.answer = playback;
    void playback.ended.then(() => {
      if (hearing.answer !== playback) return;
      delete hearing.answer;
      if (hearing.background !== undefined) this.#playMusic(id, hearing, hearing.background);
    });
  }

  /** Ends what is being answered, such as at the next key. */
  hush(id: ParticipantId): void {
    this.#hearing.get(id)?.answer?.stop();
  }

  startBackground(id: ParticipantId, background: Background): void {
    const hearing = this.#of(id);
    hearing.background = background;
    // An answer is heard out; then there is only the music.
    if (hearing.answer === undefined) this.#playWords(id, hearing, background);
  }

  /** From the next frame on nothing of it is heard. */
  stopBackground(id: ParticipantId): void {
    const hearing = this.#hearing.get(id);
    if (hearing === undefined) return;
    const { playing } = hearing;
    delete hearing.background;
    delete hearing.playing;
    playing?.stop();
  }

  /** They are gone. */
  forget(id: ParticipantId): void {
    const hearing = this.#hearing.get(id);
    this.#hearing.delete(id);
    if (hearing === undefined) return;
    delete hearing.background;
    hearing.playing?.stop();
    hearing.answer?.stop();
  }

  #of(id: ParticipantId): Hearing {
    const hearing = this.#hearing.get(id) ?? {};
    this.#hearing.set(id, hearing);
    return hearing;
  }

  #playWords(id: ParticipantId, hearing: Hearing, background: Background): void {
    const words = this.#voice.play(id, background.words);
    if (words === undefined) return;
    hearing.playing = words;
    void words.ended.then((end) => {
      if (end === 'played' && hearing.playing === words) this.#playMusic(id, hearing, background);
    });
  }

  #playMusic(id: ParticipantId, hearing: Hearing, background: Background): void {
    if (hearing.background !== background || hearing.answer !== undefined) return;
    const playback = this.#voice.play(id, background.music, { loop: true });
    if (playback !== undefined) hearing.playing = playback;
  }
}
