import assert from 'node:assert/strict';
import {
  type Invitation,
  type InvitationState,
  isHere,
  isPending,
  latestOfEach,
  mayCallAgain,
  mayCancel,
  withInvitations,
} from '../../web-softphone/phone/invitations.js';
import { readRoomEvent } from '../../web-softphone/phone/room-view.js';

function invitation(id: string, to: string, state: InvitationState, second: number): Invitation {
  return { id, to, from: 'alice', state, updatedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString() };
}

describe('who was invited into a room', () => {
  it('is told by the room’s events', () => {
    const bob = invitation('1', 'bob', 'ringing', 1);
    const data = JSON.stringify({ room: '2000', invitation: bob });
    assert.deepEqual(readRoomEvent({ name: 'invitation.updated', data }), { type: 'invitation', invitation: bob });
    assert.equal(readRoomEvent({ name: 'invitation.updated', data: '{"invitation":{"id":7}}' }), undefined);
  });

  it('is what was heard last, in whatever order it is heard of', () => {
    const ringing = invitation('1', 'bob', 'ringing', 1);
    const declined = invitation('1', 'bob', 'declined', 5);
    assert.deepEqual(withInvitations([ringing], declined), [declined]);
    assert.deepEqual(withInvitations([declined], ringing), [declined]);
    assert.deepEqual(withInvitations([declined], { ...declined, state: 'cancelled' }), [
      { ...declined, state: 'cancelled' },
    ]);
  });

  it('lists everybody once, those who may still come first, then the latest news', () => {
    const shown = latestOfEach([
      invitation('1', 'bob', 'declined', 1),
      invitation('2', 'carol', 'no-answer', 2),
      invitation('3', 'dave', 'joined', 9),
      invitation('4', 'bob', 'ringing', 4),
    ]);
    assert.deepEqual(
      shown.map(({ id }) => id),
      ['4', '3', '2'],
    );
  });

  it('may be taken back by who invited and who moderates, once', () => {
    const ringing = invitation('1', 'bob', 'ringing', 1);
    const cancels = (user: string | undefined, moderates = false) => mayCancel(ringing, { user, moderates });
    assert.deepEqual([cancels('alice'), cancels('carol'), cancels(undefined)], [true, false, false]);
    assert.equal(cancels('carol', true), true);
    assert.equal(mayCancel({ ...ringing, state: 'cancelled' }, { user: 'alice', moderates: true }), false);
  });

  it('is over once nothing comes of it without asking anew', () => {
    const pending = (state: InvitationState) => isPending({ state });
    assert.deepEqual((['queued', 'ringing', 'answered', 'confirming', 'snoozed'] as const).map(pending), [
      true,
      true,
      true,
      true,
      true,
    ]);
    assert.deepEqual((['joined', 'declined', 'cancelled', 'unreachable'] as const).map(pending), [
      false,
      false,
      false,
      false,
    ]);
  });

  it('is not over while another try is due', () => {
    assert.equal(isPending({ state: 'busy' }), false);
    assert.equal(isPending({ state: 'busy', nextTryAt: '2026-01-01T12:05:00.000Z' }), true);
  });

  it('may be made once more when it is over, by who invited and who moderates, where they may invite', () => {
    const declined = invitation('1', 'bob', 'declined', 1);
    const again = (user: string, rights: { moderates?: boolean; invites?: boolean } = {}) =>
      mayCallAgain(declined, { user, moderates: false, invites: true, ...rights });
    assert.deepEqual([again('alice'), again('carol'), again('carol', { moderates: true })], [true, false, true]);
    assert.equal(again('alice', { invites: false }), false);
    const due = { ...declined, state: 'no-answer', nextTryAt: declined.updatedAt } as const;
    assert.equal(mayCallAgain(due, { user: 'alice', moderates: true, invites: true }), false);
  });

  it('has led into the room when they are there, a telephone by its number', () => {
    const bob = { user: 'bob', name: 'Bob', device: 'desk-phone' } as const;
    const line = { name: '+4930123456', device: 'outside-line' } as const;
    const guest = { name: '+4930123457', device: 'softphone' } as const;
    const here = (to: string) => isHere({ to }, [bob, line, guest]);
    assert.deepEqual([here('bob'), here('carol')], [true, false]);
    assert.deepEqual([here('tel:+4930123456'), here('tel:+4930123457')], [true, false]);
  });
});
