import assert from 'node:assert/strict';
import { INVITATION_STATES as GATEWAY_STATES } from '../../gateway/rooms/invitations.js';
import { OUTSIDE_CALL_REFUSALS } from '../../gateway/rooms/outside-calls.js';
import type { Invitation } from '../../web-softphone/phone/invitations.js';
import { INVITATION_STATES, invitationFacts } from '../../web-softphone/view/invitation-texts.js';

function factsOf(change: Partial<Invitation>): readonly string[] {
  return invitationFacts({ id: '1', to: 'bob', from: 'alice', state: 'failed', updatedAt: '', ...change });
}

const NEXT = new Date(2026, 0, 1, 14, 5);
const AT = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(NEXT);
const nextTryAt = NEXT.toISOString();

describe('what is said of an invitation', () => {
  it('has words for every state the gateway knows', () => {
    assert.deepEqual(Object.keys(INVITATION_STATES), [...GATEWAY_STATES]);
    assert.equal(new Set(Object.values(INVITATION_STATES)).size, GATEWAY_STATES.length);
  });

  it('is when they are called next, and how often they were', () => {
    assert.deepEqual(factsOf({ state: 'busy', tries: 1, cause: '486', nextTryAt }), [`next try at ${AT}`, '1 try']);
    assert.deepEqual(factsOf({ state: 'snoozed', tries: 2, nextTryAt }), [`called at ${AT}`, '2 tries']);
    assert.deepEqual(factsOf({ state: 'busy', tries: 2, cause: '486' }), ['2 tries']);
  });

  it('is nothing where the state says it all', () => {
    assert.deepEqual(factsOf({ state: 'ringing', tries: 1 }), []);
    assert.deepEqual(factsOf({ state: 'declined', tries: 1, cause: '603' }), []);
    assert.deepEqual(factsOf({ state: 'joined', tries: 1, cause: '200' }), []);
  });

  it('is the cause in words, with the SIP status of a failure', () => {
    assert.deepEqual(factsOf({ cause: '503' }), ['The other side is overloaded (SIP 503)']);
    assert.deepEqual(factsOf({ cause: '486' }), ['SIP status 486']);
    assert.deepEqual(factsOf({ cause: '699' }), ['SIP status 699']);
    assert.deepEqual(factsOf({ state: 'unreachable', cause: '404' }), ['The number does not exist']);
    assert.deepEqual(factsOf({ cause: 'locked' }), ['The room is locked']);
    assert.deepEqual(factsOf({ state: 'no-answer', cause: 'hung-up', tries: 1 }), ['Picked up and hung up']);
    assert.deepEqual(factsOf({ state: 'queued', cause: 'quiet-hours', nextTryAt }), ['Quiet hours', `called at ${AT}`]);
  });

  for (const cause of OUTSIDE_CALL_REFUSALS) {
    it(`has words for a call that is refused as ${cause}`, () => {
      const [words = ''] = factsOf({ cause });
      assert.match(words, /^[A-Z].* /);
      assert.notEqual(words, cause.replaceAll('-', ' '));
    });
  }

  it('is the gateway’s own word for a cause that is new here', () => {
    assert.deepEqual(factsOf({ cause: 'moon-in-the-way' }), ['moon in the way']);
  });
});
