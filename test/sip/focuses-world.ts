import assert from 'node:assert/strict';
import { Roster } from '../../gateway/rooms/roster.js';
import { Focuses } from '../../gateway/sip/focuses.js';
import { silentLog } from '../support/silent-log.js';
import { FakeMedia } from './fake-media.js';

/** Live rooms without sound. */
export interface FocusesWorld {
  readonly media: FakeMedia;
  readonly roster: Roster;
  readonly focuses: Focuses;
}

export function setUpFocuses({ maxParticipants = 10 }: { maxParticipants?: number } = {}): FocusesWorld {
  const media = new FakeMedia();
  const roster = new Roster();
  const focuses = new Focuses({
    media,
    roster,
    log: silentLog,
    minSessionSeconds: 90,
    optionsIntervalMs: 15_000,
    optionsTimeoutMs: 8000,
    maxParticipants,
  });
  return { media, roster, focuses };
}

/** What must be so after a call, however it ended. */
export function assertNothingLeft({ media, roster, focuses }: FocusesWorld): void {
  assert.equal(media.openCount, 0);
  assert.equal(roster.participantCount, 0);
  assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
}
