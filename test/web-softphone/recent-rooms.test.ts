import assert from 'node:assert/strict';
import {
  afterVisit,
  forgetRoom,
  type RecentRoom,
  readRecentRooms,
  rememberRoom,
} from '../../web-softphone/phone/recent-rooms.js';

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

  it('are those that nothing else leads back to, and not those that are gone', () => {
    const facts = { number: '1001', kind: 'temporary', title: 'Night', uri: 'sip:1001@host', team: 'Night' } as const;
    const room = { ...facts, hasPin: false };
    const asked = afterVisit(undefined, 'alice', { room, way: 'request' });
    assert.equal(readRecentRooms(asked, 'alice', NOW)[0]?.team, 'Night');
    const invited = afterVisit(undefined, 'alice', { room, way: 'invitation' });
    assert.equal(readRecentRooms(invited, 'alice', NOW)[0]?.team, undefined);
    const own = afterVisit(undefined, 'alice', { room: { ...room, kind: 'exclusive' }, way: 'request' });
    const group = afterVisit(undefined, 'alice', { room: { ...room, kind: 'group' }, way: 'number' });
    assert.deepEqual([numbers(own), numbers(group)], [[], []]);
    const gone = { number: '1001', way: 'number', problem: { code: 'no-such-room' } } as const;
    assert.deepEqual(numbers(afterVisit(asked, 'alice', gone)), []);
    assert.deepEqual(numbers(afterVisit(asked, 'alice', { ...gone, problem: { code: 'unreachable' } })), ['1001']);
  });
});
