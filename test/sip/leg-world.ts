import assert from 'node:assert/strict';
import { type ParticipantRole, Roster, type RosterEvents } from '../../gateway/rooms/roster.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { Focuses } from '../../gateway/sip/focuses.js';
import type { Leg } from '../../gateway/sip/leg.js';
import type { Headers, Reply } from '../../gateway/sip/sip-server.js';
import { silentLog } from '../support/silent-log.js';
import { FakeRequest, type FakeRequestOptions } from './fake-calls.js';
import { FakeMedia } from './fake-media.js';
import { OFFER, ROOM, settle, user } from './fakes.js';

export function setUp() {
  const media = new FakeMedia();
  const roster = new Roster();
  const seen: string[] = [];
  roster.events.onAny((name, event) => {
    const cause = 'cause' in event ? ` ${(event as RosterEvents['participant.left']).cause}` : '';
    seen.push(`${name}${cause}`);
  });
  const focuses = new Focuses({
    media,
    roster,
    log: silentLog,
    minSessionSeconds: 90,
    optionsIntervalMs: 15_000,
    optionsTimeoutMs: 8000,
    maxParticipants: 3,
  });
  let count = 0;
  function dial(
    name = 'alice',
    body = OFFER,
    { headers = {}, role = 'speaker' }: { headers?: Headers; role?: ParticipantRole } = {},
  ): { invite: FakeRequest; leg: Leg } {
    const invite = new FakeRequest({
      method: 'INVITE',
      headers: { 'call-id': `call-${++count}` },
      body,
      source: { port: 5070 + count },
    });
    const leg = focuses.add(ROOM, {
      id: `leg-${count}`,
      origin: new DialledIn(invite, headers),
      identity: { user: user(name) },
      device: 'desk-phone',
      role,
    });
    return { invite, leg };
  }
  async function join(name = 'alice', body = OFFER, role: ParticipantRole = 'speaker') {
    const call = dial(name, body, { role });
    await call.leg.start();
    return { ...call, mediaLeg: media.legs.at(-1) ?? assert.fail(), listener: call.invite.listener ?? assert.fail() };
  }
  return { media, roster, focuses, seen, dial, join };
}

/** What must be so after a call, however it ended. */
export function assertNothingLeft({ media, roster, focuses }: ReturnType<typeof setUp>): void {
  assert.equal(media.openCount, 0);
  assert.equal(roster.participantCount, 0);
  assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
}

export async function inDialog(invite: FakeRequest, options: FakeRequestOptions): Promise<Reply> {
  const request = new FakeRequest({ headers: options.body ? { 'content-type': 'application/sdp' } : {}, ...options });
  invite.listener?.requested(request);
  await settle();
  return request.reply1;
}
