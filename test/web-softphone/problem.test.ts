import assert from 'node:assert/strict';
import {
  ProblemError,
  problemOf,
  problemOfHttpStatus,
  problemOfLeaveCause,
  problemOfMicrophoneError,
  problemOfSipStatus,
} from '../../web-softphone/phone/problem.js';
import { wordsOf } from '../../web-softphone/view/problem-texts.js';

describe('what went wrong', () => {
  for (const [status, code] of [
    [401, 'not-allowed'],
    [403, 'not-allowed'],
    [404, 'no-such-room'],
    [408, 'no-answer'],
    [480, 'no-answer'],
    [486, 'room-full'],
    [488, 'not-acceptable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [603, 'call-refused'],
  ] as const) {
    it(`is ${code} when the INVITE is answered ${status}`, () => {
      assert.equal(problemOfSipStatus(status).code, code);
    });
  }

  for (const [name, code] of [
    ['NotAllowedError', 'microphone-refused'],
    ['SecurityError', 'microphone-refused'],
    ['NotFoundError', 'microphone-absent'],
    ['OverconstrainedError', 'microphone-absent'],
    ['NotReadableError', 'microphone-in-use'],
    ['TypeError', 'microphone-failed'],
  ] as const) {
    it(`is ${code} when the browser says ${name}`, () => {
      assert.equal(problemOfMicrophoneError(name).code, code);
    });
  }

  for (const [status, code] of [
    [0, 'unreachable'],
    [401, 'session-expired'],
    [403, 'not-allowed'],
    [404, 'no-such-room'],
    [409, 'action-failed'],
    [429, 'too-many-tries'],
    [500, 'server-error'],
    [503, 'unavailable'],
  ] as const) {
    it(`is ${code} when a request is answered ${status}`, () => {
      assert.equal(problemOfHttpStatus(status).code, code);
    });
  }

  it('is what an error’s own code says where that is more than its status', () => {
    assert.equal(problemOfHttpStatus(404, { reason: 'invitee-not-found' }).code, 'unknown-people');
    assert.equal(problemOfHttpStatus(403, { reason: 'wrong-pin' }).code, 'wrong-pin');
    assert.equal(problemOfHttpStatus(503, { reason: 'numbers-exhausted' }).code, 'numbers-exhausted');
    assert.equal(problemOfHttpStatus(404, { reason: 'group-not-found' }).code, 'no-such-room');
    assert.equal(problemOfHttpStatus(400, { reason: 'no-trunk' }).code, 'no-trunk');
    assert.equal(problemOfHttpStatus(403, { reason: 'barred' }).code, 'barred');
    assert.equal(problemOfHttpStatus(409, { reason: 'no-desk-phone' }).code, 'no-desk-phone');
    assert.equal(problemOfHttpStatus(403, { reason: 'locked' }).code, 'room-locked');
    for (const reason of ['user-limit', 'hour-limit']) {
      assert.equal(problemOfHttpStatus(429, { reason }).code, 'call-limit');
    }
  });

  it('is said in the server’s words where those say more', () => {
    const unknown = { code: 'unknown-people', detail: 'there is no user zoe to invite' } as const;
    assert.deepEqual(wordsOf(unknown), { title: 'Nobody has that name', body: 'There is no user zoe to invite.' });
    assert.match(wordsOf({ code: 'no-such-room', detail: 'there is no room 9999' }).body, /^It may have ended/);
  });

  for (const [cause, code] of [
    ['removed', 'removed'],
    ['shutdown', 'room-closed'],
    ['unreachable', 'connection-lost'],
    ['media-lost', 'sound-lost'],
    ['expired', 'ended-by-room'],
  ] as const) {
    it(`is ${code} when the room let go for the cause ${cause}`, () => {
      assert.equal(problemOfLeaveCause(cause).code, code);
    });
  }

  it('is told by a ProblemError, and otherwise what the caller takes it for', () => {
    assert.deepEqual(problemOf(new ProblemError({ code: 'room-full' }), 'server-error'), { code: 'room-full' });
    assert.deepEqual(problemOf(new TypeError('x'), 'server-error'), { code: 'server-error' });
  });

  it('is said with the time to wait where the server gave one', () => {
    const { title, body } = wordsOf(problemOfSipStatus(503, 12));
    assert.equal(title, 'Roomline is busy');
    assert.match(body, /Try again in 12 s\.$/);
    const hourly = problemOfHttpStatus(429, { reason: 'user-limit', retryAfterSeconds: 1790 });
    assert.match(wordsOf(hourly).body, /Try again in 30 minutes\.$/);
  });
});
