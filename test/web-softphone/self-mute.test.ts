import assert from 'node:assert/strict';
import type { MuteState } from '../../web-softphone/phone/mute.js';
import type { Participant } from '../../web-softphone/phone/room-view.js';
import { SelfMute } from '../../web-softphone/phone/self-mute.js';

const SELF: Participant = {
  id: 'a',
  user: 'alice',
  name: 'Alice',
  device: 'softphone',
  muted: false,
  talking: false,
  role: 'speaker',
  joinedAt: '2026-01-01T12:00:00.000Z',
};

describe('muting oneself', () => {
  let self: Participant | undefined;
  let told: boolean[];
  let answer: (done: boolean) => void;
  let state: MuteState;
  let mute: SelfMute;

  beforeEach(() => {
    self = SELF;
    told = [];
    state = { muted: false };
    mute = new SelfMute({
      self: () => self,
      tellServer: (_, muted) => {
        told.push(muted);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      onChange: (now) => {
        state = now;
      },
    });
  });

  it('is done here at once and told once, however often the room tells of the user meanwhile', () => {
    mute.set(true);
    mute.follow();
    mute.follow();
    assert.deepEqual(state, { muted: true, by: 'self' });
    assert.deepEqual(told, [true]);
    self = { ...SELF, muted: true };
    mute.follow();
    assert.deepEqual(told, [true]);
  });

  it('is told once the room knows the user, when it was done before', () => {
    self = undefined;
    mute.set(true);
    assert.deepEqual(told, []);
    self = SELF;
    mute.follow();
    assert.deepEqual(told, [true]);
  });

  it('leaves whom the server does not unmute muted', async () => {
    self = { ...SELF, muted: true };
    mute.follow();
    assert.deepEqual(state, { muted: true, by: 'moderator' });
    mute.set(false);
    assert.deepEqual([state.muted, told], [false, [false]]);
    answer(false);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(state, { muted: true, by: 'moderator' });
  });

  it('is not told for a listener, whom the room keeps muted', () => {
    self = { ...SELF, muted: true, role: 'listener' };
    mute.set(false);
    assert.deepEqual(told, []);
  });
});
