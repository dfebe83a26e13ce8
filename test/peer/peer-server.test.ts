import assert from 'node:assert/strict';
import { request } from 'node:http';
import { RoomlineError } from '../../gateway/errors.js';
import { createRemoteOutsideCallCheck, createRemoteOwnPhones } from '../../gateway/peer/remote-rooms.js';
import { createRemoteVoiceServer } from '../../gateway/peer/remote-voice-server.js';
import { ALICE, KEY, VoiceServerPeer } from './voice-server-peer.js';

describe('what a directory asks a voice server', () => {
  const peers: VoiceServerPeer[] = [];
  const startPeer = async () => {
    const peer = await VoiceServerPeer.start();
    peers.push(peer);
    return peer;
  };
  const poolOf = (...members: readonly VoiceServerPeer[]) => ({
    ready: () => members.map((peer) => ({ client: peer.client() })),
    addresses: () => members.map(({ url }) => ({ id: url, wsUrl: null, sipHost: 'localhost', sipPort: 5060 })),
  });
  afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.stop())));

  it('brings rooms of both kinds, dates and all', async () => {
    const peer = await startPeer();
    const voiceServer = createRemoteVoiceServer(poolOf(peer));
    const expiresAt = new Date('2026-01-02T00:00:00Z');
    peer.room = { number: '500001', kind: 'temporary', title: 'rëd ', team: 'rëd ', expiresAt, hasPin: false };
    assert.deepEqual(await voiceServer.temporaryRoom(ALICE, 'rëd '), peer.room);
    peer.room = { number: '900001', kind: 'exclusive', title: 'Alice', ownerId: ALICE.id, hasPin: true, pinVersion: 3 };
    assert.deepEqual(await voiceServer.exclusiveRoom(ALICE), peer.room);
    assert.deepEqual(peer.asked, [
      ['temporaryRoom', 'alice', 'rëd '],
      ['exclusiveRoom', 'alice'],
    ]);
  });

  it('asks the next one where one is gone or takes no calls, for the same team', async () => {
    const [gone, standby, third] = [await startPeer(), await startPeer(), await startPeer()];
    const voiceServer = createRemoteVoiceServer(poolOf(gone, standby, third));
    await gone.stop();
    standby.takesCalls = false;
    assert.equal((await voiceServer.temporaryRoom(ALICE)).number, '500001');
    assert.deepEqual(standby.asked, []);
    assert.match(String((third.asked[0] as unknown[])[2]), /^[0-9a-f-]{36}$/);
  });

  it('passes on what a voice server refuses, and asks no other', async () => {
    const [first, second] = [await startPeer(), await startPeer()];
    first.room = new RoomlineError('unavailable', 'no free number', {
      code: 'numbers-exhausted',
      retryAfterSeconds: 60,
    });
    await assert.rejects(createRemoteVoiceServer(poolOf(first, second)).exclusiveRoom(ALICE), {
      kind: 'unavailable',
      code: 'numbers-exhausted',
      retryAfterSeconds: 60,
    });
    assert.deepEqual(second.asked, []);
  });

  it('is told to try again later where none is ready, none answers, or one is silent', async () => {
    await assert.rejects(createRemoteVoiceServer(poolOf()).exclusiveRoom(ALICE), { code: 'no-voice-server' });
    const gone = await startPeer();
    const pool = poolOf(gone);
    const [client] = pool.ready();
    await gone.stop();
    await assert.rejects(
      createRemoteVoiceServer({ ...pool, ready: () => (client ? [client] : []) }).exclusiveRoom(ALICE),
      {
        kind: 'unavailable',
        code: 'voice-server-unreachable',
      },
    );
    const silent = await startPeer();
    silent.room = new Promise<never>(() => {});
    const impatient = [{ client: silent.client(KEY, 50) }];
    const asked = createRemoteVoiceServer({ ...poolOf(silent), ready: () => impatient }).exclusiveRoom(ALICE);
    await assert.rejects(asked, { kind: 'unavailable', code: 'voice-server-unreachable' });
  });

  it('is refused without the key, and asks for an unknown user or with other fields in vain', async () => {
    const peer = await startPeer();
    for (const authorization of ['', 'Bearer wrong', `Basic ${KEY}`]) {
      const response = await fetch(`${peer.url}/peer/v1/roster`, { headers: { authorization } });
      assert.equal(response.status, 401);
    }
    await assert.rejects(peer.client('x'.repeat(32)).tell('DELETE', '/participants/one'), {
      code: 'voice-server-unreachable',
    });
    const bodies = [
      {},
      { asker: { id: 'a', name: 'alice' } },
      { asker: { id: ALICE.id, name: 'alice' }, team: '' },
      { asker: { id: ALICE.id, name: 'alice' }, team: 'x'.repeat(129) },
      { asker: { id: ALICE.id, name: 'alice' }, team: 'red', admin: true },
    ];
    for (const body of bodies) {
      await assert.rejects(peer.client().tell('POST', '/temporary-rooms', body), { kind: 'invalid' });
    }
    const stranger = { asker: { id: 'another', name: 'alice' }, team: 'red' };
    await assert.rejects(peer.client().tell('POST', '/temporary-rooms', stranger), { code: 'user-not-found' });
    assert.deepEqual(peer.asked, []);
  });

  it('learns what telephones can be called, or why not and until when', async () => {
    const peer = await startPeer();
    const check = createRemoteOutsideCallCheck(poolOf(peer));
    await check.requireCallable(ALICE, []);
    assert.deepEqual(peer.asked, []);
    await check.requireCallable(ALICE, ['+4930123456', '+4930123457']);
    const asker = { id: ALICE.id, name: 'alice' };
    assert.deepEqual(peer.asked, [['requireCallable', asker, ['+4930123456', '+4930123457']]]);
    const details = { telephones: ['tel:+4930123456'] };
    for (const [kind, code] of [
      ['invalid', 'no-trunk'],
      ['forbidden', 'barred'],
    ] as const) {
      peer.refusal = new RoomlineError(kind, 'not there', { code, details });
      const refused = { kind, code, details, message: 'not there' };
      await assert.rejects(check.requireCallable(ALICE, ['+4930123456']), refused);
    }
    peer.refusal = new RoomlineError('too-many', 'enough', { code: 'user-limit', retryAfterSeconds: 1234 });
    const limited = { kind: 'too-many', code: 'user-limit', retryAfterSeconds: 1234 };
    await assert.rejects(check.requireCallable(ALICE, ['+4930123456']), limited);
    for (const telephones of ['+4930123456', [4930123456], ['1'.repeat(65)]]) {
      await assert.rejects(peer.client().tell('POST', '/outside-call-checks', { asker, telephones }), {
        kind: 'invalid',
      });
    }
  });

  it('has desk phones called, at the next voice server where one takes no calls', async () => {
    const [standby, second] = [await startPeer(), await startPeer()];
    standby.takesCalls = false;
    const ownPhones = createRemoteOwnPhones(poolOf(standby, second));
    await ownPhones.callOwnPhone(ALICE, { number: '500001' });
    assert.deepEqual([standby.asked, second.asked], [[], [['callOwnPhone', 'alice', '500001']]]);
    second.refusal = new RoomlineError('conflict', 'no phone', { code: 'no-desk-phone' });
    await assert.rejects(ownPhones.callOwnPhone(ALICE, { number: '500001' }), {
      kind: 'conflict',
      code: 'no-desk-phone',
    });
    const stranger = { id: 'another', name: 'alice' };
    await assert.rejects(ownPhones.callOwnPhone(stranger, { number: '500001' }), { code: 'user-not-found' });
    await assert.rejects(ownPhones.callOwnPhone(ALICE, { number: 'red' }), { kind: 'invalid' });
    assert.equal(second.asked.length, 2);
  });

  it('changes of a live room nothing but its lock, and of a participant one thing at a time', async () => {
    const peer = await startPeer();
    const tell = (method: string, path: string, body: unknown) => peer.client().tell(method, path, body);
    for (const [path, body] of [
      ['/rooms/500001', {}],
      ['/rooms/500001', { locked: 'yes' }],
      ['/rooms/500001', { locked: true, title: 'x' }],
      ['/participants/a', { handRaised: 1 }],
      ['/participants/a', { handRaised: true, muted: true }],
    ] as const) {
      await assert.rejects(tell('PATCH', path, body), { kind: 'invalid' });
    }
    await assert.rejects(tell('POST', '/cancelled-invitations', { invitations: [] }), { kind: 'invalid' });
    assert.deepEqual(peer.asked, []);
  });

  it('takes for a room only what may be the number of one, and for a participant what may be an id', async () => {
    const peer = await startPeer();
    const client = peer.client();
    for (const number of ['12', '1234567890123', 'red', '50%2000']) {
      await assert.rejects(client.tell('PATCH', `/rooms/${number}`, { locked: true }), { kind: 'invalid' });
      await assert.rejects(client.tell('POST', `/rooms/${number}/mute-all`), { kind: 'invalid' });
    }
    const id = 'x'.repeat(129);
    await assert.rejects(client.tell('PATCH', `/participants/${id}`, { muted: true }), { kind: 'invalid' });
    await assert.rejects(client.tell('DELETE', `/participants/${id}`), { kind: 'invalid' });
    assert.deepEqual(peer.asked, []);
    await client.tell('PATCH', '/rooms/500001', { locked: true });
    assert.equal(peer.asked.length, 1);
  });

  it('is heard from the same machine alone where no key is configured', async () => {
    const peer = await VoiceServerPeer.start({ fromHereOnly: true });
    peers.push(peer);
    const statusFrom = (localAddress: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization: `Bearer ${KEY}` };
        const asked = request(`${peer.url}/peer/v1/participants/one`, { method: 'DELETE', localAddress, headers });
        asked.on('error', reject);
        asked.on('response', (response) => resolve(response.resume().statusCode));
        asked.end();
      });
    assert.equal(await statusFrom('127.0.0.1'), 204);
    assert.equal(await statusFrom('127.0.0.2'), 403);
  });

  it('hands over only the invitations of whoever is said to invite', async () => {
    const peer = await startPeer();
    const at = new Date();
    const to = { tel: '+4930123456' };
    const invitation = { room: '500001', to, state: 'queued', tries: 0, createdAt: at, updatedAt: at } as const;
    peer.invitations.set('mine', { ...invitation, id: 'mine', inviter: { id: ALICE.id, name: 'alice' } });
    peer.invitations.set('other', { ...invitation, id: 'other', inviter: { id: 'another', name: 'alice' } });
    const inviter = { id: ALICE.id, name: ALICE.name };
    await peer.client().tell('POST', '/invitations', { inviter, invitations: ['mine', 'other', 'gone'] });
    await peer.client().tell('POST', '/cancelled-invitations', { invitations: ['mine', 'other'] });
    assert.deepEqual(peer.asked, [
      ['invite', 'alice', ['mine']],
      ['cancel', 'mine'],
      ['cancel', 'other'],
    ]);
  });

  it('tells of every kind of lost access, and of none that is malformed', async () => {
    const peer = await startPeer();
    const events = [
      { name: 'member.removed', event: { groupId: 'g', userId: 'u', user: 'bob', room: '2345' } },
      { name: 'member.changed', event: { groupId: 'g', userId: 'u', user: 'bob', role: 'listener' } },
      { name: 'user.revoked', event: { userId: 'u', user: 'bob' } },
      { name: 'room.ended', event: { room: '500001', cause: 'expired' } },
      { name: 'pin.changed', event: { room: '2345' } },
      { name: 'invitation.cancelled', event: { room: '2345', invitationId: 'i', userId: 'u' } },
    ];
    await peer.client().tell('POST', '/access-events', { events });
    assert.deepEqual(
      peer.asked,
      events.map(({ name, event }) => [name, event]),
    );
    for (const event of [
      { name: 'room.opened', event: { room: '2345' } },
      { name: 'pin.changed', event: { room: 'all' } },
      { name: 'user.revoked', event: null },
    ]) {
      const request = peer.client().tell('POST', '/access-events', { events: [events[2], event] });
      await assert.rejects(request, { kind: 'invalid' });
    }
    assert.equal(peer.asked.length, events.length);
  });
});
