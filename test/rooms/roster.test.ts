import assert from 'node:assert/strict';
import { EventBus } from '../../gateway/events.js';
import { type Participant, Roster, type RosterEvents } from '../../gateway/rooms/roster.js';

function person(id: string): Participant {
  return {
    id,
    user: id,
    name: id,
    device: 'softphone',
    muted: false,
    talking: false,
    held: false,
    role: 'speaker',
    handRaised: false,
    joinedAt: new Date(0),
  };
}

describe('the roster', () => {
  let roster: Roster;
  let heard: string[];

  beforeEach(() => {
    roster = new Roster();
    heard = [];
    roster.events.onAny((name, event) => {
      if ('participant' in event) heard.push(`${name} ${event.participant.id}`);
      else
        heard.push(
          'participantId' in event ? `${name} ${event.participantId} ${event.digit}` : `${name} ${event.room}`,
        );
    });
  });

  it('knows who is in a room until the last of their devices has left it', () => {
    const bob = { ...person('bob'), id: 'desk', device: 'desk-phone' } as const;
    const outside = { ...person('outside'), user: undefined, name: '+4930123456', device: 'outside-line' } as const;
    const { user: _user, ...line } = outside;
    roster.join('2000', person('bob'));
    roster.join('2000', bob);
    roster.join('2000', line);
    roster.update('bob', { muted: true });
    roster.leave('bob', 'left');
    assert.equal(roster.isIn('2000', person('bob')), true);
    assert.equal(roster.isIn('2001', person('bob')), false);
    assert.equal(roster.isIn('2000', line), true);
    roster.leave('desk', 'left');
    assert.equal(roster.isIn('2000', person('bob')), false);
    roster.leave('outside', 'left');
    assert.equal(roster.isIn('2000', line), false);
  });

  it('tells a room’s life from the first who comes to the last who goes', () => {
    roster.join('2000', person('alice'));
    roster.join('2000', person('bob'));
    roster.leave('alice', 'left');
    roster.leave('bob', 'removed');
    assert.deepEqual(heard, [
      'room.started 2000',
      'participant.joined alice',
      'participant.joined bob',
      'participant.left alice',
      'participant.left bob',
      'room.ended 2000',
    ]);
    assert.deepEqual([roster.roomCount, roster.participantCount], [0, 0]);
  });

  it('keeps rooms apart', () => {
    roster.join('2000', person('alice'));
    roster.join('3000', person('bob'));
    assert.deepEqual(
      roster.participants('2000').map(({ id }) => id),
      ['alice'],
    );
    assert.equal(roster.find('bob')?.room, '3000');
    assert.deepEqual([roster.roomCount, roster.participantCount], [2, 2]);
    assert.deepEqual(roster.participants('4000'), []);
  });

  it('tells of a change once, and of no change never', () => {
    roster.join('2000', person('alice'));
    heard.length = 0;
    roster.update('alice', { muted: true });
    roster.update('alice', { muted: true });
    roster.update('nobody', { muted: true });
    assert.deepEqual(heard, ['participant.updated alice']);
    assert.equal(roster.find('alice')?.participant.muted, true);
  });

  it('shows nobody who left as talking, with the cause', () => {
    let left: RosterEvents['participant.left'] | undefined;
    roster.events.on('participant.left', (event) => {
      left = event;
    });
    roster.join('2000', { ...person('alice'), talking: true });
    roster.leave('alice', 'unreachable');
    roster.leave('alice', 'left');
    assert.deepEqual([left?.participant.talking, left?.cause], [false, 'unreachable']);
    assert.equal(heard.filter((line) => line.startsWith('participant.left')).length, 1);
  });

  it('knows which rooms are locked until the last has left, and tells of a change once', () => {
    roster.setLocked('2000', true);
    assert.equal(roster.isLocked('2000'), false, 'nobody is there');
    roster.join('2000', person('alice'));
    roster.join('2000', person('bob'));
    heard.length = 0;
    roster.setLocked('2000', true);
    roster.setLocked('2000', true);
    roster.leave('alice', 'left');
    assert.deepEqual([roster.isLocked('2000'), roster.isLocked('3000')], [true, false]);
    roster.leave('bob', 'left');
    assert.equal(roster.isLocked('2000'), false);
    assert.deepEqual(heard, [
      'room.locked 2000',
      'participant.left alice',
      'participant.left bob',
      'room.locked 2000',
      'room.ended 2000',
    ]);
    roster.join('2000', person('carol'));
    assert.equal(roster.isLocked('2000'), false);
  });

  it('passes on digits of those who are there', () => {
    roster.join('2000', person('alice'));
    heard.length = 0;
    roster.digit('alice', '5', 100);
    roster.digit('nobody', '6', 100);
    assert.deepEqual(heard, ['participant.digit alice 5']);
  });
});

describe('an event bus', () => {
  it('lets no listener keep the others from hearing, and says what was thrown', () => {
    const thrown: unknown[] = [];
    const bus = new EventBus<{ tick: number }>((error) => thrown.push(error));
    const heard: number[] = [];
    bus.on('tick', () => {
      throw new Error('oops');
    });
    const stop = bus.on('tick', (value) => heard.push(value));
    bus.emit('tick', 1);
    stop();
    bus.emit('tick', 2);
    assert.deepEqual([heard, thrown.length], [[1], 2]);
  });
});
