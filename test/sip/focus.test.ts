import assert from 'node:assert/strict';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { FakeRequest } from './fake-calls.js';
import { gate, OFFER, ROOM, settle } from './fakes.js';
import { assertNothingLeft } from './focuses-world.js';
import { setUp } from './leg-world.js';

describe('a focus', () => {
  it('is there from the first leg to the last', async () => {
    const world = setUp();
    const first = await world.join('alice');
    const second = await world.join('bob');
    assert.deepEqual(world.focuses.counts(), { legs: 2, rooms: 1 });
    await first.leg.end('left');
    assert.deepEqual(world.focuses.counts(), { legs: 1, rooms: 1 });
    await second.leg.end('left');
    assertNothingLeft(world);
  });

  it('takes no more callers than the room may have, those still being answered included', async () => {
    const world = setUp();
    const { closed, open } = gate();
    world.media.gate = closed;
    const calls = [world.dial(), world.dial(), world.dial()];
    const answered = calls.map(({ leg }) => leg.start());
    assert.throws(() => world.dial(), { kind: 'full' });
    open();
    await Promise.all(answered);
    await calls[0]?.leg.end('left');
    assert.doesNotThrow(() => world.dial());
  });

  it('is shown talking though it was heard before it was in the roster', async () => {
    const { dial, media, roster } = setUp();
    const { closed, open } = gate();
    media.gate = closed;
    const { leg } = dial();
    const answered = leg.start();
    media.events.emit('talking', { leg: leg.id, talking: true });
    assert.equal(roster.participantCount, 0);
    open();
    await answered;
    assert.equal(roster.participants('2000')[0]?.talking, true);
  });

  it('mutes at the mixer and in the roster', async () => {
    const { focuses, roster, media, join } = setUp();
    const { mediaLeg, leg } = await join();
    media.events.emit('talking', { leg: leg.id, talking: true });
    assert.equal(roster.participants('2000')[0]?.talking, true);
    await focuses.setMuted(leg.id, true);
    assert.equal(mediaLeg.muted, true);
    assert.deepEqual([roster.participants('2000')[0]?.muted, roster.participants('2000')[0]?.talking], [true, false]);
    await focuses.setMuted(leg.id, false);
    assert.equal(mediaLeg.muted, false);
    await assert.rejects(focuses.setMuted('nobody', true), { kind: 'not-found' });
  });

  it('lets a listener in muted, whom only another role makes heard', async () => {
    const { focuses, roster, join } = setUp();
    const { mediaLeg, leg } = await join('alice', OFFER, 'listener');
    const shown = () => roster.participants('2000').map(({ muted, role }) => [muted, role])[0];
    assert.equal(mediaLeg.muted, true);
    assert.deepEqual(shown(), [true, 'listener']);
    await assert.rejects(focuses.setMuted(leg.id, false), { kind: 'forbidden', code: 'listener' });
    assert.equal(mediaLeg.muted, true);
    await focuses.setRole(leg.id, 'speaker');
    assert.equal(mediaLeg.muted, false);
    assert.deepEqual(shown(), [false, 'speaker']);
    await focuses.setRole(leg.id, 'listener');
    assert.deepEqual([mediaLeg.muted, shown()], [true, [true, 'listener']]);
    await assert.rejects(focuses.setRole('nobody', 'speaker'), { kind: 'not-found' });
  });

  it('leaves one muted whom a moderator muted when their role changes', async () => {
    const { focuses, join } = setUp();
    const { mediaLeg, leg } = await join();
    await focuses.setMuted(leg.id, true);
    await focuses.setRole(leg.id, 'moderator');
    assert.equal(mediaLeg.muted, true);
  });

  it('shows a guest without a user', async () => {
    const { focuses, roster } = setUp();
    const guest = { id: 'g1', name: 'Zoe', room: '2000', pinVersion: 1 };
    const invite = new FakeRequest({ method: 'INVITE', body: OFFER });
    const origin = new DialledIn(invite);
    await focuses.add(ROOM, { id: 'leg', origin, identity: { guest }, device: 'softphone', role: 'speaker' }).start();
    const [participant] = roster.participants('2000');
    assert.ok(participant !== undefined && !('user' in participant));
    assert.equal(participant.name, 'Zoe');
    assert.equal(focuses.legsOf('g1').length, 1);
    assert.equal(focuses.legsIn('2000').length, 1);
    assert.equal(focuses.legsIn('2001').length, 0);
  });

  it('sends one participant out and leaves the others', async () => {
    const { focuses, roster, join } = setUp();
    const alice = await join('alice');
    await join('bob');
    await focuses.remove(alice.leg.id);
    await settle();
    assert.equal(alice.invite.dialog?.byes, 1);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name }) => name),
      ['bob'],
    );
    await assert.rejects(focuses.remove(alice.leg.id), { kind: 'not-found' });
  });

  it('passes on digits, and ends the call whose media is lost', async () => {
    const world = setUp();
    const { leg } = await world.join();
    world.media.events.emit('digit', { leg: leg.id, digit: '7', durationMs: 100 });
    world.media.events.emit('lost', { leg: leg.id });
    await world.focuses.endAll('shutdown');
    assertNothingLeft(world);
    assert.deepEqual(world.seen.slice(2), ['participant.digit', 'participant.left media-lost', 'room.ended']);
  });

  it('knows whose contact is in a call', async () => {
    const { focuses, join } = setUp();
    const { leg } = await join();
    const binding = {
      userId: 'id-alice',
      userName: 'alice',
      contactUri: 'sip:alice@h',
      callId: 'x',
      cseq: 1,
      transport: 'udp' as const,
      sourceAddress: leg.origin.source.address,
      sourcePort: leg.origin.source.port,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(),
    };
    assert.equal(focuses.hasCallFrom(binding), true);
    assert.equal(focuses.hasCallFrom({ ...binding, sourcePort: 1 }), false);
    assert.equal(focuses.hasCallFrom({ ...binding, userId: 'id-bob' }), false);
    await leg.end('left');
    assert.equal(focuses.hasCallFrom(binding), false);
  });
});
