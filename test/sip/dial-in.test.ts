import assert from 'node:assert/strict';
import { SDP, setUp, statusOf } from './dial-in-world.js';
import { FakeRequest } from './fake-calls.js';
import { gate, OFFER, settle, user } from './fakes.js';

describe('a call to a number', () => {
  it('lets a member of the group into its room', async () => {
    const { roster, call } = setUp();
    assert.equal(await statusOf(call()), 200);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name, role }) => [name, role]),
      [['alice', 'speaker']],
    );
  });

  it('has the admission confirmed that access may have ended since', async () => {
    const { call, confirmed, guard, world } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const answered = call();
    await settle();
    guard.epoch++;
    open();
    assert.equal(await statusOf(answered), 200);
    assert.deepEqual(confirmed, [['2000', 3]]);
  });

  it('makes a moderator of the group one in the room', async () => {
    const alice = user('alice');
    const memberships = alice.memberships.map((membership) => ({ ...membership, role: 'moderator' as const }));
    const { roster, call } = setUp({ caller: { user: { ...alice, memberships } } });
    await call();
    assert.equal(roster.participants('2000')[0]?.role, 'moderator');
  });

  it('is 404 for a number without a room, of any length, and for what is no number', async () => {
    const { call, media } = setUp();
    for (const target of ['2001', '1', '999999999999999999', 'alice', '20%300', '2000;evil', '', '+492000', '٢٠٠٠']) {
      const status = target === '20%300' || target === '2000;evil' ? 200 : 404;
      assert.equal(await statusOf(call({ uri: `sip:${target}@127.0.0.1` })), status, target);
    }
    assert.equal(await statusOf(call({ uri: 'sip:127.0.0.1' })), 404);
    assert.equal(await statusOf(call({ uri: 'tel:2000' })), 404);
    assert.equal(media.legs.length, 2);
  });

  it('is 403 for one who may not enter, and no media is opened', async () => {
    const { call, media } = setUp({ caller: { user: user('erin', ['sales']) } });
    assert.equal(await statusOf(call()), 403);
    assert.equal(media.legs.length, 0);
  });

  it('lets in those who asked for a temporary room, or are invited, and nobody else', async () => {
    const erin = { user: user('erin', ['sales']) };
    const temporary = { kind: 'temporary' as const, team: 'T' };
    assert.equal(await statusOf(setUp({ caller: erin, room: temporary }).call()), 403);
    for (const standing of ['asked', 'invited'] as const) {
      const { roster, call } = setUp({ caller: erin, room: temporary, standing });
      assert.equal(await statusOf(call()), 200);
      assert.equal(roster.participants('2000')[0]?.role, 'speaker');
    }
    assert.equal(await statusOf(setUp({ caller: erin, standing: 'invited' }).call()), 200);
  });

  it('lets the owner of an exclusive room in as such, and those who are invited', async () => {
    const exclusive = { kind: 'exclusive' as const, ownerId: 'id-alice' };
    const own = setUp({ room: exclusive });
    assert.equal(await statusOf(own.call()), 200);
    assert.equal(own.roster.participants('2000')[0]?.role, 'owner');
    const bob = { user: user('bob') };
    assert.equal(await statusOf(setUp({ caller: bob, room: exclusive }).call()), 403);
    assert.equal(await statusOf(setUp({ caller: bob, room: exclusive, standing: 'invited' }).call()), 200);
  });

  it('lets a guest into the room of their PIN alone, while it has that PIN', async () => {
    const guest = { id: 'g1', name: 'Zoe', room: '2000', pinVersion: 3 };
    const withPin = { hasPin: true, pinVersion: 3 };
    const { roster, call } = setUp({ caller: { guest }, room: withPin });
    assert.equal(await statusOf(call()), 200);
    assert.deepEqual(
      roster.participants('2000').map(({ user: name, name: shown, role }) => [name, shown, role]),
      [[undefined, 'Zoe', 'speaker']],
    );
    for (const [what, room, of] of [
      ['another room', withPin, { ...guest, room: '2001' }],
      ['an older PIN', { hasPin: true, pinVersion: 4 }, guest],
      ['no PIN any more', { hasPin: false }, guest],
    ] as const) {
      assert.equal(await statusOf(setUp({ caller: { guest: of }, room }).call()), 403, what);
    }
  });

  it('is challenged before anything is looked up or opened', async () => {
    const { call, lookups, focuses, media } = setUp({ challenge: { status: 407 } });
    for (let count = 0; count < 100; count++) assert.equal(await statusOf(call()), 407);
    assert.deepEqual([lookups.length, media.legs.length, focuses.counts().legs], [0, 0, 0]);
  });

  it('is 486 when the room is full', async () => {
    const { call } = setUp({ maxParticipants: 1 });
    assert.equal(await statusOf(call()), 200);
    assert.equal(await statusOf(call()), 486);
  });

  it('is 503 with Retry-After while draining, also when that begins on the way', async () => {
    const { call, world, media } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const onTheWay = call();
    await settle();
    world.draining = true;
    open();
    for (const invite of [await onTheWay, await call()]) {
      assert.equal(invite.reply1.status, 503);
      assert.ok(Number(invite.reply1.headers?.['Retry-After']) > 0);
    }
    assert.equal(media.legs.length, 0);
  });

  it('is 420 for an extension we lack, 415 for another body, 481 within a dialog that is no more', async () => {
    const { call } = setUp();
    assert.equal(await statusOf(call({ headers: { ...SDP, require: '100rel' } })), 420);
    assert.equal(await statusOf(call({ headers: { 'content-type': 'multipart/mixed' } })), 415);
    assert.equal(await statusOf(call({ headers: { ...SDP, to: '<sip:2000@h>;tag=x' } })), 481);
  });

  it('gets a session timer where the phone asks for one', async () => {
    const { call } = setUp();
    const asked = { ...SDP, supported: 'replaces, timer' };
    const expires = async (headers: Record<string, string>) => {
      const { headers: sent } = (await call({ headers })).reply1;
      return [sent?.['Session-Expires'], sent?.Require];
    };
    assert.deepEqual(await expires({ ...asked, 'session-expires': '1800' }), ['1800;refresher=uac', 'timer']);
    assert.deepEqual(await expires({ ...asked, 'session-expires': '1800;refresher=uas' }), [
      '1800;refresher=uas',
      undefined,
    ]);
    assert.deepEqual(await expires({ ...asked, x: '200;refresher=uac', 'min-se': '180' }), [
      '200;refresher=uac',
      'timer',
    ]);
    assert.deepEqual(await expires({ ...SDP, 'session-expires': '60' }), ['90;refresher=uas', undefined]);
    assert.deepEqual(await expires({ ...asked, 'session-expires': '9999999999' }), ['86400;refresher=uac', 'timer']);
    assert.deepEqual(await expires(asked), [undefined, undefined]);
    const short = (await call({ headers: { ...asked, 'session-expires': '60' } })).reply1;
    assert.equal(short.status, 422);
    assert.equal(short.headers?.['Min-SE'], '90');
  });

  it('leaves nothing behind when the caller cancels while the room is looked up', async () => {
    const { dialIn, world, focuses, media, roster } = setUp();
    const { closed, open } = gate();
    world.lookup = closed;
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER });
    const answered = dialIn(invite);
    await settle();
    invite.cancel();
    open();
    await answered;
    assert.deepEqual(
      invite.replies.map((reply) => reply.status),
      [487],
    );
    assert.equal(media.openCount, 0);
    assert.equal(roster.participantCount, 0);
    assert.deepEqual(focuses.counts(), { legs: 0, rooms: 0 });
  });
});
