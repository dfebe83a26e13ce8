import assert from 'node:assert/strict';
import {
  applyRoomEvent,
  findSelf,
  type Participant,
  type RoomEvent,
  readRoomEvent,
} from '../../web-softphone/phone/room-view.js';

function participant(id: string, second: number, change: Partial<Participant> = {}): Participant {
  return {
    id,
    user: 'alice',
    name: 'Alice',
    device: 'softphone',
    muted: false,
    talking: false,
    role: 'speaker',
    joinedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString(),
    ...change,
  };
}

const FIRST = participant('a', 1);
const SECOND = participant('b', 2, { user: 'bob', name: 'Bob' });
const THIRD = participant('c', 3, { user: 'carol', name: 'Carol', device: 'desk-phone' });

function roomAfter(...events: RoomEvent[]): string[] {
  return events.reduce(applyRoomEvent, [] as readonly Participant[]).map(({ id }) => id);
}

describe('a room as its event stream tells it', () => {
  it('reads the events the gateway sends', () => {
    const data = JSON.stringify({ room: '2000', participant: FIRST, cause: 'removed' });
    assert.deepEqual(readRoomEvent({ name: 'participant.joined', data }), { type: 'joined', participant: FIRST });
    assert.deepEqual(readRoomEvent({ name: 'participant.updated', data }), { type: 'updated', participant: FIRST });
    assert.deepEqual(readRoomEvent({ name: 'participant.left', data }), {
      type: 'left',
      participant: FIRST,
      cause: 'removed',
    });
    const digit = JSON.stringify({ room: '2000', participantId: 'a', digit: '#', durationMs: 160 });
    assert.deepEqual(readRoomEvent({ name: 'participant.digit', data: digit }), {
      type: 'digit',
      participantId: 'a',
      digit: '#',
    });
    const locked = JSON.stringify({ room: '2000', locked: true });
    assert.deepEqual(readRoomEvent({ name: 'room.locked', data: locked }), { type: 'locked', locked: true });
    const room = JSON.stringify({ number: '2000', participants: [FIRST] });
    assert.deepEqual(readRoomEvent({ name: 'room', data: room }), { type: 'snapshot', participants: [FIRST] });
  });

  it('passes over what it does not know and what is no JSON', () => {
    assert.equal(readRoomEvent({ name: 'room.renamed', data: '{}' }), undefined);
    assert.equal(readRoomEvent({ name: 'room.locked', data: '{"locked":"yes"}' }), undefined);
    assert.equal(readRoomEvent({ name: 'participant.joined', data: '{}' }), undefined);
    assert.equal(readRoomEvent({ name: 'room', data: '{"participants":7}' }), undefined);
    assert.equal(readRoomEvent({ name: 'room', data: '{' }), undefined);
    assert.equal(readRoomEvent({ name: 'room', data: 'null' }), undefined);
  });

  it('keeps people in the order they came, whatever order it hears of them', () => {
    const ids = roomAfter({ type: 'snapshot', participants: [THIRD, FIRST] }, { type: 'joined', participant: SECOND });
    assert.deepEqual(ids, ['a', 'b', 'c']);
  });

  it('takes an update of somebody unknown for somebody who came', () => {
    assert.deepEqual(roomAfter({ type: 'updated', participant: FIRST }), ['a']);
  });

  it('does not show anybody twice', () => {
    assert.deepEqual(roomAfter({ type: 'joined', participant: FIRST }, { type: 'joined', participant: FIRST }), ['a']);
  });

  it('forgets those who left, and everybody the next snapshot does not name', () => {
    const both: RoomEvent = { type: 'snapshot', participants: [FIRST, SECOND] };
    assert.deepEqual(roomAfter(both, { type: 'left', participant: FIRST, cause: 'left' }), ['b']);
    assert.deepEqual(roomAfter(both, { type: 'snapshot', participants: [THIRD] }), ['c']);
  });

  it('replaces what changed', () => {
    const talking = { ...FIRST, talking: true };
    assert.deepEqual(applyRoomEvent([FIRST, SECOND], { type: 'updated', participant: talking }), [talking, SECOND]);
  });
});

describe('finding oneself in a room', () => {
  it('takes the user’s softphone that came last, since an earlier one is another tab', () => {
    assert.equal(findSelf([FIRST, SECOND, participant('later', 9)], 'alice', undefined), 'later');
  });

  it('does not take the user’s desk phone or somebody else', () => {
    assert.equal(findSelf([SECOND, participant('desk', 4, { device: 'desk-phone' })], 'alice', undefined), undefined);
  });

  it('takes the user’s desk phone where they come by it', () => {
    const desk = participant('desk', 4, { device: 'desk-phone' });
    assert.equal(findSelf([FIRST, desk], 'alice', undefined, 'desk-phone'), 'desk');
    assert.equal(findSelf([FIRST], 'alice', undefined, 'desk-phone'), undefined);
  });

  it('stays with the one found before when another tab comes', () => {
    assert.equal(findSelf([FIRST, participant('later', 9)], 'alice', 'a'), 'a');
  });

  it('looks again when that one is gone', () => {
    assert.equal(findSelf([participant('later', 9)], 'alice', 'a'), 'later');
  });
});
