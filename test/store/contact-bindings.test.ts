import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ContactBinding } from '../../gateway/rooms/contact-binding.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';

const NOW = new Date('2026-03-29T01:30:00.123Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

forEachDatabase('contact bindings', (database) => {
  let store: Store;
  let userId: string;

  beforeEach(async () => {
    store = await database.open();
    userId = await addUser('alice');
  });

  const addUser = (name: string) =>
    store.transaction((unit) => unit.createUser({ name, displayName: name, passwordHash: null }));

  function binding(contactUri: string, more: Partial<ContactBinding> = {}): ContactBinding {
    return {
      userId,
      userName: 'alice',
      contactUri,
      callId: 'f81d4fae@phone',
      cseq: 4_294_967_295,
      transport: 'udp',
      sourceAddress: '2001:db8::1',
      sourcePort: 65_535,
      userAgent: 'Phone "1" 📞',
      registeredAt: NOW,
      expiresAt: later(60),
      ...more,
    };
  }

  const uris = async (now: Date) =>
    (await store.contactBindings.findByUser(userId, now)).map(({ contactUri }) => contactUri);

  it('come back as they were written, to the millisecond', async () => {
    const written = binding('sip:alice@192.0.2.1:5060;ob');
    await store.contactBindings.apply(userId, { put: [written], remove: [] });
    assert.deepEqual(await store.contactBindings.findByUser(userId, NOW), [written]);
    assert.deepEqual(await store.contactBindings.all(NOW), [written]);
  });

  it('are replaced by a later REGISTER for the same URI, compared exactly', async () => {
    const first = binding('sip:alice@host;transport=ws');
    await store.contactBindings.apply(userId, { put: [first], remove: [] });
    const again = binding('sip:alice@host;transport=ws', { cseq: 2, transport: 'ws', expiresAt: later(120) });
    const other = binding('sip:Alice@host;transport=ws');
    await store.contactBindings.apply(userId, { put: [again, other], remove: [] });
    const found = await store.contactBindings.findByUser(userId, NOW);
    assert.deepEqual(
      new Set(found.map(({ contactUri, cseq }) => `${contactUri} ${cseq}`)),
      new Set(['sip:alice@host;transport=ws 2', 'sip:Alice@host;transport=ws 4294967295']),
    );
  });

  it('are found until they expire, and then purged', async () => {
    const put = [
      binding('sip:short@host', { expiresAt: later(10) }),
      binding('sip:long@host', { expiresAt: later(20) }),
    ];
    await store.contactBindings.apply(userId, { put, remove: [] });
    assert.deepEqual((await uris(later(9))).sort(), ['sip:long@host', 'sip:short@host']);
    assert.deepEqual(await uris(later(10)), ['sip:long@host']);
    assert.equal(await store.contactBindings.purgeExpired(later(10)), 1);
    assert.deepEqual(await uris(NOW), ['sip:long@host']);
    assert.equal(await store.contactBindings.purgeExpired(later(10)), 0);
  });

  it('are removed by URI, of that user alone', async () => {
    const bob = await addUser('bob');
    const uri = 'sip:shared@host';
    await store.contactBindings.apply(userId, { put: [binding(uri), binding('sip:other@host')], remove: [] });
    await store.contactBindings.apply(bob, { put: [binding(uri)], remove: [] });
    await store.contactBindings.apply(userId, { put: [], remove: [uri, 'sip:unknown@host'] });
    assert.deepEqual(await uris(NOW), ['sip:other@host']);
    const [bobs] = await store.contactBindings.findByUser(bob, NOW);
    assert.deepEqual([bobs?.userName, bobs?.contactUri], ['bob', uri]);
  });

  it('of one REGISTER are written all or not at all', async () => {
    await store.contactBindings.apply(userId, { put: [binding('sip:old@host')], remove: [] });
    const tooLong = binding(`sip:${'x'.repeat(600)}@host`);
    const failing = store.contactBindings.apply(userId, {
      put: [binding('sip:new@host'), tooLong],
      remove: ['sip:old@host'],
    });
    await assert.rejects(failing, { kind: 'invalid' });
    assert.deepEqual(await uris(NOW), ['sip:old@host']);
  });

  it('of a user who is gone are refused', async () => {
    const put = [binding('sip:ghost@host')];
    await assert.rejects(store.contactBindings.apply(randomUUID(), { put, remove: [] }), { kind: 'not-found' });
  });

  it('survive a restart', async () => {
    await store.contactBindings.apply(userId, { put: [binding('sip:alice@host')], remove: [] });
    await store.close();
    store = await database.open();
    assert.deepEqual(await uris(NOW), ['sip:alice@host']);
  });

  it('of many users registering at once on two gateways are all written', async () => {
    const other = await database.open();
    const ids: string[] = [];
    for (let index = 0; index < 20; index++) ids.push(await addUser(`user${index}`));
    await Promise.all(
      ids.map((id, index) => {
        const { contactBindings } = index % 2 === 0 ? store : other;
        return contactBindings.apply(id, {
          put: [binding('sip:x@host'), binding('sip:y@host')],
          remove: ['sip:z@host'],
        });
      }),
    );
    assert.equal((await store.contactBindings.all(NOW)).length, 40);
  });
});
