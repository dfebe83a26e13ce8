import assert from 'node:assert/strict';
import { admit, admitGuest, moderates } from '../../gateway/rooms/admission.js';
import type { Room, Standing } from '../../gateway/rooms/room.js';
import type { GroupRole, User } from '../../gateway/rooms/user.js';

function user(id: string, role?: GroupRole): User {
  const memberships = role === undefined ? [] : [{ groupId: 'g', group: 'g', title: 'G', role, hasPin: false }];
  return { id, name: id, displayName: id, admin: true, revokedBefore: new Date(0), memberships };
}

const GROUP: Room = { number: '2000', kind: 'group', title: 'G', groupId: 'g', hasPin: false };
const TEMPORARY: Room = { number: '100000', kind: 'temporary', title: 't', team: 't', hasPin: false };
const EXCLUSIVE: Room = { number: '800000', kind: 'exclusive', title: 'Ann', ownerId: 'ann', hasPin: false };

describe('who may enter', () => {
  const cases: [string, Room, User, Standing | undefined, string][] = [
    ['a moderator of the group, as such', GROUP, user('ann', 'moderator'), undefined, 'moderator'],
    ['a member of the group, to speak', GROUP, user('ann', 'member'), undefined, 'speaker'],
    ['a listener of the group, to listen', GROUP, user('ann', 'listener'), undefined, 'listener'],
    ['a listener who is invited, still to listen', GROUP, user('ann', 'listener'), 'invited', 'listener'],
    ['an invited stranger, to speak', GROUP, user('ben'), 'invited', 'speaker'],
    ['no stranger who asked, not even an administrator', GROUP, user('ben'), 'asked', 'not-a-member'],
    ['no stranger', GROUP, user('ben'), undefined, 'not-a-member'],
    ['who asked for the team', TEMPORARY, user('ben'), 'asked', 'speaker'],
    ['who is invited to the team', TEMPORARY, user('ben'), 'invited', 'speaker'],
    ['nobody else to the team', TEMPORARY, user('ben'), undefined, 'not-invited'],
    ['the owner, as such', EXCLUSIVE, user('ann'), undefined, 'owner'],
    ['whom the owner invited', EXCLUSIVE, user('ben'), 'invited', 'speaker'],
    ['nobody else to the owner', EXCLUSIVE, user('ben'), undefined, 'not-invited'],
    ['nobody who only asked for the owner', EXCLUSIVE, user('ben'), 'asked', 'not-invited'],
  ];
  for (const [who, room, whom, standing, expected] of cases) {
    it(`is ${who} (${room.kind} room)`, () => {
      const admission = admit(room, whom, standing);
      assert.equal(admission.admitted ? admission.role : admission.why, expected);
    });
  }

  it('is a guest with the PIN the room has, in that room alone', () => {
    const guest = { id: '1', name: 'Zoe', room: '2000', pinVersion: 7 };
    assert.deepEqual(admitGuest({ ...GROUP, hasPin: true, pinVersion: 7 }, guest), { admitted: true, role: 'speaker' });
    for (const room of [
      { ...GROUP, hasPin: true, pinVersion: 8 },
      { ...GROUP, hasPin: true },
      { ...GROUP, hasPin: false, pinVersion: 7 },
      { ...TEMPORARY, hasPin: true, pinVersion: 7 },
    ]) {
      assert.deepEqual(admitGuest(room, guest), { admitted: false, why: 'wrong-room' });
    }
  });

  it('moderates as owner or moderator', () => {
    const roles = ['owner', 'moderator', 'speaker', 'listener'] as const;
    assert.deepEqual(roles.map(moderates), [true, true, false, false]);
  });
});
