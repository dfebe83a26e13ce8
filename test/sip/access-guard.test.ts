import assert from 'node:assert/strict';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { Guest } from '../../gateway/rooms/admission.js';
import type { Room, Standing } from '../../gateway/rooms/room.js';
import type { Device } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import { AccessGuard } from '../../gateway/sip/access-guard.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import type { Identity } from '../../gateway/sip/identity.js';
import { silentLog } from '../support/silent-log.js';
import { FakeRequest } from './fake-calls.js';
import { MemoryContacts, MemoryInvitations, OFFER, ROOM, settle, user } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

/** A room with people in it, and who may be there as the store has it: both can be changed. */
function setUp() {
  const { roster, focuses } = setUpFocuses();
  const events = createAccessEvents();
  const contacts = new MemoryContacts();
  const known = new Map<string, User>(['alice', 'bob', 'erin'].map((name) => [name, user(name)]));
  const world = { room: ROOM as Room | undefined, standings: new Map<string, Standing>(), broken: false };
  const left: string[] = [];
  roster.events.on('participant.left', ({ participant, cause }) => left.push(`${participant.name} ${cause}`));
  const find = async (number: string) => {
    if (world.broken) throw new Error('the database is gone');
    return world.room?.number === number ? world.room : undefined;
  };
  const invitations = new MemoryInvitations();
  const guard = new AccessGuard({
    events,
    focuses,
    doorkeeper: createDoorkeeper(
      {
        find,
        async findFor(number, userId) {
          const room = await find(number);
          const standing = world.standings.get(userId);
          return room && { room, ...(standing === undefined ? {} : { standing }) };
        },
      },
      invitations,
    ),
    users: { findByName: async (name) => known.get(name) },
    contacts,
    log: silentLog,
  });
  async function enter(identity: Identity, room: Room = ROOM, device: Device = 'softphone') {
    const origin = new DialledIn(new FakeRequest({ method: 'INVITE', body: OFFER }));
    const id = `leg-${focuses.counts().legs}`;
    const leg = focuses.add(room, { id, origin, identity, device, role: 'speaker' });
    await leg.start();
    return leg;
  }
  const member = (name: string) => ({ user: known.get(name) ?? assert.fail() });
  return { roster, events, contacts, known, world, left, guard, enter, member, invitations };
}

function guest(name: string, pinVersion: number): { guest: Guest } {
  return { guest: { id: name, name, room: '2000', pinVersion } };
}

const REMOVED = { groupId: 'engineering', userId: 'id-bob', user: 'bob', room: '2000' };

describe('access that ends', () => {
  it('sends a removed member out of the room at once, and nobody else', async () => {
    const { events, known, left, enter, member } = setUp();
    await enter(member('alice'));
    await enter(member('bob'));
    known.set('bob', user('bob', []));
    events.emit('member.removed', REMOVED);
    await settle();
    assert.deepEqual(left, ['BOB removed']);
  });

  it('lets a removed member stay who is invited', async () => {
    const { events, known, world, left, enter, member } = setUp();
    await enter(member('bob'));
    known.set('bob', user('bob', []));
    world.standings.set('id-bob', 'invited');
    events.emit('member.removed', REMOVED);
    await settle();
    assert.deepEqual(left, []);
    world.standings.delete('id-bob');
    events.emit('invitation.cancelled', { room: '2000', invitationId: 'i', userId: 'id-bob' });
    await settle();
    assert.deepEqual(left, ['BOB removed']);
  });

  it('leaves a member in the room whose invitation is cancelled', async () => {
    const { events, left, enter, member } = setUp();
    await enter(member('bob'));
    events.emit('invitation.cancelled', { room: '2000', invitationId: 'i', userId: 'id-bob' });
    events.emit('invitation.cancelled', { room: '2000', invitationId: 'i' });
    await settle();
    assert.deepEqual(left, []);
  });

  it('is not the end of calls in other rooms', async () => {
    const { events, known, left, enter, member } = setUp();
    await enter(member('bob'), { ...ROOM, number: '2001' });
    known.set('bob', user('bob', []));
    events.emit('member.removed', REMOVED);
    await settle();
    assert.deepEqual(left, []);
  });

  it('mutes a member who is made a listener, and lets them be heard again', async () => {
    const { events, known, roster, enter, member } = setUp();
    await enter(member('bob'));
    const change = async (role: 'listener' | 'member') => {
      const bob = user('bob');
      known.set('bob', { ...bob, memberships: bob.memberships.map((membership) => ({ ...membership, role })) });
      events.emit('member.changed', { ...REMOVED, role });
      await settle();
      return roster.participants('2000').map(({ role: shown, muted }) => [shown, muted])[0];
    };
    assert.deepEqual(await change('listener'), ['listener', true]);
    assert.deepEqual(await change('member'), ['speaker', false]);
  });

  it('ends all calls of a revoked softphone and forgets where it can be reached', async () => {
    const { events, contacts, known, left, enter, member } = setUp();
    await enter(member('bob'));
    await enter(member('bob'), { ...ROOM, number: '2001' });
    await enter(member('alice'));
    const binding = {
      callId: 'c',
      cseq: 1,
      transport: 'ws' as const,
      sourceAddress: '127.0.0.1',
      sourcePort: 1,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    };
    for (const [name, transport] of [
      ['alice', 'ws'],
      ['bob', 'ws'],
      ['bob', 'udp'],
    ] as const) {
      const contactUri = `sip:${name}@${transport}`;
      contacts.bindings.push({ ...binding, userId: `id-${name}`, userName: name, contactUri, transport });
    }
    const reachable = () => contacts.bindings.map(({ contactUri }) => contactUri);
    await enter(member('bob'), ROOM, 'desk-phone');
    events.emit('user.revoked', { userId: 'id-bob', user: 'bob' });
    await settle();
    assert.deepEqual(left, ['BOB expired', 'BOB expired'], 'the desk phone has a secret of its own');
    assert.deepEqual(reachable(), ['sip:alice@ws', 'sip:bob@udp']);
    known.delete('bob');
    events.emit('user.revoked', { userId: 'id-bob', user: 'bob' });
    await settle();
    assert.deepEqual(left, ['BOB expired', 'BOB expired', 'BOB expired']);
    assert.deepEqual(reachable(), ['sip:alice@ws']);
  });

  for (const [cause, shown] of [
    ['expired', 'expired'],
    ['empty', 'expired'],
    ['released', 'removed'],
  ] as const) {
    it(`empties a room that ended because it was ${cause}`, async () => {
      const { events, left, enter, member } = setUp();
      await enter(member('alice'));
      await enter(guest('Zoe', 1));
      await enter(member('bob'), { ...ROOM, number: '2001' });
      events.emit('room.ended', { room: '2000', cause });
      await settle();
      assert.deepEqual(left, [`ALICE ${shown}`, `Zoe ${shown}`]);
    });
  }

  it('sends out guests who came in with another PIN, and leaves members and those with the new one', async () => {
    const { events, world, left, enter, member } = setUp();
    await enter(member('alice'));
    await enter(guest('Zoe', 1));
    world.room = { ...ROOM, hasPin: true, pinVersion: 2 };
    await enter(guest('Yan', 2));
    events.emit('pin.changed', { room: '2000' });
    await settle();
    assert.deepEqual(left, ['Zoe expired']);
    world.room = ROOM;
    events.emit('pin.changed', { room: '2000' });
    await settle();
    assert.deepEqual(left, ['Zoe expired', 'Yan expired']);
  });

  it('is found out by one who was let in just before, when no event could tell of them', async () => {
    const { events, guard, known, left, enter, member } = setUp();
    const { epoch } = guard;
    const unchanged = await enter(member('alice'));
    guard.confirm(unchanged, epoch);
    events.emit('member.removed', REMOVED);
    known.set('bob', user('bob', []));
    const [alice, bob] = [await enter(member('alice')), await enter({ user: user('bob') })];
    guard.confirm(alice, epoch);
    guard.confirm(bob, epoch);
    await settle();
    assert.deepEqual(left, ['BOB removed']);
  });

  it('is taken as ended when it cannot be looked up', async () => {
    const { events, world, left, enter, member } = setUp();
    await enter(member('bob'));
    world.broken = true;
    events.emit('member.removed', REMOVED);
    await settle();
    assert.deepEqual(left, ['BOB removed']);
  });

  it('sends an outside line out whose invitation is cancelled, and no other', async () => {
    const { events, left, enter, invitations } = setUp();
    const [first, second] = invitations.create('2000', { tel: '+4930111' }, { tel: '+4930222' });
    for (const { id, to } of [first, second].map((one) => one ?? assert.fail())) {
      await enter({ outside: { id, tel: 'tel' in to ? to.tel : '', room: '2000' } }, ROOM, 'outside-line');
    }
    events.emit('invitation.cancelled', { room: '2000', invitationId: first?.id ?? '' });
    await settle();
    assert.deepEqual(left, ['+4930111 removed']);
  });

  it('takes an outside line in for as long as its invitation is not cancelled, into its room alone', async () => {
    const { events, guard, left, enter, invitations } = setUp();
    const [invitation] = invitations.create('2000', { tel: '+4930111' });
    const id = invitation?.id ?? '';
    const { epoch } = guard;
    const leg = await enter({ outside: { id, tel: '+4930111', room: '2000' } }, ROOM, 'outside-line');
    events.emit('pin.changed', { room: '2000' });
    await guard.assertAdmitted(leg, epoch);
    const stray = await enter({ outside: { id, tel: '+4930111', room: '2001' } }, ROOM, 'outside-line');
    await assert.rejects(guard.assertAdmitted(stray, epoch), { kind: 'forbidden' });
    await invitations.update(id, { state: 'cancelled' }, []);
    await assert.rejects(guard.assertAdmitted(leg, epoch), { kind: 'forbidden', code: 'not-admitted' });
    guard.confirm(leg, epoch);
    await settle();
    assert.deepEqual(left, ['+4930111 removed']);
  });

  it('is looked at again by one who is about to enter only if something has changed, until nothing has', async () => {
    const { events, guard, known, world, enter, member } = setUp();
    const leg = await enter(member('bob'));
    const { epoch } = guard;
    known.set('bob', user('bob', []));
    // Nothing was said to have changed.
    await guard.assertAdmitted(leg, epoch);
    world.standings.set('id-bob', 'invited');
    events.emit('pin.changed', { room: '2000' });
    const asserted = guard.assertAdmitted(leg, epoch);
    // It changes while that is looked up.
    world.standings.delete('id-bob');
    events.emit('pin.changed', { room: '2000' });
    await assert.rejects(asserted, { kind: 'forbidden' });
    world.room = undefined;
    await assert.rejects(guard.assertAdmitted(leg, epoch), { kind: 'not-found' });
  });
});
