import assert from 'node:assert/strict';
import {
  ProblemError,
  problemOf,
  problemOfHttpStatus,
  problemOfLeaveCause,
  problemOfMicrophoneError,
  problemOfSipStatus,
} from '../../web-softphone/phone/problem.js';
import { wordsOf } from '../../web-softphone/view/texts.js';

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
  });
});
