import assert from 'node:assert/strict';
import { type AccessEvents, createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { InvitationState } from '../../gateway/rooms/invitations.js';
import { createRoomInvitations } from '../../gateway/rooms/room-invitations.js';
import { MemoryInvitations } from '../sip/fakes.js';

function setUp() {
  const invitations = new MemoryInvitations();
  const stopped: string[] = [];
  const lost: AccessEvents['invitation.cancelled'][] = [];
  const events = createAccessEvents();
  events.on('invitation.cancelled', (event) => lost.push(event));
  const unused = async () => assert.fail('nobody is invited');
  const rooms = createRoomInvitations({
    invitations,
    requests: { findUserIds: unused, record: unused, findAnswered: unused },
    groups: { exists: unused, memberNames: unused },
    inviter: { invite: () => {}, cancel: (id) => stopped.push(id) },
    outsideCalls: { requireCallable: unused },
    voiceServersReady: () => [],
    events,
  });
  /** One invitation in each of these states. */
  async function create(...states: InvitationState[]): Promise<string[]> {
    const all = invitations.create('2000', ...states.map((name) => ({ user: { id: `id-${name}`, name } })));
    for (const [index, { id }] of all.entries()) await invitations.update(id, { state: states[index] ?? 'queued' }, []);
    return all.map(({ id }) => id);
  }
  const stateOf = (id = '') => invitations.invitations.get(id)?.state;
  return { rooms, invitations, stopped, lost, create, stateOf };
}

describe('cancelling all invitations of a room', () => {
  it('stops those who wait before those who ring, so that nobody is rung meanwhile', async () => {
    const { rooms, stopped, create, stateOf } = setUp();
    const [ringing, queued, busy, second] = await create('ringing', 'queued', 'busy', 'queued');
    assert.equal(await rooms.cancelAll('2000'), 4);
    assert.deepEqual(stopped, [queued, second, ringing, busy]);
    for (const id of stopped) assert.equal(stateOf(id), 'cancelled');
  });

  it('leaves those who have joined, those cancelled before, and other rooms alone', async () => {
    const { rooms, stopped, lost, create, stateOf } = setUp();
    const [joined, , declined] = await create('joined', 'cancelled', 'declined');
    assert.equal(await rooms.cancelAll('2001'), 0);
    assert.equal(await rooms.cancelAll('2000'), 1);
    assert.deepEqual(stopped, [declined]);
    assert.deepEqual(lost, [{ room: '2000', invitationId: declined, userId: 'id-declined' }]);
    assert.equal(stateOf(joined), 'joined');
  });

  it('is for one inviter’s own where one is named', async () => {
    const { rooms, invitations, create } = setUp();
    const [first, second] = await create('queued', 'ringing');
    const other = invitations.invitations.get(second ?? '') ?? assert.fail();
    invitations.invitations.set(other.id, { ...other, inviter: { id: 'id-bob', name: 'bob' } });
    assert.equal(await rooms.cancelAll('2000', 'id-alice'), 1);
    assert.deepEqual(
      (await rooms.list('2000')).map(({ id, state }) => [id, state]),
      [
        [first, 'cancelled'],
        [second, 'ringing'],
      ],
    );
  });
});
