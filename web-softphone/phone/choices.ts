import type { Api, Me } from './api.js';
import type { EntryDevice } from './entrance.js';
import type { Memory } from './memory.js';
import { type AudioDevices, listAudioDevices } from './microphone.js';
import type { PhoneState } from './phone-state.js';
import { type Problem, problemOf } from './problem.js';
import type { Speaker } from './speaker.js';

export interface ChoicesDeps {
  readonly memory: Memory;
  readonly speaker: Speaker;
  readonly api: Pick<Api, 'setLanguage'>;
  readonly onChange: (chosen: Partial<Pick<PhoneState, 'device' | 'microphone' | 'speaker'>>) => void;
  readonly onMe: (me: Me) => void;
}

/** What the user chooses: devices for this browser, and the language that is spoken to them on all their phones. */
export class Choices {
  readonly #deps: ChoicesDeps;

  constructor(deps: ChoicesDeps) {
    this.#deps = deps;
  }

  /** By what rooms are entered that can be asked for. */
  get device(): EntryDevice {
    return this.#deps.memory.device === 'desk-phone' ? 'desk-phone' : 'softphone';
  }

  /** Plays where it was played the last time. */
  async takeUp(): Promise<void> {
    const { memory, speaker } = this.#deps;
    if (memory.speaker !== undefined) await speaker.choose(memory.speaker);
  }

  devices(): Promise<AudioDevices> {
    return listAudioDevices();
  }

  chooseDevice(device: EntryDevice): void {
    this.#deps.memory.device = device;
    this.#deps.onChange({ device });
  }

  chooseMicrophone(id: string): void {
    this.#deps.memory.microphone = id;
    this.#deps.onChange({ microphone: id });
  }

  async chooseSpeaker(id: string): Promise<void> {
    if (!(await this.#deps.speaker.choose(id))) return;
    this.#deps.memory.speaker = id;
    this.#deps.onChange({ speaker: id });
  }

  /** @param language null for the default; resolves to why it stays as it was */
  async chooseLanguage(language: string | null): Promise<Problem | undefined> {
    try {
      this.#deps.onMe(await this.#deps.api.setLanguage(language));
      return undefined;
    } catch (error) {
      return problemOf(error, 'action-failed');
    }
  }
}
