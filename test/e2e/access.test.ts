import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { hearsExactly } from '../support/hearing.js';
import type { DigestCredentials } from '../support/sip-digest.js';
import { describeRequests, type VoiceAnswer } from './request-stage.js';

const TONES = [900, 1300] as const;

describeRequests('who may be in a room', (stage) => {
  it('ends the call of one whose invitation is cancelled, who may not come back', async () => {
    const { room } = await stage.request('dave', {
      kind: 'exclusive-voice-communication-invitation',
      invite: ['alice'],
    });
    const alice = await stage.phone('alice', room.number);
    await alice.dial();
    const { id } = await stage.invitation('dave', room.number, 'alice', 'unreachable');
    const path = `/v1/rooms/${room.number}/invitations/${id}`;
    assert.equal((await stage.gateway.api.request('alice', 'DELETE', path)).status, 403);
    assert.equal((await stage.gateway.api.request('dave', 'DELETE', path)).status, 204);
    await alice.call.awaitBye();
    assert.equal(await stage.statusOfDialling('alice', room.number), 403);
    assert.equal(await stage.statusOf('alice', `/v1/rooms/${room.number}`), 403);
  });

  it('lets guests in by the PIN of a room, into that room alone, until it is changed', async () => {
    const { room } = await stage.request('carol', { kind: 'exclusive-voice-communication' });
    const pinPath = `/v1/rooms/${room.number}/pin`;
    assert.equal((await stage.gateway.api.request('erin', 'PUT', pinPath, {})).status, 403);
    const { body } = await stage.gateway.api.request<{ pin: string }>('carol', 'PUT', pinPath, {});
    assert.equal((await stage.enterAsGuest(room.number, '0000000')).status, 403);
    const entered = await stage.enterAsGuest(room.number, body.pin);
    assert.equal(entered.status, 201);
    const { client } = (await entered.json()) as VoiceAnswer;
    const guest = await stage.browser(client, 'ignore');
    const credentials: DigestCredentials = client;
    const { room: another } = await stage.request('carol', { kind: 'voice-communication', group: 'engineering' });
    const offer = (await stage.phone('carol', room.number)).sdp();
    assert.equal((await guest.ask('INVITE', another.uri, credentials, offer)).status, 403);
    const answer = await guest.ask('INVITE', room.uri, credentials, offer);
    assert.equal(answer.status, 200);
    guest.acknowledge(room.uri, answer);
    const [shown] = (await stage.gateway.api.room('carol', room.number)).participants;
    assert.deepEqual([shown?.user, shown?.name, shown?.role], [undefined, 'Zoë', 'speaker']);
    assert.equal((await stage.gateway.api.request('carol', 'PUT', pinPath, { pin: '4711471' })).status, 200);
    await eventually(
      'the guest to be sent out',
      () => guest.requests('BYE').length,
      (count) => count === 1,
    );
    assert.equal((await guest.ask('INVITE', room.uri, credentials, offer)).status, 403);
  });

  it('ends the call of a member who is taken out of the group, who may not come back', async () => {
    const { room } = await stage.request('alice', { kind: 'voice-communication', group: 'engineering' });
    const [bob, carol] = [
      await stage.phone('bob', room.number, TONES[0]),
      await stage.phone('carol', room.number, TONES[1]),
    ];
    await Promise.all([bob.dial(), carol.dial()]);
    await hearsExactly('carol', carol.rtp, [TONES[0]], TONES);
    const path = '/v1/groups/engineering/members/bob';
    assert.equal((await stage.gateway.api.request('alice', 'DELETE', path)).status, 204);
    await bob.call.awaitBye();
    await hearsExactly('carol', carol.rtp, [], TONES);
    assert.equal(await stage.statusOfDialling('bob', room.number), 403);
    assert.equal(await stage.statusOf('bob', `/v1/rooms/${room.number}`), 403);
    assert.equal((await stage.gateway.api.request('alice', 'PUT', path, { role: 'member' })).status, 200);
  });

  it('lets a listener hear and not be heard, until a moderator makes them a speaker', async () => {
    const { room } = await stage.request('alice', { kind: 'voice-communication', group: 'engineering' });
    const role = { role: 'listener' };
    const member = '/v1/groups/engineering/members/bob';
    assert.equal((await stage.gateway.api.request('alice', 'PUT', member, role)).status, 200);
    const [bob, alice] = [
      await stage.phone('bob', room.number, TONES[0]),
      await stage.phone('alice', room.number, TONES[1]),
    ];
    await Promise.all([bob.dial(), alice.dial()]);
    const listener = (await stage.gateway.api.room('alice', room.number)).participants.find(
      (one) => one.user === 'bob',
    );
    assert.deepEqual([listener?.role, listener?.muted], ['listener', true]);
    await hearsExactly('bob', bob.rtp, [TONES[1]], TONES);
    await hearsExactly('alice', alice.rtp, [], TONES);
    const path = `/v1/rooms/${room.number}/participants/${listener?.id}`;
    for (const user of ['bob', 'alice']) {
      assert.equal((await stage.gateway.api.request(user, 'PATCH', path, { muted: false })).status, 403, user);
    }
    assert.equal((await stage.gateway.api.request('bob', 'PATCH', path, { role: 'speaker' })).status, 403);
    assert.equal((await stage.gateway.api.request('alice', 'PATCH', path, { role: 'speaker' })).status, 200);
    await hearsExactly('alice', alice.rtp, [TONES[0]], TONES);
    assert.equal((await stage.gateway.api.request('alice', 'PUT', member, { role: 'member' })).status, 200);
  });

  it('ends the calls in a room whose number is released, which is nobody’s then', async () => {
    const { room } = await stage.request('erin', { kind: 'voice-communication', group: 'sales' });
    const erin = await stage.phone('erin', room.number);
    await erin.dial();
    assert.equal((await stage.gateway.api.request('alice', 'DELETE', '/v1/groups/sales/number')).status, 204);
    await erin.call.awaitBye();
    assert.equal(await stage.statusOfDialling('erin', room.number), 404);
    const { room: next } = await stage.request('erin', { kind: 'voice-communication', group: 'sales' });
    assert.notEqual(next.number, room.number);
  });

  it('ends the calls of a user whom the operator disables beside it', async () => {
    const { room } = await stage.request('erin', { kind: 'exclusive-voice-communication' });
    const erin = await stage.phone('erin', room.number);
    await erin.dial();
    await stage.administer('user', 'disable', 'erin');
    await erin.call.awaitBye();
    assert.ok([403, 407].includes(await stage.statusOfDialling('erin', room.number)));
    assert.equal(await stage.statusOf('erin', `/v1/rooms/${room.number}`), 401);
  });
});
