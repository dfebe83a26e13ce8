import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RoomlineError } from '../../gateway/errors.js';
import { createEspeak, espeakVersion } from '../../gateway/ivr/espeak.js';
import { decodeWav } from '../../gateway/ivr/wav.js';
import { eventually, within } from '../support/eventually.js';
import { finish, SpeakerHost } from './speaker-host.js';

const ENGLISH = { name: 'en-us', wordsPerMinute: 165 };

describe('espeak-ng', () => {
  const ofKind = (kind: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof RoomlineError);
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  };

  it('speaks what it reads on standard input', async () => {
    const wav = await createEspeak().speak({ voice: ENGLISH, text: 'Hello there' });
    const { sampleRateHz, samples } = await finish(decodeWav(wav, 'hello', { streamed: true }));
    assert.ok(samples.length > sampleRateHz / 2, 'half a second or more');
    assert.ok(samples.some((sample) => Math.abs(sample) > 0.1));
  });

  it('speaks the same words the same way', async () => {
    const espeak = createEspeak();
    const utterance = { voice: ENGLISH, text: 'Engineering' };
    assert.deepEqual(await espeak.speak(utterance), await espeak.speak(utterance));
  });

  it('never sees the text as an argument', async () => {
    const host = new SpeakerHost();
    const program = host.program('noting', `cat > '${host.data}/input'; exec espeak-ng -v en-us --stdout yes`);
    await createEspeak({ program }).speak({ voice: ENGLISH, text: '"; touch /tmp/x; $(id) --version' });
    assert.deepEqual(host.calls, ['-b 1 -z -v en-us -s 165 --stdin --stdout']);
    assert.equal(readFileSync(join(host.data, 'input'), 'utf8'), '"; touch /tmp/x; $(id) --version');
  });

  it('fails with what it says, such as of a voice there is not', async () => {
    const speech = createEspeak().speak({ voice: { ...ENGLISH, name: 'nobody' }, text: 'Hello' });
    await assert.rejects(speech, ofKind('internal', /espeak-ng failed: .*voice does not exist/));
  });

  it('is looked for', async () => {
    assert.match((await espeakVersion()) ?? '', /^\d/);
    assert.equal(await espeakVersion('/nowhere/espeak-ng'), undefined);
    assert.equal(await espeakVersion(new SpeakerHost().program('broken', 'exit 1')), undefined);
  });

  it('is ended at its deadline, and the next is spoken', async () => {
    const host = new SpeakerHost();
    const hanging = host.program(
      'hanging',
      `[ -e '${host.data}/hung' ] && exec espeak-ng "$@"
      touch '${host.data}/hung'; exec sleep 60`,
    );
    const espeak = createEspeak({ program: hanging, deadlineMs: 4000, atOnce: 1 });
    await assert.rejects(espeak.speak({ voice: ENGLISH, text: 'Hello' }), ofKind('timeout', /took more than \d+ ms/));
    await espeak.speak({ voice: ENGLISH, text: 'Hello' });
  });

  it('runs few at a time, and all in the end', async () => {
    const host = new SpeakerHost();
    const running = join(host.data, 'running');
    // A third one at once would find two folders.
    const program = host.program(
      'counted',
      `mkdir '${running}.1' 2>/dev/null && mine=1 || { mkdir '${running}.2' && mine=2; } || exit 3
      espeak-ng "$@"; code=$?; rmdir "${running}.$mine"; exit $code`,
    );
    const espeak = createEspeak({ program, atOnce: 2 });
    const words = Array.from({ length: 12 }, (_, index) => espeak.speak({ voice: ENGLISH, text: `Number ${index}` }));
    assert.equal((await Promise.all(words)).length, 12);
  });

  it('gives up on those that got no turn in time, and refuses more than can wait', async () => {
    const host = new SpeakerHost();
    const program = host.program('slow', 'exec sleep 60');
    const espeak = createEspeak({ program, atOnce: 1, deadlineMs: 2000 });
    const outcomes = Array.from({ length: 202 }, () => espeak.speak({ voice: ENGLISH, text: 'Hello' }));
    const settled = await within('all to be settled', Promise.allSettled(outcomes));
    const messages = settled.map((outcome) =>
      outcome.status === 'rejected' ? String(outcome.reason.message) : 'spoken',
    );
    assert.match(messages[0] ?? '', /took more than/);
    assert.match(messages[200] ?? '', /had no turn within 2000 ms/);
    assert.match(messages[201] ?? '', /200 texts wait to be spoken already/);
    assert.equal(host.calls.length, 1, 'whoever is too late runs nothing');
  });

  it('ends what is under way when it is stopped', async () => {
    const host = new SpeakerHost();
    const pid = join(host.data, 'pid');
    const espeak = createEspeak({ program: host.program('slow', `echo $$ > '${pid}'; exec sleep 60`), atOnce: 1 });
    const outcomes = ['one', 'two'].map((text) =>
      assert.rejects(espeak.speak({ voice: ENGLISH, text }), ofKind('unavailable', /speech is stopping/)),
    );
    const read = () => (existsSync(pid) ? readFileSync(pid, 'utf8').trim() : '');
    const process = await eventually('espeak-ng to run', read, (text) => text !== '');
    await within('the stop', espeak.stop());
    await Promise.all(outcomes);
    await eventually(
      'the process to be gone',
      () => existsSync(`/proc/${process}`),
      (there) => !there,
    );
    await assert.rejects(espeak.speak({ voice: ENGLISH, text: 'three' }), ofKind('unavailable', /stopping/));
  });

  it('may say no more than anybody listens to', async () => {
    const program = new SpeakerHost().program('endless', 'exec cat /dev/zero');
    await assert.rejects(
      createEspeak({ program }).speak({ voice: ENGLISH, text: 'a' }),
      ofKind('internal', /maxBuffer/),
    );
  });
});
