import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createLanguage } from '../../gateway/ivr/language.js';
import { cleanName, utterances } from '../../gateway/ivr/spoken-name.js';
import { SHIPPED_PROMPTS } from './speaker-host.js';

function language(tag: string) {
  return createLanguage(tag, parse(readFileSync(join(SHIPPED_PROMPTS, tag, 'language.yaml'), 'utf8')), tag);
}

describe('a name made fit to be spoken', () => {
  it('stays as it is when it is one', () => {
    for (const name of [
      'Alice',
      'Zoë Müller-Lüdenscheidt',
      "Seán O'Brien",
      '王小明',
      'Отдел продаж',
      'Team 7',
      'R+D',
    ]) {
      assert.equal(cleanName(name), name);
    }
  });

  it('loses what is no word', () => {
    assert.equal(cleanName('Bob\n\u0007 \u202eX😀'), 'Bob X');
    assert.equal(cleanName('"; rm -rf / #'), 'rm -rf');
    assert.equal(cleanName('$(reboot) `id`'), 'reboot id');
  });

  it('loses what espeak-ng would take for phonemes or markup', () => {
    for (const name of ['[[f@n]]', '<speak>a</speak>', '&lt;b&gt;', '{inviter}', 'ｆ［［ａ］］', '＜speak＞']) {
      assert.doesNotMatch(cleanName(name), /[[\]<>&;{}]/, name);
    }
  });

  it('is cut where a word ends, however long it was', () => {
    assert.equal([...cleanName('x'.repeat(10_000))].length, 60);
    const cut = cleanName('Department of Overlong Names '.repeat(400));
    assert.ok([...cut].length <= 60);
    assert.match(cut, / of$| Overlong$| Names$|^Department$/);
    assert.ok(cleanName('\ufdfa'.repeat(10_000)).length <= 120, 'a character that stands for eighteen');
  });

  it('is nothing when nothing is left', () => {
    for (const name of ['', '   ', '😀🎉', '[[]]', '---', '\u0000\u001b', '@.,']) assert.equal(cleanName(name), '');
  });
});

describe('the voices of a name', () => {
  const english = language('en');
  const chinese = language('zh');
  const said = (name: string, first = english) =>
    utterances(cleanName(name), first, [english, chinese]).map(({ voice, text }) => `${voice.name}: ${text}`);

  it('are that of the prompt for scripts it reads', () => {
    assert.deepEqual(said('Alice'), ['en-us: Alice,']);
    assert.deepEqual(said('王小明', chinese), ['cmn-latn-pinyin: 王小明,']);
  });

  it("are another language's for others", () => {
    assert.deepEqual(said('王小明'), ['cmn-latn-pinyin: 王小明,']);
    assert.deepEqual(said('Alice', chinese), ['en-us: Alice,']);
  });

  it('are several in a name of several scripts', () => {
    assert.deepEqual(said('Alice 王小明 2'), ['en-us: Alice,', 'cmn-latn-pinyin: 王小明 2,']);
  });

  it('are those espeak-ng has where no language reads a script', () => {
    assert.deepEqual(said('Отдел'), ['ru: Отдел,']);
    assert.deepEqual(said('김민준'), ['ko: 김민준,']);
  });

  it('are that of the prompt for digits alone', () => {
    assert.deepEqual(said('42', chinese), ['cmn-latn-pinyin: 42,']);
  });

  it('are none for a script nobody reads', () => {
    assert.deepEqual(said('𐎠𐎼𐎿'), []);
    assert.deepEqual(said('Alice 𐎠𐎼𐎿'), ['en-us: Alice,']);
  });
});
