import assert from 'node:assert/strict';
import { afterStop, afterTry, isAbandoned, takenUp } from '../../gateway/rooms/invitation-plan.js';
import { type Invitation, type InvitationChange, isFinished } from '../../gateway/rooms/invitations.js';

const RULES = { tries: 2, retryMs: 60_000, snoozeMs: 300_000 };
const NOW = new Date('2026-05-01T12:00:00Z');
const HOUR_MS = 3600_000;

function invitation(of: Partial<Invitation> = {}): Invitation {
  return {
    id: 'i',
    room: '2000',
    inviter: { id: 'id-alice', name: 'alice' },
    to: { user: { id: 'id-bob', name: 'bob' } },
    state: 'ringing',
    tries: 1,
    createdAt: NOW,
    updatedAt: NOW,
    ...of,
  };
}

const later = (ms: number) => new Date(NOW.getTime() + ms);

/** As it is after a change. */
function changed(before: Invitation, change: InvitationChange): Invitation {
  const { cause: _cause, nextTryAt: _nextTryAt, ...kept } = before;
  return { ...kept, ...change };
}

describe('the plan of an invitation', () => {
  for (const state of ['busy', 'no-answer'] as const) {
    it(`calls again who is ${state}, as often as there are tries`, () => {
      const first = afterTry(invitation(), { state, cause: '486' }, RULES, NOW);
      assert.deepEqual(first, { state, cause: '486', nextTryAt: later(60_000) });
      assert.equal(isFinished(first), false);
      const last = afterTry(invitation({ tries: 2 }), { state }, RULES, NOW);
      assert.deepEqual(last, { state });
      assert.equal(isFinished(last), true);
    });
  }

  for (const state of ['joined', 'declined', 'unreachable', 'voicemail', 'failed', 'cancelled'] as const) {
    it(`calls nobody again who is ${state}`, () => {
      const change = afterTry(invitation(), { state, cause: 'why' }, RULES, NOW);
      assert.deepEqual(change, { state, cause: 'why' });
      assert.equal(isFinished(change), true);
    });
  }

  it('calls later who asks for it, in a try that comes on top, but not for ever', () => {
    let one = invitation();
    for (let snoozes = 1; snoozes <= 5; snoozes++) {
      const change = afterTry(one, { state: 'snoozed' }, RULES, NOW);
      assert.deepEqual(change, { state: 'snoozed', snoozes, nextTryAt: later(300_000) });
      assert.equal(isFinished(change), false);
      one = changed(one, { ...change, state: 'ringing', tries: one.tries + 1 });
    }
    assert.notEqual(afterTry(one, { state: 'busy' }, RULES, NOW).nextTryAt, undefined);
    assert.deepEqual(afterTry(one, { state: 'snoozed' }, RULES, NOW), {
      state: 'declined',
      cause: 'snoozed-too-often',
    });
  });

  for (const state of ['ringing', 'answered', 'confirming'] as const) {
    it(`gives one that was ${state} when its gateway ended another try in its place, some seconds later`, () => {
      const before = invitation({ state, tries: 2 });
      const change = takenUp(before, NOW);
      assert.equal(change.state, 'queued');
      assert.equal(change.cause, 'interrupted');
      assert.ok(change.nextTryAt !== undefined && change.nextTryAt > NOW);
      const again = changed(before, { ...change, state: 'ringing', tries: 3 });
      assert.equal(afterTry(again, { state: 'busy' }, RULES, NOW).nextTryAt, undefined);
      assert.deepEqual(afterStop(before), { state: 'queued', cause: 'interrupted', interruptions: 1 });
    });
  }

  it('does not call somebody for every gateway that dies', () => {
    const change = takenUp(invitation({ interruptions: 3, tries: 4 }), NOW);
    assert.deepEqual(change, { state: 'failed', cause: 'interrupted' });
  });

  it('leaves those that wait as they are when their gateway stops, and to their time when another takes them up', () => {
    const waiting = invitation({ state: 'snoozed', snoozes: 1, nextTryAt: later(HOUR_MS) });
    assert.equal(afterStop(waiting), undefined);
    assert.deepEqual(takenUp(waiting, NOW), { state: 'snoozed', nextTryAt: later(HOUR_MS) });
    const due = takenUp(invitation({ state: 'busy', cause: '486', nextTryAt: later(-10_000) }), NOW);
    assert.deepEqual([due.state, due.cause], ['busy', '486']);
    assert.ok(due.nextTryAt !== undefined && due.nextTryAt > NOW);
    assert.equal(takenUp(invitation({ state: 'queued', tries: 0 }), NOW).state, 'queued');
  });

  it('looks anew whether telephones may ring, since the quiet hours may have been changed with the gateway', () => {
    const waiting = invitation({ state: 'queued', cause: 'quiet-hours', tries: 0, nextTryAt: later(HOUR_MS) });
    const change = takenUp(waiting, NOW);
    assert.deepEqual([change.state, change.cause], ['queued', 'quiet-hours']);
    assert.ok(change.nextTryAt !== undefined && change.nextTryAt > NOW && change.nextTryAt < later(60_000));
    // Their browsers have rung already, and are not to ring again at every start.
    const rung = { ...waiting, tries: 1 };
    assert.deepEqual(takenUp(rung, NOW).nextTryAt, later(HOUR_MS));
  });

  it('rings nobody about what is long over', () => {
    const stale = { state: 'failed', cause: 'interrupted' };
    const longAgo = later(-HOUR_MS - 1);
    assert.deepEqual(takenUp(invitation({ state: 'queued', updatedAt: longAgo }), NOW), stale);
    assert.deepEqual(takenUp(invitation({ updatedAt: longAgo }), NOW), stale);
    assert.deepEqual(takenUp(invitation({ state: 'busy', nextTryAt: longAgo, updatedAt: longAgo }), NOW), stale);
    const overnight = invitation({ state: 'queued', updatedAt: longAgo, nextTryAt: later(1000) });
    assert.equal(takenUp(overnight, NOW).state, 'queued');
  });

  it('takes one for abandoned of which nothing is heard for longer than a try takes', () => {
    const lastHeard = later(-60_001);
    assert.equal(isAbandoned(invitation({ updatedAt: lastHeard }), 60_000, NOW), true);
    assert.equal(isAbandoned(invitation({ updatedAt: later(-59_999) }), 60_000, NOW), false);
    assert.equal(isAbandoned(invitation({ updatedAt: lastHeard, nextTryAt: later(-1) }), 60_000, NOW), false);
  });
});
