import type { EntryDevice } from './entrance.js';
import type { Memory } from './memory.js';
import type { PhoneState } from './phone-state.js';
import type { Speaker } from './speaker.js';

type Chosen = Pick<PhoneState, 'device' | 'microphone' | 'speaker'>;

/** What the user has chosen in this browser, and what they choose now. */
export class Choices {
  readonly #memory: Memory;
  readonly #speaker: Speaker;
  readonly #onChange: (chosen: Partial<Chosen>) => void;

  constructor(deps: { memory: Memory; speaker: Speaker; onChange: (chosen: Partial<Chosen>) => void }) {
    this.#memory = deps.memory;
    this.#speaker = deps.speaker;
    this.#onChange = deps.onChange;
  }

  get device(): EntryDevice {
    return this.#memory.device === 'desk-phone' ? 'desk-phone' : 'softphone';
  }

  /** Plays where it was played the last time. */
  async takeUp(): Promise<void> {
    if (this.#memory.speaker !== undefined) await this.#speaker.choose(this.#memory.speaker);
  }

  chooseDevice(device: EntryDevice): void {
    this.#memory.device = device;
    this.#onChange({ device });
  }

  chooseMicrophone(id: string): void {
    this.#memory.microphone = id;
    this.#onChange({ microphone: id });
  }

  async chooseSpeaker(id: string): Promise<void> {
    if (!(await this.#speaker.choose(id))) return;
    this.#memory.speaker = id;
    this.#onChange({ speaker: id });
  }
}
