import assert from 'node:assert/strict';
import { hashPassword, verifyPassword } from '../../gateway/rooms/passwords.js';
import { createSoftphoneCredentialIssuer, guestAorUser } from '../../gateway/rooms/sip-account.js';

describe('softphone credentials', () => {
  let now = 0;
  const secret = Buffer.alloc(48, 1);
  const issuer = createSoftphoneCredentialIssuer({ secret, lifetimeMs: 60_000, now: () => now });

  beforeEach(() => {
    now = 1_800_000_000_000;
  });

  it('are recognized by any gateway with the secret until they expire', () => {
    const { aorUser, username, password, expiresAt } = issuer.issue({ name: 'alice' });
    assert.equal(aorUser, 'alice');
    assert.equal(expiresAt.getTime(), now + 60_000);
    const other = createSoftphoneCredentialIssuer({ secret, lifetimeMs: 1, now: () => now });
    const resolved = { owner: { userName: 'alice' }, issuedAt: new Date(now), password };
    assert.deepEqual(other.resolve(username), resolved);
    now += 59_999;
    assert.deepEqual(issuer.resolve(username), resolved);
    now += 1;
    assert.equal(issuer.resolve(username), undefined);
  });

  it('say who a guest is and which room is theirs, whatever the name is made of', () => {
    const name = 'Zoë ~ "O\'Neil" 🔑';
    const { aorUser, username, password } = issuer.issueGuest({ room: '2000', pinVersion: 3, name });
    const resolved = issuer.resolve(username);
    assert.ok(resolved !== undefined && 'guest' in resolved.owner);
    const { id, ...guest } = resolved.owner.guest;
    assert.deepEqual(guest, { room: '2000', pinVersion: 3, name });
    assert.equal(aorUser, `guest~${id}`);
    assert.equal(aorUser, guestAorUser({ id }));
    assert.equal(resolved.password, password);
    assert.match(username, /^[\w~-]+$/);
    assert.notEqual(issuer.issueGuest({ room: '2000', pinVersion: 3, name }).aorUser, aorUser);
  });

  it('of a guest and of a user called guest are never taken for each other', () => {
    const user = issuer.resolve(issuer.issue({ name: 'guest' }).username);
    assert.deepEqual(user?.owner, { userName: 'guest' });
  });

  for (const name of ['', '   ', 'a\u0007b', 'a\nb', 'a\u2028b', 'x'.repeat(65)]) {
    it(`are not made for a guest called ${JSON.stringify(name).slice(0, 20)}`, () => {
      assert.throws(() => issuer.issueGuest({ room: '2000', pinVersion: 3, name }), {
        kind: 'invalid',
        code: 'bad-guest-name',
      });
    });
  }

  it('have a password nobody can make without the secret', () => {
    const { username, password } = issuer.issue({ name: 'alice' });
    const forger = createSoftphoneCredentialIssuer({ secret: Buffer.alloc(48, 2), lifetimeMs: 60_000, now: () => now });
    assert.notEqual(forger.resolve(username)?.password, password);
    assert.notEqual(issuer.issue({ name: 'bob' }).password, password);
  });

  it('are none where the user name is of another form', () => {
    const { username } = issuer.issue({ name: 'alice' });
    const guest = issuer.issueGuest({ room: '2000', pinVersion: 1, name: 'Zoe' }).username;
    for (const other of [
      'alice',
      '',
      '~',
      '~~',
      'alice~',
      'alice~0zz',
      'alice~-5',
      `alice~${username.split('~').at(-1)}`,
      `${username}~x`,
      `${username} `,
      'alice~ZZZZZZ~ZZZZZZZZZZ',
      guest.replace('guest', 'alice'),
      guest.replace(/^guest~./, 'guest~g'),
      `x~${guest}`,
    ]) {
      assert.equal(issuer.resolve(other), undefined, other);
    }
  });
});

describe('a password hash', () => {
  it('fits its password alone, and is another each time', async () => {
    const [one, two] = await Promise.all([hashPassword('pässword 🔑'), hashPassword('pässword 🔑')]);
    assert.notEqual(one, two);
    assert.match(one, /^scrypt\$14\$8\$5\$/);
    assert.equal(await verifyPassword('pässword 🔑', one), true);
    assert.equal(await verifyPassword('pa\u0308ssword 🔑', one), true);
    assert.equal(await verifyPassword('Pässword 🔑', one), false);
    assert.equal(await verifyPassword('', one), false);
  });

  it('of another form is an error, not a wrong password', async () => {
    for (const hash of ['', 'plain', 'scrypt$14$8$5$salt', 'bcrypt$14$8$5$c2FsdA$a2V5']) {
      await assert.rejects(verifyPassword('x', hash), /not of the form/);
    }
  });
});
