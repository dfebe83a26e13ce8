import assert from 'node:assert/strict';
import type { Group } from '../../web-softphone/phone/api.js';
import { rightsIn } from '../../web-softphone/phone/rights.js';
import type { Role, RoomFacts, RoomKind } from '../../web-softphone/phone/room-view.js';

const NOTHING = { moderates: false, invites: false, setsPin: false };
const ALL = { moderates: true, invites: true, setsPin: true };
const MEMBER: Group = { name: 'engineering', title: 'Engineering', role: 'member', number: '2000' };

function rights(
  kind: RoomKind,
  more: { role?: Role; groups?: Group[]; invited?: boolean; group?: string; title?: string } = {},
) {
  const room: RoomFacts = { number: '2000', kind, title: more.title ?? 'A room', uri: 'sip:2000@host', hasPin: false };
  return rightsIn({
    room,
    me: { groups: more.groups ?? [] },
    self: more.role === undefined ? undefined : { role: more.role },
    group: more.group,
    invited: more.invited ?? false,
  });
}

describe('what the user is offered in a room', () => {
  it('is nothing before the room is known, and nothing to a guest', () => {
    assert.deepEqual(
      rightsIn({ room: undefined, me: { groups: [] }, self: undefined, group: undefined, invited: false }),
      NOTHING,
    );
    const room: RoomFacts = { number: '2000', kind: 'temporary', title: 'x', uri: 'sip:2000@host', hasPin: true };
    assert.deepEqual(rightsIn({ room, me: undefined, self: undefined, group: undefined, invited: false }), NOTHING);
  });

  it('in a group’s room is inviting for its members, and everything for its moderators', () => {
    assert.deepEqual(rights('group', { role: 'speaker', groups: [MEMBER] }), { ...NOTHING, invites: true });
    assert.deepEqual(rights('group', { groups: [{ ...MEMBER, role: 'moderator' }] }), ALL);
    assert.deepEqual(rights('group', { role: 'moderator', groups: [MEMBER] }), ALL);
  });

  it('in a group’s room is nothing for who is only invited', () => {
    const other: Group = { ...MEMBER, name: 'sales', title: 'Sales', number: '3000' };
    assert.deepEqual(rights('group', { role: 'speaker', groups: [other], invited: true }), NOTHING);
  });

  it('knows one’s group although it got its number only now', () => {
    const { number: _, ...unnumbered } = MEMBER;
    assert.equal(rights('group', { groups: [unnumbered], group: 'engineering' }).invites, true);
    assert.equal(rights('group', { groups: [unnumbered], title: 'Engineering' }).invites, true);
    assert.equal(rights('group', { groups: [unnumbered], title: 'Sales' }).invites, false);
  });

  it('in one’s own room is everything, in another’s nothing', () => {
    assert.deepEqual(rights('exclusive', { role: 'owner' }), ALL);
    assert.deepEqual(rights('exclusive', { role: 'speaker', invited: true }), NOTHING);
  });

  it('is inviting for those who belong to the room once the gateway says who does', () => {
    const room: RoomFacts = { number: '2000', kind: 'temporary', title: 'x', uri: 'sip:2000@host', hasPin: false };
    const rightsOf = (belongs: boolean) =>
      rightsIn({
        room: { ...room, you: { belongs } },
        me: { groups: [] },
        self: undefined,
        group: undefined,
        invited: belongs,
      });
    assert.deepEqual([rightsOf(true).invites, rightsOf(false).invites], [true, false]);
    assert.equal(rightsOf(false).setsPin, false);
  });

  it('in a temporary room is the PIN and inviting for who asked for it, nothing for who was invited', () => {
    assert.deepEqual(rights('temporary', { role: 'speaker' }), { moderates: false, invites: true, setsPin: true });
    assert.deepEqual(rights('temporary', { role: 'speaker', invited: true }), NOTHING);
  });
});
