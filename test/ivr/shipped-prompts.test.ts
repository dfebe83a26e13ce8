import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { activeLevelDbov } from '../../gateway/ivr/active-level.js';
import { NAME_PLACES, PLACES } from '../../gateway/ivr/language-file.js';
import { readLanguages } from '../../gateway/ivr/prompt-folders.js';
import { makePrompts } from '../../gateway/ivr/prompt-maker.js';
import { PROMPT_NAMES, type PromptName, type SpokenValue } from '../../gateway/ivr/speaker.js';
import { level } from '../support/signal.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { readWav } from '../support/wav.js';
import { finish, SHIPPED_PROMPTS, SpeakerHost } from './speaker-host.js';

const LANGUAGES = ['en', 'zh'];

const activeLevel = (samples: Int16Array) =>
  finish(activeLevelDbov(Float32Array.from(samples, (sample) => sample / 0x8000)));
const peakDbfs = (samples: Int16Array) =>
  20 * Math.log10(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 0x8000);

/** Something for each place a prompt has. */
function valuesFor(prompt: PromptName, count: number): Record<string, SpokenValue> {
  const { must = [], may = [] } = PLACES[prompt] ?? {};
  const isName = (place: string) => NAME_PLACES.some((name) => name === place);
  return Object.fromEntries(
    [...must, ...may].map((place) => [place, isName(place) ? { name: 'Alice 王' } : { count }]),
  );
}

describe('the shipped prompts', () => {
  const folders = { shipped: SHIPPED_PROMPTS, own: '/nowhere' };

  for (const tag of LANGUAGES) {
    it(`have a recording of each part in ${tag}, and no other`, async () => {
      const found = (await readLanguages(folders)).find(({ language }) => language.tag === tag);
      assert.ok(found !== undefined);
      assert.deepEqual([...found.recordings.keys()], [...found.language.files.keys()]);
      const present = readdirSync(join(SHIPPED_PROMPTS, tag)).filter((file) => file.endsWith('.wav'));
      assert.deepEqual(present.sort(), [...found.language.files.keys()].sort());
    });

    it(`are each as loud as speech in ${tag}, below -3 dBFS`, async () => {
      for (const file of readdirSync(join(SHIPPED_PROMPTS, tag)).filter((name) => name.endsWith('.wav'))) {
        const samples = readWav(join(SHIPPED_PROMPTS, tag, file));
        const dbov = await activeLevel(samples);
        assert.ok(Math.abs(dbov - -26) < 0.5, `${tag}/${file} is at ${dbov} dBov`);
        assert.ok(peakDbfs(samples) < -3, `${tag}/${file} peaks at ${peakDbfs(samples)} dBFS`);
        assert.ok(samples.length > 800, `${tag}/${file} has ${samples.length} samples`);
      }
    });

    it(`fill every place in ${tag}, as loud as speech`, async () => {
      const speaker = await new SpeakerHost().start();
      for (const prompt of PROMPT_NAMES) {
        for (const count of [1, 5]) {
          const { samples } = await speaker.say(tag, prompt, valuesFor(prompt, count));
          const dbov = await activeLevel(samples);
          assert.ok(Math.abs(dbov - -26) < 1, `${tag}/${prompt} is at ${dbov} dBov`);
          assert.ok(peakDbfs(samples) < -3);
        }
      }
    });
  }

  it('have sounds that are quieter than speech', async () => {
    const speaker = await new SpeakerHost().start();
    const [entered, music] = [speaker.sound('entered').samples, speaker.sound('music').samples];
    assert.ok(Math.abs((await activeLevel(entered)) - -30) < 0.5);
    assert.ok(Math.abs((await activeLevel(music)) - -34) < 0.5);
    assert.ok(entered.length < 8000, 'a short tone');
    assert.ok(music.length >= 16 * 8000, 'long enough not to be tiresome');
  });

  it('have music that goes round without a click or a gap', async () => {
    const { samples } = (await new SpeakerHost().start()).sound('music');
    const at = (index: number) => samples[(index + samples.length) % samples.length] ?? 0;
    // How much three samples in a row bend: a click is a bend larger than music has.
    const bend = (index: number) => Math.abs(at(index - 1) - 2 * at(index) + at(index + 1));
    const largest = samples.reduce((most, _, index) => {
      return index < 2 || index > samples.length - 3 ? most : Math.max(most, bend(index));
    }, 0);
    for (const index of [-2, -1, 0, 1]) assert.ok(bend(index) <= largest, `${bend(index)} at the seam`);
    const second = (from: number) => level(Array.from({ length: 8000 }, (_, index) => at(from + index)));
    assert.ok(Math.abs(second(-4000) - level(samples)) < 6, 'no gap around the seam');
  });
});

describe('the script that makes the prompts', () => {
  const YAML = readFileSync(join(SHIPPED_PROMPTS, 'zh', 'language.yaml'), 'utf8');
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('prompts');
  });

  /** What it says it did. */
  async function make(): Promise<string[]> {
    const said: string[] = [];
    const made = await makePrompts(folder, { say: (line) => said.push(line.replace(`${folder}/`, '')) });
    assert.equal(made, said.filter((line) => line.startsWith('made ')).length);
    return said;
  }

  function writeLanguage(yaml: string): void {
    const file = new SpeakerHost().write('zh/language.yaml', yaml);
    folder = join(file, '..', '..');
  }

  it('makes what is committed, and then nothing more', async () => {
    writeLanguage(YAML);
    const said = await make();
    assert.ok(said.includes('made zh/goodbye.wav') && said.includes('made sounds/music.wav'));
    assert.deepEqual(await make(), []);
    const committed = readWav(join(SHIPPED_PROMPTS, 'zh', 'goodbye.wav'));
    const made = readWav(join(folder, 'zh', 'goodbye.wav'));
    // Another version of espeak-ng may say it a little differently.
    assert.ok(Math.abs(made.length - committed.length) < committed.length / 4);
  });

  it('makes those anew whose text changed, and removes those no text has', async () => {
    writeLanguage(YAML);
    await make();
    writeFileSync(
      join(folder, 'zh', 'language.yaml'),
      YAML.replace(/goodbye: .*/, 'goodbye: 谢谢，再见。').replace(/\{count\}位/, '{count}个'),
    );
    assert.deepEqual(await make(), ['made zh/goodbye.wav', 'made zh/count-here-2.wav']);
    const other = YAML.replace(/( {2}joined: ).*/, "$1'好的，{name}已加入。'");
    writeFileSync(join(folder, 'zh', 'language.yaml'), other);
    const said = await make();
    assert.ok(said.includes('made zh/joined-1.wav') && said.includes('made zh/joined-2.wav'));
    assert.ok(said.includes('removed zh/joined.wav: no text has it any more'));
    assert.equal(existsSync(join(folder, 'zh', 'joined.wav')), false);
  });

  it("leaves a studio's recording alone", async () => {
    writeLanguage(YAML);
    await make();
    const studio = readFileSync(join(folder, 'zh', 'muted.wav'));
    writeFileSync(join(folder, 'zh', 'goodbye.wav'), studio);
    writeFileSync(join(folder, 'zh', 'language.yaml'), YAML.replace(/goodbye: .*/, 'goodbye: 谢谢，再见。'));
    assert.deepEqual(await make(), ['left alone: zh/goodbye.wav was not made here']);
    assert.deepEqual(readFileSync(join(folder, 'zh', 'goodbye.wav')), studio);
  });
});
