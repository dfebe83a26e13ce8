import assert from 'node:assert/strict';
import { inviterOf } from '../../web-softphone/phone/rings.js';

describe('who invites, as a call says', () => {
  it('is the name before the group’s, once the room is known', () => {
    assert.equal(inviterOf('Alice (Engineering)', { title: 'Engineering' }), 'Alice');
    assert.equal(inviterOf('Alice (QA) (Engineering)', { title: 'Engineering' }), 'Alice (QA)');
  });

  it('is all of it where the room is called otherwise', () => {
    assert.equal(inviterOf('Alice', { title: 'Night shift' }), 'Alice');
    assert.equal(inviterOf('Alice (Sales)', { title: 'Engineering' }), 'Alice (Sales)');
    assert.equal(inviterOf(' (Engineering)', { title: 'Engineering' }), ' (Engineering)');
  });
});
