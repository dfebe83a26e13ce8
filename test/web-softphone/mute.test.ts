import assert from 'node:assert/strict';
import { type MuteState, onServerMute, UNMUTED } from '../../web-softphone/phone/mute.js';

const BY_SELF: MuteState = { muted: true, by: 'self' };
const BY_MODERATOR: MuteState = { muted: true, by: 'moderator' };

describe('being muted', () => {
  it('is a moderator’s doing when the server says so without being asked', () => {
    assert.deepEqual(onServerMute(UNMUTED, true, undefined), { state: BY_MODERATOR, tellServer: false });
  });

  it('ends when the moderator who did it takes it back', () => {
    assert.deepEqual(onServerMute(BY_MODERATOR, false, undefined), { state: UNMUTED, tellServer: false });
  });

  it('does not end by a moderator when it was one’s own wish; the server is told again', () => {
    assert.deepEqual(onServerMute(BY_SELF, false, undefined), { state: BY_SELF, tellServer: true });
  });

  it('stays as it is while the server has not shown what it was asked for', () => {
    assert.deepEqual(onServerMute(BY_SELF, false, true), { state: BY_SELF, tellServer: false });
    assert.deepEqual(onServerMute(UNMUTED, true, false), { state: UNMUTED, tellServer: false });
  });

  it('stays as it is when the server agrees', () => {
    for (const state of [UNMUTED, BY_SELF, BY_MODERATOR]) {
      assert.deepEqual(onServerMute(state, state.muted, undefined), { state, tellServer: false });
    }
  });
});
