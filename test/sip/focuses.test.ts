import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import type { ParticipantRole } from '../../gateway/rooms/roster.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { toSound } from '../../gateway/sound.js';
import { FakeRequest } from './fake-calls.js';
import { gate, OFFER, ROOM, user } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

function setUp() {
  const { media, roster, focuses } = setUpFocuses();
  const locks: boolean[] = [];
  roster.events.on('room.locked', ({ room, locked }) => {
    assert.equal(room, ROOM.number);
    locks.push(locked);
  });
  async function join(name: string, role: ParticipantRole = 'speaker'): Promise<string> {
    const origin = new DialledIn(new FakeRequest({ method: 'INVITE', body: OFFER }));
    const leg = focuses.add(ROOM, { id: name, origin, identity: { user: user(name) }, device: 'desk-phone', role });
    await leg.start();
    return leg.id;
  }
  const find = (id: string) => roster.find(id)?.participant ?? assert.fail(`${id} is in no room`);
  const mediaLeg = (id: string) => media.legs.find((leg) => leg.id === id) ?? assert.fail();
  return { media, roster, focuses, locks, join, find, mediaLeg };
}

const locked = (error: unknown) =>
  error instanceof RoomlineError && error.kind === 'forbidden' && error.code === 'locked';
const notFound = (error: unknown) => error instanceof RoomlineError && error.kind === 'not-found';

describe('a live room', () => {
  it('that is locked takes nobody but moderators and its owner', async () => {
    const { focuses, locks, join, roster } = setUp();
    await join('alice', 'moderator');
    await focuses.setLocked(ROOM.number, true);
    await assert.rejects(join('bob'), locked);
    await assert.rejects(join('carol', 'listener'), locked);
    assert.equal(focuses.barrier(ROOM, 'speaker'), 'locked');
    assert.equal(focuses.barrier(ROOM, 'moderator'), undefined);
    await join('dave', 'moderator');
    await join('erin', 'owner');
    assert.equal(roster.participantCount, 3);
    assert.deepEqual(focuses.counts(), { legs: 3, rooms: 1 });
    await focuses.setLocked(ROOM.number, false);
    await join('bob');
    assert.deepEqual(locks, [true, false]);
  });

  it('tells of a lock once, however often it is asked for', async () => {
    const { focuses, locks, join } = setUp();
    await join('alice');
    await focuses.setLocked(ROOM.number, true);
    await focuses.setLocked(ROOM.number, true);
    assert.deepEqual(locks, [true]);
  });

  it('is open again once the last has left, also while somebody else is on the way', async () => {
    const { focuses, locks, join, media } = setUp();
    const id = await join('alice', 'moderator');
    await focuses.setLocked(ROOM.number, true);
    // A moderator whose media does not open keeps the focus alive.
    const { closed, open } = gate();
    media.gate = closed;
    const late = join('dave', 'moderator');
    await focuses.remove(id);
    assert.deepEqual(focuses.counts(), { legs: 1, rooms: 1 });
    assert.deepEqual(locks, [true, false]);
    assert.equal(focuses.barrier(ROOM, 'speaker'), undefined);
    open();
    await late;
    await join('bob');
  });

  it('cannot be locked while nobody is in it', async () => {
    const { focuses, locks } = setUp();
    await assert.rejects(focuses.setLocked(ROOM.number, true), notFound);
    assert.deepEqual(locks, []);
  });

  it('is muted but for those who moderate it, and says how many were heard', async () => {
    const { focuses, join, find, mediaLeg } = setUp();
    await join('alice', 'moderator');
    await join('bob');
    await join('carol');
    await join('dave', 'listener');
    await join('erin', 'owner');
    await focuses.setMuted('carol', true);
    assert.equal(await focuses.muteAll(ROOM.number), 1);
    assert.deepEqual(
      ['alice', 'bob', 'carol', 'dave', 'erin'].map((id) => find(id).muted),
      [false, true, true, true, false],
    );
    assert.equal(mediaLeg('bob').muted, true);
    assert.equal(mediaLeg('alice').muted, false);
    assert.equal(await focuses.muteAll(ROOM.number), 0);
    // Everybody may unmute themselves again.
    await focuses.setMuted('bob', false);
    assert.equal(find('bob').muted, false);
    assert.equal(await focuses.muteAll('4999'), 0);
  });

  it('shows who raises a hand', async () => {
    const { focuses, join, find, roster } = setUp();
    const seen: boolean[] = [];
    roster.events.on('participant.updated', ({ participant }) => seen.push(participant.handRaised));
    await join('alice');
    assert.equal(find('alice').handRaised, false);
    await focuses.setHandRaised('alice', true);
    await focuses.setHandRaised('alice', true);
    await focuses.setHandRaised('alice', false);
    assert.deepEqual(seen, [true, false]);
    await assert.rejects(focuses.setHandRaised('nobody', true), notFound);
  });

  it('has sounds played to one who is in it, or to all but some', async () => {
    const { focuses, join, media, mediaLeg } = setUp();
    const sound = toSound(new Int16Array(80));
    await join('alice');
    await join('bob');
    const playback = focuses.play('alice', sound, { loop: true });
    assert.equal(mediaLeg('alice').playing, playback);
    assert.equal(mediaLeg('alice').playing?.loop, true);
    assert.equal(mediaLeg('bob').playing, undefined);
    focuses.playInRoom(ROOM.number, sound, ['bob']);
    assert.deepEqual(media.playedInRooms, [{ room: ROOM.number, sound, except: ['bob'] }]);
    await focuses.remove('alice');
    assert.equal(focuses.play('alice', sound), undefined);
  });
});
