import assert from 'node:assert/strict';
import { admit } from '../../gateway/rooms/admission.js';
import type { Directory } from '../../gateway/rooms/directory.js';
import { isRoomNumber, type Room } from '../../gateway/rooms/room.js';
import type { Membership, User } from '../../gateway/rooms/user.js';
import { createVoiceRequests } from '../../gateway/rooms/voice-requests.js';
import { PHONES } from '../support/phones.js';

function user(...memberships: Membership[]): User {
  return { id: 'u1', name: 'dave', displayName: 'Dave', admin: false, revokedBefore: new Date(0), memberships };
}

const ENGINEERING: Membership = {
  groupId: 'g1',
  group: 'engineering',
  title: 'Engineering',
  role: 'member',
  hasPin: false,
};
const SALES: Membership = {
  groupId: 'g2',
  group: 'sales',
  title: 'Sales',
  role: 'moderator',
  number: '2222',
  hasPin: false,
};
const KIND = 'voice-communication';

describe('a voice request', () => {
  const asked: string[] = [];
  const directory: Directory = {
    async numberOf(groupId) {
      asked.push(groupId);
      return '3333';
    },
  };
  const requests = createVoiceRequests({
    directory,
    groups: { exists: async (group) => group === 'board', memberNames: async () => ['dave', 'erin'] },
    voiceServer: {
      temporaryRoom: async () => Promise.reject(new Error('no temporary room is asked for')),
      exclusiveRoom: async () => Promise.reject(new Error('no exclusive room is asked for')),
    },
    voiceServersReady: () => [{ id: 'one', wsUrl: null, sipHost: 'localhost', sipPort: 5060 }],
    store: {
      findUserIds: async () => new Map(),
      record: async () => [],
      findAnswered: async () => undefined,
    },
    inviter: { invite: () => {}, cancel: () => {} },
    ...PHONES,
  });

  beforeEach(() => {
    asked.length = 0;
  });

  it('answers a bound group’s room without asking the directory', async () => {
    const { room } = await requests.request(user(ENGINEERING, SALES), { kind: KIND, group: 'sales' });
    assert.deepEqual(room, { number: '2222', kind: 'group', title: 'Sales', groupId: 'g2', hasPin: false });
    assert.deepEqual(asked, []);
  });

  it('has the directory bind a number to a group without one', async () => {
    const { room } = await requests.request(user(ENGINEERING), { kind: KIND });
    assert.deepEqual([room.number, asked], ['3333', ['g1']]);
  });

  it('asks which group when there are several, and says so when there is none', async () => {
    await assert.rejects(requests.request(user(ENGINEERING, SALES), { kind: KIND }), {
      kind: 'invalid',
      details: { groups: ['engineering', 'sales'] },
    });
    await assert.rejects(requests.request(user(), { kind: KIND }), { kind: 'invalid', message: 'you are in no group' });
  });

  it('tells a group of others from a group that is not there', async () => {
    await assert.rejects(requests.request(user(SALES), { kind: KIND, group: 'board' }), { kind: 'forbidden' });
    await assert.rejects(requests.request(user(SALES), { kind: KIND, group: 'Sales' }), { kind: 'not-found' });
  });
});

describe('admission', () => {
  const room: Room = { number: '2222', kind: 'group', title: 'Sales', groupId: 'g2', hasPin: false };

  it('lets members in, moderators as such', () => {
    assert.deepEqual(admit(room, user(SALES)), { admitted: true, role: 'moderator' });
    assert.deepEqual(admit({ ...room, groupId: 'g1' }, user(ENGINEERING)), { admitted: true, role: 'speaker' });
  });

  it('lets nobody else in, nor anyone into a room of another kind or of no group', () => {
    const refused = { admitted: false, why: 'not-a-member' };
    assert.deepEqual(admit(room, user(ENGINEERING)), refused);
    assert.deepEqual(admit(room, user()), refused);
    assert.deepEqual(admit({ number: '2222', kind: 'group', title: 'Sales', hasPin: false }, user(SALES)), refused);
    assert.deepEqual(admit({ ...room, kind: 'exclusive' }, user(SALES)), { admitted: false, why: 'not-invited' });
  });
});

describe('room numbers', () => {
  it('have 3 to 12 digits and nothing else', () => {
    for (const text of ['200', '123456789012']) assert.equal(isRoomNumber(text), true, text);
    for (const text of ['', '20', '1234567890123', '20a', ' 200', '200\n', '２００', '+200']) {
      assert.equal(isRoomNumber(text), false, JSON.stringify(text));
    }
  });
});
