import assert from 'node:assert/strict';
import { request } from 'node:http';
import { RoomlineError } from '../../gateway/errors.js';
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
