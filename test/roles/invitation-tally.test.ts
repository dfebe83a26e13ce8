import assert from 'node:assert/strict';
import { tallyInvitations } from '../../gateway/roles/invitation-tally.js';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import { Roster } from '../../gateway/rooms/roster.js';

describe('the figures of invitations', () => {
  it('have what each came to, once, and nothing of those that go on', () => {
    const roster = new Roster();
    const tally = tallyInvitations(roster);
    const move = (change: Pick<Invitation, 'state'> & Partial<Invitation>, more: { afterEnd?: true } = {}) => {
      const at = new Date();
      const inviter = { id: 'id-alice', name: 'alice' };
      const to = { tel: '+4930123456' };
      const invitation = { id: 'i', room: '2000', inviter, to, tries: 1, createdAt: at, updatedAt: at, ...change };
      roster.events.emit('invitation.updated', { room: '2000', invitation, ...more });
    };
    for (const state of ['queued', 'ringing', 'answered', 'confirming'] as const) move({ state });
    move({ state: 'busy', nextTryAt: new Date() });
    move({ state: 'snoozed', nextTryAt: new Date() });
    assert.ok([...tally.read().values()].every((count) => count === 0));
    for (const state of ['busy', 'joined', 'joined', 'voicemail'] as const) move({ state });
    move({ state: 'cancelled' }, { afterEnd: true });
    const counted = [...tally.read()].filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(counted), { busy: 1, joined: 2, voicemail: 1 });
  });
});
