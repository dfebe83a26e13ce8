import assert from 'node:assert/strict';
import type { User } from '../../gateway/rooms/user.js';
import type { PhoneIdentity } from '../../gateway/sip/identity.js';
import { createRegistrar } from '../../gateway/sip/registrar.js';
import type { Headers, Reply, Source } from '../../gateway/sip/sip-server.js';
import { silentLog } from '../support/silent-log.js';
import { FakeRequest } from './fake-calls.js';
import { MemoryContacts, user } from './fakes.js';

const ALICE = user('alice');
const LIMITS = { minExpiresSeconds: 60, maxExpiresSeconds: 3600, maxContacts: 3 };

function setUp(asker: User = ALICE, identity: PhoneIdentity = { user: asker }) {
  const clock = { now: 1_700_000_000_000 };
  const contacts = new MemoryContacts();
  const registrar = createRegistrar({
    limits: LIMITS,
    authenticate: async () => ({ authenticated: true, identity, device: 'desk-phone' }),
    contacts,
    log: silentLog,
    now: () => clock.now,
  });
  let cseq = 0;
  async function register(headers: Headers, source: Partial<Source> = {}): Promise<Reply> {
    const defaults = { to: '<sip:alice@h>', 'call-id': 'call', cseq: `${++cseq} REGISTER` };
    const request = new FakeRequest({ method: 'REGISTER', uri: 'sip:h', headers: { ...defaults, ...headers }, source });
    await registrar.register(request);
    assert.equal(request.replies.length, 1);
    return request.reply1;
  }
  return { clock, contacts, registrar, register };
}

function uris(contacts: MemoryContacts): string[] {
  return contacts.bindings.map((binding) => binding.contactUri).sort();
}

describe('the registrar', () => {
  it('keeps several contacts of a user and lists all of them, the asked for first', async () => {
    const { contacts, register, clock } = setUp();
    await register({ contact: '<sip:alice@10.0.0.1>', expires: '600' });
    clock.now += 10_000;
    const reply = await register({ contact: '"A" <sip:alice@10.0.0.2;transport=tcp>;expires=120;q=0.5' });
    assert.equal(reply.status, 200);
    assert.equal(
      reply.headers?.Contact,
      '<sip:alice@10.0.0.2;transport=tcp>;expires=120, <sip:alice@10.0.0.1>;expires=590',
    );
    assert.deepEqual(uris(contacts), ['sip:alice@10.0.0.1', 'sip:alice@10.0.0.2;transport=tcp']);
  });

  it('keeps where the REGISTER came from', async () => {
    const { contacts, register } = setUp();
    await register(
      { contact: '<sip:x@invalid>', 'user-agent': 'phone/1' },
      { address: '10.1.1.1', port: 4711, transport: 'ws' },
    );
    const [binding] = contacts.bindings;
    assert.equal(binding?.sourceAddress, '10.1.1.1');
    assert.equal(binding.sourcePort, 4711);
    assert.equal(binding.transport, 'ws');
    assert.equal(binding.userAgent, 'phone/1');
    assert.equal(binding.userName, 'alice');
  });

  it('refuses a time that is too short with 423 and the shortest it takes', async () => {
    const { contacts, register } = setUp();
    const tooShort: Headers[] = [{ contact: '<sip:alice@h1>', expires: '59' }, { contact: '<sip:alice@h1>;expires=1' }];
    for (const headers of tooShort) {
      const reply = await register(headers);
      assert.equal(reply.status, 423);
      assert.equal(reply.headers?.['Min-Expires'], '60');
    }
    assert.deepEqual(uris(contacts), []);
  });

  it('shortens a time that is too long, and takes an hour where none is said', async () => {
    const { register } = setUp();
    const long = await register({ contact: '<sip:alice@h1>', expires: '999999' });
    assert.equal(long.headers?.Contact, '<sip:alice@h1>;expires=3600');
    const unsaid = await register({ contact: '<sip:alice@h1>', expires: 'soon' });
    assert.equal(unsaid.headers?.Contact, '<sip:alice@h1>;expires=3600');
  });

  it('removes the contact named with expires 0, and no other', async () => {
    const { contacts, register } = setUp();
    await register({ contact: '<sip:alice@h1>, <sip:alice@h2>' });
    const reply = await register({ contact: '<sip:alice@h1>', expires: '0' });
    assert.equal(reply.status, 200);
    assert.deepEqual(uris(contacts), ['sip:alice@h2']);
    const last = await register({ contact: '<sip:alice@h2>;expires=0' });
    assert.equal(last.headers?.Expires, '0');
    assert.equal(last.headers?.Contact, undefined);
  });

  it('removes all for Contact * with Expires 0, and refuses * otherwise', async () => {
    const { contacts, register } = setUp();
    await register({ contact: '<sip:alice@h1>, <sip:alice@h2>' });
    assert.equal((await register({ contact: '*', expires: '60' })).status, 400);
    assert.equal((await register({ contact: '*' })).status, 400);
    assert.equal((await register({ contact: '*, <sip:alice@h1>', expires: '0' })).status, 400);
    assert.deepEqual(uris(contacts), ['sip:alice@h1', 'sip:alice@h2']);
    assert.equal((await register({ contact: '*', expires: '0' })).status, 200);
    assert.deepEqual(uris(contacts), []);
  });

  it('lists without changing anything when no Contact is sent', async () => {
    const { contacts, register } = setUp();
    await register({ contact: '<sip:alice@h1>', expires: '60' });
    const reply = await register({});
    assert.equal(reply.headers?.Contact, '<sip:alice@h1>;expires=60');
    assert.deepEqual(uris(contacts), ['sip:alice@h1']);
  });

  it('refuses an older or equal CSeq of the same call, all of it or nothing', async () => {
    const { contacts, register } = setUp();
    await register({ contact: '<sip:alice@h1>', cseq: '10 REGISTER' });
    for (const cseq of ['10 REGISTER', '9 REGISTER']) {
      const reply = await register({ contact: '<sip:alice@h2>, <sip:alice@h1>;expires=0', cseq });
      assert.equal(reply.status, 500, cseq);
    }
    assert.equal((await register({ contact: '*', expires: '0', cseq: '10 REGISTER' })).status, 500);
    assert.deepEqual(uris(contacts), ['sip:alice@h1']);
    assert.equal((await register({ contact: '<sip:alice@h1>', 'call-id': 'another', cseq: '1 REGISTER' })).status, 200);
    assert.equal(contacts.bindings[0]?.callId, 'another');
  });

  it('refuses more contacts than a user may have, but lets one be refreshed', async () => {
    const { contacts, register } = setUp();
    for (const host of ['h1', 'h2', 'h3']) await register({ contact: `<sip:alice@${host}>` });
    assert.equal((await register({ contact: '<sip:alice@h4>' })).status, 403);
    assert.equal((await register({ contact: '<sip:alice@h3>' })).status, 200);
    assert.equal((await register({ contact: '<sip:alice@h3>;expires=0, <sip:alice@h4>' })).status, 200);
    assert.deepEqual(uris(contacts), ['sip:alice@h1', 'sip:alice@h2', 'sip:alice@h4']);
  });

  it('keeps to the maximum when registrations come at once', async () => {
    const { contacts, register } = setUp();
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) => register({ contact: `<sip:alice@h${index}>` })),
    );
    assert.equal(replies.filter((reply) => reply.status === 200).length, 3);
    assert.equal(contacts.bindings.length, 3);
  });

  it('refuses to register for somebody else', async () => {
    const { contacts, register } = setUp(user('bob'));
    assert.equal((await register({ contact: '<sip:bob@h1>' })).status, 403);
    assert.deepEqual(uris(contacts), []);
  });

  it('refuses contacts it cannot use', async () => {
    const { register } = setUp();
    for (const contact of [
      '<tel:+4930>',
      '<sip:alice@h1',
      '<sip:alice@h1>;q=2',
      'nonsense',
      '<sip:al%0aice@h1>',
      `<sip:${'a'.repeat(600)}@h1>`,
    ]) {
      assert.equal((await register({ contact })).status, 400, contact);
    }
    assert.equal((await register({ contact: '<sip:alice@h1>', cseq: 'x' })).status, 400);
  });

  it('removes a dead binding, but not one refreshed since it was asked', async () => {
    const { contacts, register, registrar } = setUp();
    await register({ contact: '<sip:alice@h1>' });
    const [dead] = contacts.bindings;
    assert.ok(dead);
    await register({ contact: '<sip:alice@h1>' });
    assert.equal(await registrar.removeDead(dead), false);
    const [present] = contacts.bindings;
    assert.ok(present);
    assert.equal(await registrar.removeDead(present), true);
    assert.deepEqual(uris(contacts), []);
    assert.equal(await registrar.removeDead(present), false);
  });

  it('tells a guest that their contact is kept, for the stack to know the way, and keeps nothing', async () => {
    const guest = { id: 'a1', name: 'Zoe', room: '2000', pinVersion: 1 };
    const { contacts, register } = setUp(ALICE, { guest });
    const to = '<sip:guest~a1@h>';
    const reply = await register(
      { to, contact: '<sip:x@y.invalid;transport=ws>', expires: '600' },
      { transport: 'ws' },
    );
    assert.equal(reply.status, 200);
    assert.equal(reply.headers?.Contact, '<sip:x@y.invalid;transport=ws>;expires=600');
    const gone = await register({ to, contact: '<sip:x@y.invalid;transport=ws>', expires: '0' });
    assert.deepEqual([gone.status, gone.headers?.Contact], [200, undefined]);
    assert.equal((await register({ to, contact: '<sip:x@y>', expires: '1' })).status, 423);
    assert.equal((await register({ to: '<sip:alice@h>', contact: '<sip:x@y>' })).status, 403);
    assert.deepEqual(contacts.bindings, []);
  });
});
