import assert from 'node:assert/strict';
import pino from 'pino';
import type { OutsideContext, OutsideInvite } from '../../../gateway/sip/outside-line.js';
import { createOutsideCalling, type OutsideCalling } from '../../../gateway/sip/trunk/outside-calling.js';
import type { TallySource } from '../../../gateway/tally.js';
import { silentLog } from '../../support/silent-log.js';
import { ROOM, user } from '../fakes.js';
import { oneTrunk, outsideCalls, trunks } from './trunk-settings.js';

const BERLIN = '+4930123456';
const CONTEXT: OutsideContext = { room: ROOM, inviter: user('alice'), callerName: 'Alice "A" (Engineering)' };
const SHOWN = '"Alice \\"A\\" (Engineering)"';

async function placed(calling: OutsideCalling, tel = BERLIN): Promise<OutsideInvite> {
  const invite = await calling.place(tel, CONTEXT);
  if ('refused' in invite) assert.fail(`refused: ${invite.refused}`);
  return invite;
}

/** The INVITE a trunk with these settings gets. */
async function inviteOver(settings: object, tel = BERLIN): Promise<OutsideInvite['invite']> {
  const all = [oneTrunk(settings)];
  const options = { calls: outsideCalls(all), trunks: all, host: '192.0.2.1', log: silentLog };
  return (await placed(createOutsideCalling(options), tel)).invite;
}

function figures(calling: OutsideCalling): Record<string, number> {
  return Object.fromEntries(calling.tallies.flatMap((tally: TallySource) => [...tally.read()]));
}

describe('a call to a telephone', () => {
  it('goes to the trunk’s host, with the number in its form', async () => {
    const invite = await inviteOver({});
    assert.deepEqual(invite, {
      uri: 'sip:+4930123456@sip.example.com',
      from: `${SHOWN} <sip:${ROOM.number}@192.0.2.1>`,
      to: '<sip:+4930123456@sip.example.com>',
      target: { address: 'sip.example.com', port: 5060, transport: 'udp' },
      headers: {},
    });
    const national = { dial: '0{national}', dialAbroad: '00{e164}', countryCode: '49', port: 5080, transport: 'tcp' };
    assert.equal((await inviteOver(national)).uri, 'sip:030123456@sip.example.com:5080;transport=tcp');
    assert.equal(
      (await inviteOver(national, '+43112345678')).uri,
      'sip:0043112345678@sip.example.com:5080;transport=tcp',
    );
    assert.equal((await inviteOver(national)).to, '<sip:030123456@sip.example.com>');
  });

  it('goes to the outbound proxy where there is one, addressed to the host', async () => {
    const named = await inviteOver({ outboundProxy: 'proxy.example.com:5070', transport: 'tcp' });
    assert.deepEqual(named.target, { address: 'proxy.example.com', port: 5070, transport: 'tcp' });
    assert.equal(named.uri, 'sip:+4930123456@sip.example.com;transport=tcp');
    const numeric = await inviteOver({ host: '2001:db8::7', outboundProxy: '[2001:db8::1]:5070' });
    assert.deepEqual(numeric.target, { address: '2001:db8::1', port: 5070, transport: 'udp' });
    assert.equal(numeric.uri, 'sip:+4930123456@[2001:db8::7]');
  });

  it('shows the caller id with the inviter’s name, else the account, else the room', async () => {
    const account = { username: 'user@home', password: 'secret' };
    assert.equal((await inviteOver(account)).from, `${SHOWN} <sip:user%40home@sip.example.com>`);
    const callerId = { ...account, callerId: '+4930555000' };
    assert.equal((await inviteOver(callerId)).from, `${SHOWN} <sip:+4930555000@sip.example.com>`);
    assert.deepEqual((await inviteOver(callerId)).headers, {});
    assert.deepEqual((await inviteOver({ ...callerId, assertIdentity: true })).headers, {
      'P-Asserted-Identity': `${SHOWN} <sip:+4930555000@sip.example.com>`,
    });
  });

  it('answers challenges with the account, by the name that is for that', async () => {
    assert.equal((await inviteOver({ username: 'user' })).credentials, undefined);
    const account = { username: 'user', password: 'secret' };
    assert.deepEqual((await inviteOver(account)).credentials, { username: 'user', password: 'secret' });
    assert.deepEqual((await inviteOver({ ...account, authUsername: 'auth' })).credentials, {
      username: 'auth',
      password: 'secret',
    });
  });

  it('says over which trunk it goes and in which language that speaks, and gives its place back', async () => {
    const all = trunks({ city: { host: 'a.example', atOnce: 1, language: 'zh' }, west: { host: 'b.example' } });
    const calls = outsideCalls(all);
    const calling = createOutsideCalling({ calls, trunks: all, host: '192.0.2.1', log: silentLog });
    const first = await placed(calling, 'tel:+49-30-123456');
    const second = await placed(calling);
    assert.deepEqual([first.trunk, first.language, first.tel], ['city', 'zh', BERLIN]);
    assert.deepEqual([second.trunk, second.language], ['west', undefined]);
    assert.equal(calls.running, 2);
    first.release();
    first.release();
    assert.equal(calls.running, 1);
    assert.deepEqual([(await placed(calling)).trunk, figures(calling).city, figures(calling).west], ['city', 2, 1]);
  });

  it('is refused with a word, which is logged once and counted', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const all = [oneTrunk({ atOnce: 1, dial: '{national}', countryCode: '49' })];
    const calls = outsideCalls(all, { rules: { allow: ['+'], deny: ['+49900'] } });
    const calling = createOutsideCalling({ calls, trunks: all, host: '192.0.2.1', log });
    const refusals = [];
    for (const tel of ['110', '+49110', '+499001234567', '+43112345678']) {
      const decision = await calling.place(tel, CONTEXT);
      refusals.push('refused' in decision ? decision.refused : 'placed');
    }
    assert.deepEqual(refusals, ['barred', 'barred', 'barred', 'no-trunk']);
    assert.equal(lines.length, 4);
    const { place: first } = calling;
    const held = await first(BERLIN, CONTEXT);
    for (let asked = 0; asked < 3; asked++)
      assert.deepEqual(await calling.place(BERLIN, CONTEXT), { refused: 'at-once' });
    assert.equal(lines.length, 5);
    assert.ok(!('refused' in held));
    held.release();
    (await placed(calling)).release();
    await placed(calling);
    assert.deepEqual(await calling.place(BERLIN, CONTEXT), { refused: 'at-once' });
    assert.equal(lines.length, 6);
    const shown = { ...figures(calling) };
    assert.deepEqual(shown, { city: 3, barred: 3, 'no-trunk': 1, 'at-once': 2, 'user-limit': 0, 'hour-limit': 0 });
    assert.ok(
      lines.every((line) => !line.includes('34567')),
      'a number was logged',
    );
  });
});
