import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { FakeRequest } from './fake-calls.js';
import { gate, OFFER, settle } from './fakes.js';
import { inDialog, setUp } from './leg-world.js';

describe('requests within a dialog', () => {
  it('hold and resume the call', async () => {
    const { roster, join } = setUp();
    const { invite } = await join();
    const hold = await inDialog(invite, { method: 'INVITE', body: `${OFFER}a=sendonly\r\n` });
    assert.equal(hold.status, 200);
    assert.match(hold.body ?? '', /^v=0/);
    assert.equal(roster.participants('2000')[0]?.held, true);
    await inDialog(invite, { method: 'UPDATE', body: OFFER });
    assert.equal(roster.participants('2000')[0]?.held, false);
  });

  it('leave the call as it was when an offer is refused with 488', async () => {
    const { roster, join } = setUp();
    const { invite, mediaLeg, leg } = await join();
    mediaLeg.refusal = new RoomlineError('not-acceptable', 'no');
    assert.equal((await inDialog(invite, { method: 'INVITE', body: `${OFFER}a=inactive\r\n` })).status, 488);
    assert.equal(leg.state, 'joined');
    assert.equal(roster.participants('2000')[0]?.held, false);
  });

  it('answer a second re-INVITE with 500 while the first is open', async () => {
    const { join } = setUp();
    const { invite, mediaLeg } = await join();
    const { closed, open } = gate();
    mediaLeg.gate = closed;
    const first = new FakeRequest({ method: 'INVITE', body: OFFER, headers: { 'content-type': 'application/sdp' } });
    invite.listener?.requested(first);
    const second = await inDialog(invite, { method: 'INVITE', body: OFFER });
    assert.equal(second.status, 500);
    assert.match(second.headers?.['Retry-After'] ?? '', /^([0-9]|10)$/);
    open();
    await settle();
    assert.equal(first.reply1.status, 200);
    assert.equal(mediaLeg.offers.length, 1);
  });

  it('offer what was agreed to a re-INVITE without an offer, and take its answer', async () => {
    const { join } = setUp();
    const { invite, mediaLeg, listener } = await join();
    const reply = await inDialog(invite, { method: 'INVITE' });
    assert.equal(reply.body, mediaLeg.offerAgain());
    listener.acknowledged('v=0 answer');
    await settle();
    assert.deepEqual(mediaLeg.offers, ['v=0 answer']);
  });

  it('refresh the session: UPDATE without SDP is 200, too short an interval 422', async () => {
    const { join } = setUp();
    const { invite } = await join();
    const headers = { 'session-expires': '120;refresher=uac', supported: 'timer' };
    const reply = await inDialog(invite, { method: 'UPDATE', headers });
    assert.equal(reply.status, 200);
    assert.equal(reply.body, undefined);
    assert.equal(reply.headers?.['Session-Expires'], '120;refresher=uac');
    const short = await inDialog(invite, { method: 'UPDATE', headers: { ...headers, 'session-expires': '30' } });
    assert.equal(short.status, 422);
    assert.equal(short.headers?.['Min-SE'], '90');
  });

  it('bring digits by INFO', async () => {
    const { roster, join } = setUp();
    const digits: string[] = [];
    roster.events.on('participant.digit', ({ digit, durationMs }) => digits.push(`${digit} ${durationMs}`));
    const { invite } = await join();
    const relay = { 'content-type': 'application/dtmf-relay' };
    const send = (headers: Record<string, string>, body: string) => inDialog(invite, { method: 'INFO', headers, body });
    assert.equal((await send(relay, 'Signal=5\r\nDuration=160\r\n')).status, 200);
    assert.equal((await send(relay, 'Signal= 11\r\n')).status, 200);
    assert.equal((await send({ 'content-type': 'application/dtmf' }, '*')).status, 200);
    assert.equal((await send(relay, 'Signal=x')).status, 415);
    assert.equal((await send({ 'content-type': 'text/plain' }, '5')).status, 415);
    assert.equal((await send({}, '')).status, 200);
    assert.deepEqual(digits, ['5 160', '# 250', '* 250']);
  });

  it('are answered politely when they are not for us', async () => {
    const { join } = setUp();
    const { invite, leg } = await join();
    assert.equal((await inDialog(invite, { method: 'OPTIONS' })).status, 200);
    assert.equal((await inDialog(invite, { method: 'REFER' })).status, 603);
    assert.equal((await inDialog(invite, { method: 'MESSAGE' })).status, 405);
    assert.equal((await inDialog(invite, { method: 'FOO' })).status, 501);
    const picky = await inDialog(invite, {
      method: 'INVITE',
      headers: { require: 'timer, precondition' },
      body: OFFER,
    });
    assert.equal(picky.status, 420);
    assert.equal(picky.headers?.Unsupported, 'precondition');
    const picture = await inDialog(invite, { method: 'INVITE', headers: { 'content-type': 'image/png' }, body: 'x' });
    assert.equal(picture.status, 415);
    assert.equal(leg.state, 'joined');
  });
});
