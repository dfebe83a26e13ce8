import assert from 'node:assert/strict';
import type { ParticipantRole, RosterEvents } from '../../gateway/rooms/roster.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import type { Leg } from '../../gateway/sip/leg.js';
import type { Headers, Reply } from '../../gateway/sip/sip-server.js';
import { FakeRequest, type FakeRequestOptions } from './fake-calls.js';
import { OFFER, ROOM, settle, user } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

export function setUp() {
  const { media, roster, focuses } = setUpFocuses({ maxParticipants: 3 });
  const seen: string[] = [];
  roster.events.onAny((name, event) => {
    const cause = 'cause' in event ? ` ${(event as RosterEvents['participant.left']).cause}` : '';
    seen.push(`${name}${cause}`);
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

export async function inDialog(invite: FakeRequest, options: FakeRequestOptions): Promise<Reply> {
  const request = new FakeRequest({ headers: options.body ? { 'content-type': 'application/sdp' } : {}, ...options });
  invite.listener?.requested(request);
  await settle();
  return request.reply1;
}
