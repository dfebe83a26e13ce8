import assert from 'node:assert/strict';
import { forgetRoom, type RecentRoom, readRecentRooms, rememberRoom } from '../../web-softphone/phone/recent-rooms.js';

const NOW = Date.UTC(2026, 0, 1, 12);

function team(number: string, more: Partial<RecentRoom> = {}): RecentRoom {
  return {
    number,
    kind: 'temporary',
    title: `Team ${number}`,
    team: `Team ${number}`,
    expiresAt: new Date(NOW + 1_000).toISOString(),
    ...more,
  };
}

const numbers = (text: string | undefined, user = 'alice', nowMs = NOW) =>
  readRecentRooms(text, user, nowMs).map(({ number }) => number);

function visited(...rooms: RecentRoom[]): string | undefined {
  return rooms.reduce<string | undefined>((text, room) => rememberRoom(text, 'alice', room), undefined);
}

describe('the rooms one has been in', () => {
  it('are listed with the last one first, each once, and not too many', () => {
    assert.deepEqual(numbers(visited(team('1001'), team('1002'), team('1001'))), ['1001', '1002']);
    const many = ['1001', '1002', '1003', '1004', '1005', '1006'].map((number) => team(number));
    assert.deepEqual(numbers(visited(...many)), ['1006', '1005', '1004', '1003']);
  });

  it('are the user’s own, whoever else uses the browser', () => {
    const text = rememberRoom(visited(team('1001')), 'bob', team('1002'));
    assert.deepEqual(numbers(text), ['1001']);
    assert.deepEqual(numbers(text, 'bob'), ['1002']);
    assert.deepEqual(numbers(forgetRoom(text, 'bob', '1001')), ['1001']);
  });

  it('are forgotten when they have ended, and when they are gone', () => {
    const text = visited(team('1001'), team('1002'));
    assert.deepEqual(numbers(text, 'alice', NOW + 1_000), []);
    assert.deepEqual(numbers(forgetRoom(text, 'alice', '1002')), ['1001']);
  });

  it('have a team once, though its room has another number now', () => {
    assert.deepEqual(numbers(visited(team('1001', { team: 'Night' }), team('1002', { team: 'Night' }))), ['1002']);
  });

  it('are none where what is kept cannot be read', () => {
    for (const text of [undefined, '', '{', '7', 'null', '[7,null,{"user":"alice"}]']) {
      assert.deepEqual(numbers(text), []);
    }
  });
});
