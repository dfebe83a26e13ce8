import assert from 'node:assert/strict';
import { gatherPeople, readUserName, suggest } from '../../web-softphone/phone/people.js';

const PEOPLE = gatherPeople(
  [
    { group: 'engineering', user: 'alice', displayName: 'Alice' },
    { group: 'engineering', user: 'bob', displayName: 'Bob Stone' },
    { group: 'engineering', user: 'dave', displayName: 'Dave' },
    { group: 'sales', user: 'dave', displayName: 'Dave' },
    { group: 'sales', user: 'erin', displayName: 'Erin Boss' },
  ],
  'alice',
);

const names = (options: { typed?: string; chosen?: string[]; group?: string; most?: number }) =>
  suggest(PEOPLE, { typed: '', chosen: [], most: 8, ...options }).map(({ user }) => user);

describe('whom the page offers to invite', () => {
  it('are the members of all one’s groups, each once, but not oneself', () => {
    assert.deepEqual(names({}), ['bob', 'dave', 'erin']);
    assert.deepEqual(PEOPLE.find(({ user }) => user === 'dave')?.groups, ['engineering', 'sales']);
  });

  it('are those whose user name or any word of whose name begins like what was typed', () => {
    assert.deepEqual(names({ typed: 'bo' }), ['bob', 'erin']);
    assert.deepEqual(names({ typed: ' STONE' }), ['bob']);
    assert.deepEqual(names({ typed: 'zoe' }), []);
  });

  it('are the group’s own members first, and nobody who is chosen', () => {
    assert.deepEqual(names({ group: 'sales' }), ['dave', 'erin', 'bob']);
    assert.deepEqual(names({ chosen: ['dave'] }), ['bob', 'erin']);
    assert.deepEqual(names({ most: 1 }), ['bob']);
  });
});

describe('a user name that was typed', () => {
  it('is read without spaces around it, in lower case', () => {
    assert.equal(readUserName(' Bob '), 'bob');
    assert.equal(readUserName('j.r-tolkien_2'), 'j.r-tolkien_2');
  });

  for (const text of ['', '   ', '1bob', 'bob stone', 'böb', 'a'.repeat(65)]) {
    it(`cannot be “${text.slice(0, 12)}”`, () => {
      assert.equal(readUserName(text), undefined);
    });
  }
});
