import assert from 'node:assert/strict';
import { createRemoteInviter, createRemoteLiveRooms, relayAccessEvents } from '../../gateway/peer/remote-rooms.js';
import { VoiceServerLinks } from '../../gateway/peer/voice-server-links.js';
import { type AccessEventBus, createAccessEvents } from '../../gateway/rooms/access-events.js';
import { Roster } from '../../gateway/rooms/roster.js';
import type { VoiceServerBeat } from '../../gateway/rooms/voice-servers.js';
import { eventually } from '../support/eventually.js';
import { participant } from '../support/participant.js';
import { silentLog } from '../support/silent-log.js';
import { KEY, VoiceServerPeer } from './voice-server-peer.js';

const ROOM = '500001';

describe("a directory's lines to voice servers", () => {
  let beats: VoiceServerBeat[];
  let roster: Roster;
  let links: VoiceServerLinks;
  let accessEvents: AccessEventBus;
  let seen: string[];
  const peers: VoiceServerPeer[] = [];

  beforeEach(() => {
    beats = [];
    seen = [];
    roster = new Roster();
    accessEvents = createAccessEvents();
    roster.events.onAny((name) => void seen.push(name));
    links = new VoiceServerLinks({
      registry: { ready: async () => beats, beat: async () => {}, leave: async () => {}, purge: async () => 0 },
      key: KEY,
      heartbeatMs: 60_000,
      url: null,
      roster,
      accessEvents,
      log: silentLog,
    });
  });
  afterEach(async () => {
    await links.close();
    await Promise.all(peers.splice(0).map((peer) => peer.stop()));
  });

  async function startPeer(id: string): Promise<VoiceServerPeer> {
    const peer = await VoiceServerPeer.start();
    peers.push(peer);
    beats.push({ id, url: peer.url, draining: false });
    return peer;
  }

  const ready = (ids: readonly string[]) =>
    eventually(
      `[${ids}] to be ready`,
      () => links.addresses().map(({ id }) => id),
      (seenIds) => seenIds.join() === ids.join(),
    );

  const holds = (ids: readonly string[]) =>
    eventually(
      `[${ids}] to be in the room`,
      () => roster.participants(ROOM).map(({ id }) => id),
      (seenIds) => seenIds.join() === ids.join(),
    );

  it('show those in its rooms from before, and everything that happens there', async () => {
    const peer = await startPeer('1');
    peer.roster.join(ROOM, participant('a', 'alice', { muted: true }));
    await links.look();
    await ready(['1']);
    assert.deepEqual(roster.participants(ROOM), [participant('a', 'alice', { muted: true })]);
    assert.deepEqual(links.addresses(), [
      { id: '1', wsUrl: `${peer.url}/sip`, sipHost: 'voice.example', sipPort: 5060 },
    ]);
    peer.roster.join(ROOM, participant('b', 'alice'));
    peer.roster.update('b', { talking: true, role: 'listener' });
    peer.roster.digit('b', '5', 120);
    peer.roster.leave('a', 'left');
    await holds(['b']);
    assert.deepEqual(roster.find('b')?.participant, participant('b', 'alice', { talking: true, role: 'listener' }));
    assert.ok(seen.includes('participant.digit'));
  });

  it('come up again after they were cut, with what was missed meanwhile', async () => {
    const peer = await startPeer('1');
    for (const id of ['a', 'b']) peer.roster.join(ROOM, participant(id, 'alice'));
    await links.look();
    await holds(['a', 'b']);
    peer.cut();
    peer.roster.leave('a', 'left');
    peer.roster.update('b', { muted: true });
    peer.roster.join(ROOM, participant('c', 'alice'));
    await holds(['b', 'c']);
    assert.equal(roster.find('b')?.participant.muted, true);
    await ready(['1']);
  });

  it('are not ready while the voice server takes no calls, or has the wrong key', async () => {
    const peer = await startPeer('1');
    peer.takesCalls = false;
    await links.look();
    await eventually(
      'the line to be up',
      () => links.linked().length,
      (count) => count === 1,
    );
    assert.deepEqual(links.addresses(), []);
    peer.takesCalls = true;
    peer.tellState();
    await ready(['1']);
    peer.takesCalls = false;
    peer.tellState();
    await ready([]);
  });

  it('send callers to the voice server that has run longest, and to the next when it goes', async () => {
    const [elder] = [await startPeer('1'), await startPeer('2')];
    await links.look();
    await ready(['1', '2']);
    await elder.stop();
    await ready(['2']);
    beats.shift();
    await links.look();
    await ready(['2']);
    assert.equal(links.all().length, 1);
  });

  it('let everybody leave whose voice server is given up', async () => {
    const peer = await startPeer('1');
    peer.roster.join(ROOM, participant('a', 'alice'));
    await links.look();
    await holds(['a']);
    beats = [];
    await links.look();
    await holds([]);
    assert.deepEqual(seen.slice(-2), ['participant.left', 'room.ended']);
  });

  it('tell each other who lost access, and never the one who told of it', async () => {
    const [one, other] = [await startPeer('1'), await startPeer('2')];
    await links.look();
    await ready(['1', '2']);
    const heard: unknown[] = [];
    accessEvents.onAny((name, event) => void heard.push([name, event]));
    const stopRelaying = relayAccessEvents({ bus: accessEvents, links, log: silentLog });
    one.accessEvents.emit('room.ended', { room: ROOM, cause: 'empty' });
    await eventually(
      'the end of the room to be heard',
      () => heard.length,
      (count) => count === 1,
    );
    assert.deepEqual(heard, [['room.ended', { room: ROOM, cause: 'empty' }]]);
    accessEvents.emit('user.revoked', { userId: 'u', user: 'bob' });
    await eventually(
      'both to hear of bob',
      () => [one.asked.length, other.asked.length],
      (counts) => counts.join() === '2,1',
    );
    assert.deepEqual(one.asked, [...heard.slice(0, 1), ['user.revoked', { userId: 'u', user: 'bob' }]]);
    stopRelaying();
  });

  it('act on a participant where they are, and show it at once', async () => {
    const [one, other] = [await startPeer('1'), await startPeer('2')];
    one.roster.join(ROOM, participant('a', 'alice'));
    other.roster.join('500002', participant('b', 'alice'));
    await links.look();
    await ready(['1', '2']);
    const liveRooms = createRemoteLiveRooms(links, roster);
    await liveRooms.setMuted('b', true);
    assert.equal(roster.find('b')?.participant.muted, true);
    await liveRooms.setRole('b', 'listener');
    await liveRooms.setHandRaised('b', true);
    assert.equal(roster.find('b')?.participant.handRaised, true);
    await liveRooms.remove('b');
    assert.equal(roster.find('b'), undefined);
    assert.deepEqual(one.asked, []);
    assert.deepEqual(other.asked, [
      ['setMuted', 'b', true],
      ['setRole', 'b', 'listener'],
      ['setHandRaised', 'b', true],
      ['remove', 'b'],
    ]);
    await assert.rejects(liveRooms.setMuted('b', true), { kind: 'not-found' });
    await assert.rejects(liveRooms.setHandRaised('b', true), { kind: 'not-found' });
  });

  it('lock a room and mute all where the room is, and show it at once', async () => {
    const [one, other] = [await startPeer('1'), await startPeer('2')];
    one.roster.join('500002', participant('x', 'alice'));
    other.roster.join(ROOM, participant('a', 'alice', { role: 'moderator', muted: true }));
    other.roster.join(ROOM, participant('b', 'alice'));
    await links.look();
    await holds(['a', 'b']);
    const liveRooms = createRemoteLiveRooms(links, roster);
    await liveRooms.setLocked(ROOM, true);
    assert.equal(roster.isLocked(ROOM), true);
    assert.equal(await liveRooms.muteAll(ROOM), 1);
    assert.equal(roster.find('b')?.participant.muted, true);
    await liveRooms.setLocked(ROOM, false);
    assert.equal(roster.isLocked(ROOM), false);
    assert.deepEqual(one.asked, []);
    assert.deepEqual(other.asked, [
      ['setLocked', ROOM, true],
      ['muteAll', ROOM],
      ['setLocked', ROOM, false],
    ]);
    await assert.rejects(liveRooms.setLocked('500003', true), { kind: 'not-found', code: 'room-not-live' });
    assert.equal(await liveRooms.muteAll('500003'), 0);
  });

  it('show which rooms are locked, also after they were cut, and which hands are raised', async () => {
    const peer = await startPeer('1');
    peer.roster.join(ROOM, participant('a', 'alice'));
    peer.roster.setLocked(ROOM, true);
    await links.look();
    await holds(['a']);
    assert.equal(roster.isLocked(ROOM), true);
    const is = (locked: boolean) =>
      eventually(
        `the room to be ${locked ? 'locked' : 'unlocked'}`,
        () => roster.isLocked(ROOM),
        (seenLocked) => seenLocked === locked,
      );
    peer.roster.setLocked(ROOM, false);
    await is(false);
    peer.cut();
    peer.roster.setLocked(ROOM, true);
    await is(true);
    peer.roster.update('a', { handRaised: true });
    await eventually(
      'the hand to be raised',
      () => roster.find('a')?.participant.handRaised,
      (raised) => raised === true,
    );
    peer.roster.leave('a', 'left');
    await is(false);
    assert.deepEqual(seen.slice(-3), ['participant.left', 'room.locked', 'room.ended']);
  });

  it('tell every voice server of every cancelled invitation, in the order they were cancelled', async () => {
    const [one, other] = [await startPeer('1'), await startPeer('2')];
    await links.look();
    await ready(['1', '2']);
    const inviter = createRemoteInviter({ links, invitations: { update: async () => true }, log: silentLog });
    const ids = Array.from({ length: 50 }, (_, index) => String(index));
    for (const id of ids) inviter.cancel(id);
    await eventually(
      'both to hear of all',
      () => [one.asked.length, other.asked.length],
      (counts) => counts.join() === '50,50',
    );
    for (const peer of [one, other]) {
      assert.deepEqual(
        peer.asked,
        ids.map((id) => ['cancel', id]),
      );
    }
    one.asked.length = 0;
    await other.stop();
    inviter.cancel('last');
    await eventually(
      'the one that is left to hear of the last',
      () => one.asked.length,
      (count) => count === 1,
    );
  });
});
