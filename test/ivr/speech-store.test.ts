import assert from 'node:assert/strict';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSpeechStore } from '../../gateway/ivr/speech-store.js';
import { keepLog, WARN } from '../support/log-lines.js';
import { tone } from '../support/signal.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const VOICE = { name: 'en-us', wordsPerMinute: 165 };

describe('the store of spoken names', () => {
  const utterance = (text: string) => ({ voice: VOICE, text });
  let folder: string;
  beforeEach(() => {
    folder = join(temporaryFolder('speech'), 'speech');
  });
  const open = (limits = {}) => {
    const { log, lines } = keepLog();
    return { lines, store: openSpeechStore({ folder, log, ...limits }) };
  };

  it('gives back what was written, also when it is opened anew', async () => {
    const first = await open().store;
    assert.equal(await first.read(utterance('Alice')), undefined);
    await first.write(utterance('Alice'), tone(500, 800));
    const again = await open().store;
    assert.deepEqual(await again.read(utterance('Alice')), tone(500, 800));
  });

  it('tells voices and words apart', async () => {
    const store = await open().store;
    await store.write(utterance('Alice'), tone(500, 800));
    assert.equal(await store.read(utterance('Bob')), undefined);
    assert.equal(await store.read({ voice: { ...VOICE, name: 'en-gb' }, text: 'Alice' }), undefined);
    assert.equal(await store.read({ voice: { ...VOICE, wordsPerMinute: 100 }, text: 'Alice' }), undefined);
  });

  it('names files by a hash, for the gateway alone', async () => {
    const store = await open().store;
    await store.write(utterance('../../etc/passwd'), tone(500, 800));
    const [file = ''] = readdirSync(folder);
    assert.match(file, /^[0-9a-f]{64}\.wav$/);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it('keeps those used last when it is full', async () => {
    const store = await open({ mostFiles: 6, keptAfterClearing: 3 }).store;
    const before = new Set<string>();
    for (let name = 0; name < 6; name++) {
      await store.write(utterance(`${name}`), tone(500, 80));
      for (const file of readdirSync(folder)) if (!before.has(file)) utimesSync(join(folder, file), name, name);
      for (const file of readdirSync(folder)) before.add(file);
    }
    assert.equal(before.size, 6);
    await store.read(utterance('0'));
    await store.write(utterance('6'), tone(500, 80));
    assert.equal(readdirSync(folder).length, 3);
    assert.notEqual(await store.read(utterance('0')), undefined);
    assert.notEqual(await store.read(utterance('6')), undefined);
    assert.equal(await store.read(utterance('1')), undefined);
  });

  it('takes a broken file for none, and what was not finished away', async () => {
    const store = await open().store;
    await store.write(utterance('Alice'), tone(500, 800));
    const [file = ''] = readdirSync(folder);
    writeFileSync(join(folder, file), 'half of');
    assert.equal(await store.read(utterance('Alice')), undefined);
    writeFileSync(join(folder, `${file}.00000000-0000-0000-0000-000000000000`), '');
    await open().store;
    assert.deepEqual(readdirSync(folder), [file]);
  });

  it('goes on without a folder it could write to, and says so once', async () => {
    writeFileSync(join(folder, '..', 'speech'), 'a file in its place');
    const { lines, store } = open();
    await (await store).write(utterance('Alice'), tone(500, 800));
    await (await store).write(utterance('Bob'), tone(500, 800));
    assert.equal(await (await store).read(utterance('Alice')), undefined);
    const warnings = lines.filter(({ level }) => level === WARN);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.msg ?? '', /cannot be kept on disk/);
  });
});
