import { setImmediate as turn } from 'node:timers/promises';
import type { IvrCall } from '../../gateway/ivr/ivr-call.js';
import type { RoomVoice } from '../../gateway/ivr/room-voice.js';
import type { Language, PromptName, SoundName, Speaker, SpokenValue } from '../../gateway/ivr/speaker.js';
import { type Playback, type PlaybackEnd, type PlayOptions, type Sound, toSound } from '../../gateway/sound.js';

/** Lets everything go on that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}

/** Speaks in labels, such as `en joined(name=Bob)`. */
export class FakeSpeaker implements Speaker {
  readonly languages = ['en', 'zh'];
  /** Everything that was asked for, in order. */
  readonly asked: string[] = [];
  readonly #sounds = new Map<string, Sound>();
  readonly #labels = new Map<Sound, string>();
  readonly #samples: number;

  /** Each sound lasts as many samples, of 8000 a second. */
  constructor({ samples = 8000 }: { samples?: number } = {}) {
    this.#samples = samples;
  }

  async say(
    language: Language | undefined,
    prompt: PromptName,
    values: Readonly<Record<string, SpokenValue>> = {},
  ): Promise<Sound> {
    const spoken = Object.entries(values).map(([place, value]) => `${place}=${spell(value)}`);
    const label = `${language ?? 'en'} ${prompt}${spoken.length === 0 ? '' : `(${spoken.join(',')})`}`;
    this.asked.push(label);
    return this.#make(label);
  }

  sound(name: SoundName): Sound {
    return this.#make(name);
  }

  labelOf(sound: Sound): string {
    return this.#labels.get(sound) ?? 'unknown';
  }

  #make(label: string): Sound {
    const sound = this.#sounds.get(label) ?? toSound(new Int16Array(this.#samples));
    this.#sounds.set(label, sound);
    this.#labels.set(sound, label);
    return sound;
  }
}

function spell(value: SpokenValue): string {
  if ('name' in value) return value.recordedAs === undefined ? value.name : `${value.name}/${value.recordedAs}`;
  return 'digits' in value ? `digits ${value.digits}` : String(value.count);
}

/** A sound that is being played until a test, or what plays it, ends it. */
class FakePlayback implements Playback {
  readonly label: string;
  readonly ended: Promise<PlaybackEnd>;
  end: PlaybackEnd | undefined;
  #settle: (end: PlaybackEnd) => void = () => {};

  constructor(label: string) {
    this.label = label;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  finish(end: PlaybackEnd): void {
    this.end ??= end;
    this.#settle(this.end);
  }

  stop(): void {
    this.finish('stopped');
  }
}

/** One line to an ear: one sound at a time. */
class FakeLine {
  /** What was played, oldest first; `...` after one that loops. */
  readonly played: string[] = [];
  readonly #speaker: FakeSpeaker;
  #last: FakePlayback | undefined;

  constructor(speaker: FakeSpeaker) {
    this.#speaker = speaker;
  }

  /** What is heard now. */
  get playing(): string | undefined {
    return this.#last?.end === undefined ? this.#last?.label : undefined;
  }

  play(sound: Sound, { loop = false }: PlayOptions = {}): Playback {
    this.#last?.stop();
    const label = `${this.#speaker.labelOf(sound)}${loop ? '...' : ''}`;
    this.played.push(label);
    this.#last = new FakePlayback(label);
    return this.#last;
  }

  /** The last sample was sent. */
  finish(): void {
    this.#last?.finish('played');
  }

  cut(): void {
    this.#last?.stop();
  }
}

/** An answered call whose caller does as a test says. */
export class FakeCall implements IvrCall {
  readonly #line: FakeLine;
  readonly #ended = new AbortController();
  readonly #listeners = new Set<(digit: string) => void>();

  constructor(speaker: FakeSpeaker) {
    this.#line = new FakeLine(speaker);
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get played(): readonly string[] {
    return this.#line.played;
  }

  get playing(): string | undefined {
    return this.#line.playing;
  }

  /** Who still listens to its keys. */
  get listeners(): number {
    return this.#listeners.size;
  }

  play(sound: Sound, options?: PlayOptions): Playback {
    const playback = this.#line.play(sound, options);
    if (this.ended.aborted) playback.stop();
    return playback;
  }

  onDigit(listener: (digit: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Presses keys one after the other, faster than anything happens. */
  async press(digits: string): Promise<void> {
    for (const digit of digits) for (const listener of [...this.#listeners]) listener(digit);
    await settled();
  }

  /** Hears what is being played to its end. */
  async hearOut(): Promise<void> {
    this.#line.finish();
    await settled();
  }

  async hangUp(): Promise<void> {
    this.#line.cut();
    this.#ended.abort();
    await settled();
  }
}

/** Those in rooms, each with an ear of their own. */
export class FakeRoomVoice implements RoomVoice {
  /** What rooms were told, such as `2000: en joined(name=Bob) but 1`. */
  readonly told: string[] = [];
  readonly #speaker: FakeSpeaker;
  readonly #lines = new Map<string, FakeLine>();

  constructor(speaker: FakeSpeaker) {
    this.#speaker = speaker;
  }

  play(participant: string, sound: Sound, options?: PlayOptions): Playback | undefined {
    return this.#lineOf(participant).play(sound, options);
  }

  playInRoom(room: string, sound: Sound, except: readonly string[] = []): void {
    this.told.push(`${room}: ${this.#speaker.labelOf(sound)} but ${except.join()}`);
  }

  /** Those whose id begins with `zh` are spoken to in Chinese. */
  languageOf(participant: string): string | undefined {
    return participant.startsWith('zh') ? 'zh' : undefined;
  }

  playing(participant: string): string | undefined {
    return this.#lineOf(participant).playing;
  }

  played(participant: string): readonly string[] {
    return this.#lineOf(participant).played;
  }

  async hearOut(participant: string): Promise<void> {
    this.#lineOf(participant).finish();
    await settled();
  }

  #lineOf(participant: string): FakeLine {
    const line = this.#lines.get(participant) ?? new FakeLine(this.#speaker);
    this.#lines.set(participant, line);
    return line;
  }
}
