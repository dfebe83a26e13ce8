import assert from 'node:assert/strict';
import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../gateway/config.js';
import { RoomlineError } from '../../gateway/errors.js';
import { createSpeaker, type RunningSpeaker, speakerSettings } from '../../gateway/ivr/create-speaker.js';
import { readRecording } from '../../gateway/ivr/recording.js';
import type { Speaker } from '../../gateway/ivr/speaker.js';
import { WARN } from '../support/log-lines.js';
import { goertzelLevel, level, tone } from '../support/signal.js';
import { silentLog } from '../support/silent-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { yamlFile } from '../support/yaml-file.js';
import { asPlayed, findPiece, SHIPPED_PROMPTS, SpeakerHost } from './speaker-host.js';

const INVITATION = { inviter: { name: 'Alice' }, group: { name: 'Engineering' } };
const GERMAN = readFileSync(join(SHIPPED_PROMPTS, 'en', 'language.yaml'), 'utf8')
  .replace('name: English', 'name: Deutsch')
  .replace('voice: en-us', 'voice: de')
  .replace(/^ {2}goodbye: .*/m, '  goodbye: Auf Wiederhören.');

describe('a speaker', () => {
  let host: SpeakerHost;
  const speakers: RunningSpeaker[] = [];
  beforeEach(() => {
    host = new SpeakerHost();
  });
  afterEach(async () => {
    await Promise.all(speakers.splice(0).map((speaker) => speaker.stop()));
  });
  async function start(options: Parameters<SpeakerHost['start']>[0] = {}): Promise<Speaker> {
    const speaker = await host.start(options);
    speakers.push(speaker);
    return speaker;
  }
  const warnings = () => host.lines.filter((line) => line.level === WARN).map(({ msg }) => msg);
  const recording = (file: string) => readRecording(join(SHIPPED_PROMPTS, file));
  /** Asserts that the pieces are in the sound in that order, none over another. */
  async function assertSaid(sound: { samples: Int16Array }, files: readonly string[]): Promise<void> {
    let from = 0;
    for (const file of files) {
      const piece = await recording(file);
      const at = findPiece(sound.samples, piece, from);
      assert.notEqual(at, -1, `${file} is not there, or not behind the one before`);
      from = at + piece.length;
    }
  }

  it('says a prompt with its names between its parts', async () => {
    const speaker = await start();
    const sound = await speaker.say('en', 'invitation', INVITATION);
    await assertSaid(sound, [
      'en/invitation-other-1.wav',
      'en/invitation-other-2.wav',
      'en/word-five.wav',
      'en/invitation-other-3.wav',
    ]);
    assert.deepEqual(host.calls.length, 2, 'one for each name');
    assert.ok(sound.samples.buffer instanceof SharedArrayBuffer);
  });

  it('says the same again without a process', async () => {
    const speaker = await start();
    const sound = await speaker.say('en', 'invitation', INVITATION);
    assert.equal(await speaker.say('en', 'invitation', INVITATION), sound);
    await speaker.say('en', 'invitation-to-person', { inviter: INVITATION.inviter });
    await speaker.say('en', 'joined', { name: INVITATION.inviter });
    assert.equal(host.calls.length, 2);
  });

  it('runs one process for a name that many ask for at once', async () => {
    const speaker = await start();
    await Promise.all(Array.from({ length: 20 }, () => speaker.say('en', 'joined', { name: { name: 'Carol' } })));
    assert.equal(host.calls.length, 1);
  });

  it('knows names from before a restart', async () => {
    const before = await (await start()).say('en', 'invitation', INVITATION);
    const after = await (await start()).say('en', 'invitation', INVITATION);
    assert.deepEqual(after.samples, before.samples);
    assert.equal(host.calls.length, 2, 'both before the restart');
  });

  it('says one and many by the rules of the language', async () => {
    const speaker = await start();
    await assertSaid(await speaker.say('en', 'count-here', { count: { count: 1 } }), ['en/count-here-one.wav']);
    await assertSaid(await speaker.say('en', 'count-here', { count: { count: 21 } }), [
      'en/count-here-other-1.wav',
      'en/word-twenty.wav',
      'en/word-one.wav',
      'en/count-here-other-2.wav',
    ]);
    await assertSaid(await speaker.say('zh', 'count-here', { count: { count: 2 } }), [
      'zh/count-here-1.wav',
      'zh/word-liang.wav',
      'zh/count-here-2.wav',
    ]);
    await assertSaid(await speaker.say('en', 'invitation-snoozed', { minutes: { count: 1 } }), [
      'en/invitation-snoozed-one.wav',
    ]);
  });

  it('says digits one by one, with a pause where they are grouped', async () => {
    const speaker = await start();
    const say = (digits: string) => speaker.say('zh', 'joined', { name: { digits } });
    await assertSaid(
      await say('+4 91'),
      ['jia', 'si', 'jiu', 'yao'].map((word) => `zh/word-${word}.wav`),
    );
    const [together, grouped] = [await say('1234'), await say('12-34')];
    assert.ok(grouped.samples.length > together.samples.length + 800);
  });

  it('speaks the language asked for, its nearest kin, or the default', async () => {
    const speaker = await start();
    assert.deepEqual(speaker.languages, ['en', 'zh']);
    const [english, chinese] = [await recording('en/goodbye.wav'), await recording('zh/goodbye.wav')];
    const said = async (tag: string | undefined) => (await speaker.say(tag, 'goodbye')).samples;
    assert.deepEqual(Int16Array.from(await said('zh-Hant-TW')), chinese);
    for (const tag of ['en-GB', 'fr', '', undefined, '../zh', '__proto__']) {
      assert.deepEqual(Int16Array.from(await said(tag)), english, String(tag));
    }
  });

  it('reads a name in a voice that can', async () => {
    const speaker = await start();
    await speaker.say('en', 'joined', { name: { name: '王小明' } });
    await speaker.say('zh', 'joined', { name: { name: 'Alice' } });
    assert.deepEqual(
      host.calls.map((call) => / -v (\S+)/.exec(call)?.[1]),
      ['cmn-latn-pinyin', 'en-us'],
    );
  });

  it('says no more than words of names made to do more', async () => {
    const touched = join(host.data, 'touched');
    const speaker = await start();
    const names = [
      `"; touch ${touched}; rm -rf "`,
      `$(touch ${touched})`,
      '-w /tmp/x --version',
      "[[f@n'i:m]]",
      '<speak><break time="60s"/>Bob</speak>',
      'x'.repeat(10_000),
      'Bob\n\r\u0000\u001b[31m\u2028next',
      '😀 Bob 🎉',
      '\u0301'.repeat(10_000),
    ];
    for (const name of names) {
      const { samples } = await speaker.say('en', 'joined', { name: { name } });
      assert.ok(samples.length > 4000 && samples.length < 20 * 8000, `${name.slice(0, 30)}: ${samples.length} samples`);
    }
    assert.throws(() => readFileSync(touched), /ENOENT/);
    for (const call of host.calls) assert.equal(call, '-b 1 -z -v en-us -s 165 --stdin --stdout');
  });

  it('stands in for a name there is nothing to say of, and says so', async () => {
    const speaker = await start();
    await assertSaid(await speaker.say('en', 'joined', { name: { name: '😀' } }), [
      'en/instead-of-name.wav',
      'en/joined.wav',
    ]);
    assert.deepEqual(warnings(), ['a name has nothing that can be spoken: left out']);
  });

  it('stands in for a name that took too long, and tries again the next time', async () => {
    const broken = host.program(
      'sometimes',
      `[ "$1" = --version ] && exec espeak-ng --version
      [ -e '${host.data}/mended' ] || exit 1; exec espeak-ng "$@"`,
    );
    const speaker = await start({ espeak: { program: broken } });
    await assertSaid(await speaker.say('en', 'joined', { name: { name: 'Bob' } }), [
      'en/instead-of-name.wav',
      'en/joined.wav',
    ]);
    assert.deepEqual(warnings(), ['a name could not be spoken: left out']);
    host.write('mended', '');
    const sound = await speaker.say('en', 'joined', { name: { name: 'Bob' } });
    assert.equal(findPiece(sound.samples, await recording('en/instead-of-name.wav')), -1);
  });

  it('plays all prompts without espeak-ng, and says once what is missing', async () => {
    const speaker = await start({ espeak: { program: '/nowhere/espeak-ng' } });
    await assertSaid(await speaker.say('en', 'invitation', INVITATION), [
      'en/instead-of-inviter.wav',
      'en/invitation-other-1.wav',
      'en/instead-of-group.wav',
      'en/invitation-other-2.wav',
    ]);
    await speaker.say('zh', 'joined', { name: { name: '王小明' } });
    assert.equal(warnings().length, 1);
    assert.match(warnings()[0] ?? '', /espeak-ng is not installed.*apt-get install espeak-ng/);
  });

  it('refuses a prompt whose places are not told', async () => {
    const speaker = await start();
    await assert.rejects(speaker.say('en', 'joined'), /prompt joined is not told \{name\}/);
    await assert.rejects(speaker.say('en', 'count-here', { count: { count: -1 } }), /-1 is not a whole number from 0/);
    await assert.rejects(speaker.say('en', 'nothing' as 'joined'), (error) => {
      assert.ok(error instanceof RoomlineError && error.kind === 'internal');
      return true;
    });
  });

  it('takes its settings from the configuration', async () => {
    const data = temporaryFolder('speaker-config');
    const settings = speakerSettings({ ...loadConfig({}), data });
    const speaker = await createSpeaker({ ...settings, log: silentLog });
    speakers.push(speaker);
    await assertSaid(await speaker.say(undefined, 'invitation-snoozed'), [
      'en/invitation-snoozed-other-1.wav',
      'en/word-five.wav',
    ]);
  });

  it('refuses a folder of prompts that is named and not there, and a trunk’s language nobody speaks', async () => {
    const city = { host: 'sip.example.com' };
    const startWith = async (settings: object) => {
      const config = loadConfig({ ROOMLINE_CONFIG: yamlFile({ data: host.data, ...settings }) });
      const speaker = await createSpeaker({ ...speakerSettings(config), log: silentLog });
      speakers.push(speaker);
    };
    await assert.rejects(startWith({ prompts: { folder: host.own } }), {
      kind: 'invalid',
      message: `prompts.folder: there is no folder ${host.own}: make it, or leave the key out`,
    });
    await assert.rejects(startWith({ trunks: { city: { ...city, language: 'xx-TW' } } }), {
      kind: 'invalid',
      message: `trunks.city.language: there are no prompts in xx-TW: make ${join(host.own, 'xx-TW')}, or choose of en, zh`,
    });
    await startWith({ trunks: { city: { ...city, language: 'zh-TW' }, west: city } });
    host.record('prompts/en/goodbye.wav');
    await startWith({ prompts: { folder: host.own } });
  });

  describe('with recordings of its operator', () => {
    it('plays them in place of the shipped ones, as loud as speech', async () => {
      host.record('prompts/en/goodbye.wav');
      const { samples } = await (await start()).say('en', 'goodbye');
      assert.deepEqual(Int16Array.from(samples), await asPlayed(tone(1000, 4000)));
      assert.ok(Math.abs(goertzelLevel(samples.subarray(800, 3200), 1000) - -26) < 0.3);
      await assertSaid(await (await start()).say('zh', 'goodbye'), ['zh/goodbye.wav']);
    });

    it('plays their music instead, quieter than speech', async () => {
      host.record('prompts/sounds/music.wav');
      const { samples } = (await start()).sound('music');
      assert.equal(samples.length, 4000);
      assert.ok(Math.abs(level(samples) - -34) < 0.5);
    });

    it('says a name as it was recorded, under its id or as it is written', async () => {
      host.record('prompts/names/alice.wav');
      host.record('prompts/names/Engineering.wav', 1500);
      const speaker = await start();
      const values = { inviter: { name: 'Alice', recordedAs: 'alice' }, group: { name: 'Engineering' } };
      const { samples } = await speaker.say('en', 'invitation', values);
      assert.equal(findPiece(samples, await asPlayed(tone(1000, 4000))), 0);
      assert.ok(findPiece(samples, await asPlayed(tone(1500, 4000))) > 0);
      assert.deepEqual(host.calls, []);
    });

    it('says a name as it was recorded since', async () => {
      const speaker = await start();
      const name = { name: 'Alice', recordedAs: 'alice' };
      await speaker.say('en', 'joined', { name });
      utimesSync(host.record('prompts/names/alice.wav'), 1, 1);
      const recorded = await speaker.say('en', 'joined', { name });
      assert.equal(findPiece(recorded.samples, await asPlayed(tone(1000, 4000))), 0);
      host.record('prompts/names/alice.wav', 1500);
      const anew = await speaker.say('en', 'joined', { name });
      assert.equal(findPiece(anew.samples, await asPlayed(tone(1500, 4000))), 0);
    });

    it('looks for recorded names in their folder only', async () => {
      host.record('outside.wav');
      const speaker = await start();
      for (const recordedAs of ['../../outside', '/etc/outside', '.hidden', 'a/../../../outside', 'a\0b']) {
        const { samples } = await speaker.say('en', 'joined', { name: { name: 'Alice', recordedAs } });
        assert.equal(findPiece(samples, await asPlayed(tone(1000, 4000))), -1);
      }
      assert.deepEqual(warnings(), []);
    });

    it('speaks a name whose recording is broken', async () => {
      host.write('prompts/names/alice.wav', 'no sound');
      const { samples } = await (await start()).say('en', 'joined', { name: { name: 'Alice', recordedAs: 'alice' } });
      assert.ok(samples.length > 8000);
      assert.deepEqual(warnings(), ['a recorded name cannot be played']);
    });

    it('does not start with one that cannot be used, and names it', async () => {
      host.write('prompts/en/goodbye.wav', 'no sound');
      await assert.rejects(start(), /\/prompts\/en\/goodbye\.wav is not a WAV file$/);
    });
  });

  describe('with words of its operator', () => {
    it('speaks what they changed, and plays the rest', async () => {
      host.write('prompts/en/language.yaml', 'texts: { goodbye: So long. }');
      const speaker = await start();
      const { samples } = await speaker.say('en', 'goodbye');
      assert.equal(findPiece(samples, await recording('en/goodbye.wav')), -1);
      assert.equal(host.calls.length, 1);
      await assertSaid(await speaker.say('en', 'muted'), ['en/muted.wav']);
    });

    it('speaks all anew in another voice', async () => {
      host.write('prompts/zh/language.yaml', 'wordsPerMinute: 150');
      const speaker = await start();
      assert.ok(host.calls.length > 40);
      assert.ok(host.calls.every((call) => call.includes('-v cmn-latn-pinyin -s 150')));
      assert.ok((await speaker.say('zh', 'goodbye')).samples.length > (await recording('zh/goodbye.wav')).length);
    });

    it('has a language more for a folder with its words', async () => {
      host.write('prompts/de/language.yaml', GERMAN);
      host.record('prompts/de/muted.wav');
      const speaker = await start({ defaultLanguage: 'de' });
      assert.deepEqual(speaker.languages, ['de', 'en', 'zh']);
      assert.ok(host.calls.every((call) => call.includes('-v de ')));
      assert.deepEqual(Int16Array.from((await speaker.say('de', 'muted')).samples), await asPlayed(tone(1000, 4000)));
      assert.ok((await speaker.say(undefined, 'invitation', INVITATION)).samples.length > 8 * 8000);
      const calls = host.calls.length;
      await start();
      assert.equal(host.calls.length, calls, 'what was spoken at the first start is kept');
    });

    const refused: [string, string, RegExp][] = [
      ['lacks words', 'name: Deutsch', /prompts\/de\/language\.yaml cannot be used: voice: .*texts: .*numbers: /],
      ['is no YAML', 'texts: [', /cannot read \S+\/prompts\/de\/language\.yaml: /],
      [
        'lacks prompts',
        GERMAN.replace(/^ {2}goodbye: .*\n/m, '').replace(/^ {2}muted: .*\n/m, ''),
        /texts lacks goodbye, muted$/,
      ],
      ['lacks a place', GERMAN.replace("'{name} has joined.'", 'Someone.'), /texts\.joined lacks \{name\}$/],
      [
        'has a place too many',
        GERMAN.replace('You are muted.', "'{name}'"),
        /texts\.muted has \{name\}, which it is not given/,
      ],
      [
        'has a brace too many',
        GERMAN.replace('You are muted.', 'You { are'),
        /texts\.muted has a brace that is no place/,
      ],
      ['lacks a digit', GERMAN.replace(', +: plus', ''), /digits lacks \+/],
      ['lacks a word', GERMAN.replace(/^ {2}fifteen: .*\n/m, ''), /words lacks fifteen, which numbers has/],
      ['lacks a number', GERMAN.replace(/^ {4}0: zero\n/m, ''), /numbers\.count has no rule for 0/],
      ['has an option for espeak-ng', GERMAN.replace('voice: de', 'voice: -w/tmp/x'), /voice: is not a voice/],
      [
        'has a voice there is not',
        GERMAN.replace('voice: de', 'voice: nobody'),
        /prompts\/de\/\S+\.wav is not there and cannot be spoken: espeak-ng failed: .*voice does not exist/,
      ],
      ['has prompts nobody knows', GERMAN.replace('  muted:', '  mutted: Hm.\n  muted:'), /texts.*mutted/],
    ];
    for (const [how, yaml, message] of refused) {
      it(`does not start with a language that ${how}, and says what is wrong`, async () => {
        host.write('prompts/de/language.yaml', yaml);
        await assert.rejects(start(), (error: Error) => {
          assert.ok(error instanceof RoomlineError && error.kind === 'invalid');
          assert.match(error.message, message);
          return true;
        });
      });
    }

    it('does not start with a language nobody can speak, and lists what is to be recorded', async () => {
      host.write('prompts/de/language.yaml', GERMAN);
      await assert.rejects(
        start({ espeak: { program: '/nowhere/espeak-ng' } }),
        /prompts\/de lacks invitation-one-1\.wav, .*goodbye\.wav, .*: record them, or install espeak-ng/,
      );
    });

    it('does not start with a folder without words, or a default language there is not', async () => {
      host.record('prompts/fr/goodbye.wav');
      await assert.rejects(start(), /prompts\/fr lacks language\.yaml/);
      host = new SpeakerHost();
      await assert.rejects(
        start({ defaultLanguage: 'fr' }),
        /prompts\.language: there are no prompts in fr: .*choose of en, zh/,
      );
    });
  });
});
