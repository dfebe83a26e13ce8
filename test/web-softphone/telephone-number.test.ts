import assert from 'node:assert/strict';
import { inviteeName, readInvitee } from '../../web-softphone/phone/people.js';
import { isLikeTelephone, readTelephone } from '../../web-softphone/phone/telephone-number.js';

describe('a telephone number that was typed', () => {
  for (const text of [
    '+4930123456',
    ' +49 30 123456 ',
    '+49 (0)30 12-34-56',
    '+49.30/123456',
    '0049 30 123 456',
    '(+49) 30 123456',
    'tel:+49-30-123456',
    '+49 30 123\u2013456',
  ]) {
    it(`is read from “${text}”`, () => {
      assert.equal(readTelephone(text), 'tel:+4930123456');
    });
  }

  for (const text of ['', '+', '030 123456', '110', '+49 112', '+0 30 123456', '+4930123456789012', '+49 CALL ME']) {
    it(`cannot be “${text}”`, () => {
      assert.equal(readTelephone(text), undefined);
    });
  }

  it('is told from a user name by how it begins', () => {
    assert.deepEqual(['+49', ' 0049', '(030', 'tel:', '7'].map(isLikeTelephone), [true, true, true, true, true]);
    assert.deepEqual(['bob', 'telly', ''].map(isLikeTelephone), [false, false, false]);
  });
});

describe('whom to invite, as it was typed', () => {
  it('is a user or a telephone number, and neither where it is like a number and none', () => {
    assert.equal(readInvitee('Bob'), 'bob');
    assert.equal(readInvitee('00 49 30 123456'), 'tel:+4930123456');
    assert.equal(readInvitee('030 123456'), undefined);
    assert.equal(readInvitee('bob stone'), undefined);
  });

  it('is called by their own name where they are known, and a telephone by its number', () => {
    const known = [{ user: 'bob', displayName: 'Bob Stone' }, { user: 'erin', name: 'Erin' }, { name: 'Grace' }];
    assert.deepEqual(
      ['bob', 'erin', 'zoe', 'tel:+4930123456'].map((to) => inviteeName(to, known)),
      ['Bob Stone', 'Erin', 'zoe', '+4930123456'],
    );
  });
});
