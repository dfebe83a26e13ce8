import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createLanguage } from '../../gateway/ivr/language.js';
import { countWords, readNumberRules } from '../../gateway/ivr/number-words.js';
import { SHIPPED_PROMPTS } from './speaker-host.js';

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function inEnglish(count: number): string {
  if (count >= 100) return count === 100 ? 'one hundred' : `one hundred and ${inEnglish(count - 100)}`;
  if (count < 20) return ONES[count] ?? '';
  return count % 10 === 0 ? (TENS[count / 10] ?? '') : `${TENS[Math.floor(count / 10)]} ${ONES[count % 10]}`;
}

function inChinese(count: number): string {
  const digits = [...'零一二三四五六七八九'];
  if (count === 2) return '两';
  if (count < 10) return digits[count] ?? '';
  const tens = digits[Math.floor(count / 10) % 10];
  const one = count % 10 === 0 ? '' : (digits[count % 10] ?? '');
  if (count < 20) return `十${one}`;
  if (count < 100) return `${tens}十${one}`;
  if (count === 100) return '一百';
  return count < 110 ? `一百零${one}` : `一百${tens}十${one}`;
}

function language(tag: string) {
  return createLanguage(tag, parse(readFileSync(join(SHIPPED_PROMPTS, tag, 'language.yaml'), 'utf8')), tag);
}

describe('quantities in words', () => {
  const spoken = (tag: string, between: string) => {
    const { countFiles, files } = language(tag);
    return (count: number) =>
      countFiles(count)
        .map((file) => files.get(file))
        .join(between);
  };

  it('are right in English from 0 to 199', () => {
    const say = spoken('en', ' ');
    for (let count = 0; count < 200; count++) assert.equal(say(count), inEnglish(count));
  });

  it('are right in Chinese from 0 to 199', () => {
    const say = spoken('zh', '');
    for (let count = 0; count < 200; count++) assert.equal(say(count), inChinese(count));
  });

  it('go on in English beyond the rooms there are', () => {
    const say = spoken('en', ' ');
    assert.equal(say(200), 'two hundred');
    assert.equal(say(345), 'three hundred and forty five');
    assert.equal(say(1000), 'one thousand');
    assert.equal(say(12_345), 'twelve thousand three hundred and forty five');
    assert.equal(say(2_000_000), 'two million');
  });

  it('have 两 before the large places in Chinese, and 零 for empty ones', () => {
    const say = spoken('zh', '');
    assert.equal(say(200), '两百');
    assert.equal(say(202), '两百零二');
    assert.equal(say(222), '两百二十二');
    assert.equal(say(1001), '一千零一');
    assert.equal(say(1010), '一千零一十');
    assert.equal(say(2200), '两千两百');
    assert.equal(say(10_010), '一万零一十');
    assert.equal(say(12_345), '一万两千三百四十五');
    assert.equal(say(100_000_000), '一亿');
  });

  it('follow the rules of any language, such as one that says ones before tens', () => {
    const rules = readNumberRules({
      count: { 0: 'null', 1: '=units', 21: '[>units und] zwanzig', 100: '<hundreds hundert [>]' },
      units: { 1: 'ein', 2: 'zwei', 3: 'drei' },
      hundreds: { 1: 'ein', 2: 'zwei' },
    });
    assert.deepEqual(countWords(rules, 23), ['drei', 'und', 'zwanzig']);
    assert.deepEqual(countWords(rules, 200), ['zwei', 'hundert']);
    assert.deepEqual(countWords(rules, 223), ['zwei', 'hundert', 'drei', 'und', 'zwanzig']);
  });

  it('are refused when the rules make no sense, saying which', () => {
    assert.throws(() => readNumberRules({ ordinal: { 0: 'zero' } }), /no set named count/);
    assert.throws(() => readNumberRules({ count: { 20: 'twenty [>' } }), /numbers\.count: 'twenty \[>' lacks a \]/);
    assert.throws(() => readNumberRules({ count: { 20: 'twenty >]' } }), /has a \] too many/);
    assert.throws(() => countWords(readNumberRules({ count: { 1: 'one' } }), 0), /numbers\.count has no rule for 0/);
    assert.throws(() => countWords(readNumberRules({ count: { 0: '=count' } }), 7), /does not come to an end with 7/);
  });
});
