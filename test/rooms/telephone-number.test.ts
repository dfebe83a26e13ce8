import assert from 'node:assert/strict';
import {
  dialledForm,
  fromDialledForm,
  readTelephoneNumber,
  telephoneForLogs,
} from '../../gateway/rooms/telephone-number.js';

describe('a telephone number', () => {
  it('lacks its end in logs, and a short one all of it', () => {
    assert.deepEqual(['+4930123456', '110', ''].map(telephoneForLogs), ['+493012****', '***', '']);
  });

  for (const [text, number] of [
    ['+4930123456', '+4930123456'],
    ['tel:+4930123456', '+4930123456'],
    ['tel:+49-30-123-456;ext=7', '+4930123456'],
    ['+49 (30) 123.456', '+4930123456'],
    ['+6834001', '+6834001'],
    ['+123456789012345', '+123456789012345'],
  ] as const) {
    it(`is read from ${text}`, () => assert.equal(readTelephoneNumber(text), number));
  }

  for (const text of [
    '',
    '110',
    '112',
    '911',
    '+112',
    '+49112',
    '+44999',
    '+1911',
    '030123456',
    '004930123456',
    '+0301234567',
    '+1234567890123456',
    '+4930abc456',
    '+49301234*6',
    '++4930123456',
    'sip:+4930123456@host',
  ]) {
    it(`is none in '${text}'`, () => assert.equal(readTelephoneNumber(text), undefined));
  }

  const german = { countryCode: '49', dialAbroad: null };
  for (const [dial, dialled] of [
    ['{plus}', '+4930123456'],
    ['{e164}', '4930123456'],
    ['00{e164}', '004930123456'],
    ['{national}', '30123456'],
    ['9,0{national}', '9,030123456'],
  ] as const) {
    it(`is dialled as ${dialled} where the peer wants ${dial}`, () => {
      assert.equal(dialledForm('+4930123456', { ...german, dial }), dialled);
    });
  }

  it('of another country has a form of its own, or none where only the national one is known', () => {
    const national = { ...german, dial: '0{national}' };
    assert.equal(dialledForm('+43112345678', national), undefined);
    assert.equal(dialledForm('+43112345678', { ...national, dialAbroad: '00{e164}' }), '0043112345678');
    assert.equal(dialledForm('+4930123456', { ...national, dialAbroad: '00{e164}' }), '030123456');
  });

  it('is not dialled in a national form so short that it could be an emergency number', () => {
    const south = { dial: '{national}', dialAbroad: null, countryCode: '27' };
    assert.equal(dialledForm('+2710111', south), undefined);
    assert.equal(dialledForm('+271011123', south), '1011123');
    assert.equal(dialledForm('+49116117', { ...south, countryCode: '49' }), undefined);
    assert.equal(dialledForm('+2710111', { ...south, dial: '{plus}' }), '+2710111');
  });

  for (const [shown, number] of [
    ['+4930123456', '+4930123456'],
    ['004930123456', '+4930123456'],
    ['030 123456', '+4930123456'],
    ['30123456', undefined],
    ['anonymous', undefined],
    ['', undefined],
  ] as const) {
    it(`shown by a German peer as '${shown}' is ${number ?? 'none'}`, () => {
      assert.equal(fromDialledForm(shown, { ...german, dial: '0{national}' }), number);
    });
  }

  it('is read without + from a peer that is dialled so, and from no other', () => {
    const bare = { dial: '{e164}', dialAbroad: null, countryCode: null };
    assert.equal(fromDialledForm('4930123456', bare), '+4930123456');
    assert.equal(fromDialledForm('110', bare), undefined);
    assert.equal(fromDialledForm('4930123456', { ...bare, dial: '{plus}' }), undefined);
  });
});
