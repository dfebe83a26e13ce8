import { rmSync } from 'node:fs';
import { loadConfig } from '../../gateway/config.js';
import { createSpeaker, type RunningSpeaker, speakerSettings } from '../../gateway/ivr/create-speaker.js';
import type { PromptName, SoundName, SpokenValue } from '../../gateway/ivr/speaker.js';
import type { Sound } from '../../gateway/sound.js';
import { silentLog } from './silent-log.js';
import { temporaryFolder } from './temporary-folder.js';

/** What a gateway with the shipped prompts says, to be looked for in what phones hear. */
export class Prompts {
  readonly #speaker: RunningSpeaker;
  readonly #folder: string;

  static async open(): Promise<Prompts> {
    const folder = temporaryFolder('prompts');
    const config = loadConfig({ ROOMLINE_DATA: folder });
    return new Prompts(await createSpeaker({ ...speakerSettings(config), log: silentLog }), folder);
  }

  private constructor(speaker: RunningSpeaker, folder: string) {
    this.#speaker = speaker;
    this.#folder = folder;
  }

  say(prompt: PromptName, values: Record<string, SpokenValue> = {}, language = 'en'): Promise<Sound> {
    return this.#speaker.say(language, prompt, values);
  }

  sound(name: SoundName): Sound {
    return this.#speaker.sound(name);
  }

  async close(): Promise<void> {
    await this.#speaker.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
