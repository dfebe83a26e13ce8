import assert from 'node:assert/strict';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import { admitGuest } from '../../gateway/rooms/admission.js';
import { type ApiKeys, createApiKeys } from '../../gateway/rooms/api-keys.js';
import { createPins, type Pins } from '../../gateway/rooms/pins.js';
import type { Store } from '../../gateway/store/store.js';
import { forEachDatabase } from '../support/databases.js';
import { addGroup } from './people.js';

forEachDatabase('API keys', (database) => {
  let store: Store;
  let keys: ApiKeys;
  let now: Date;

  beforeEach(async () => {
    store = await database.open();
    now = new Date('2026-06-01T12:00:00Z');
    keys = createApiKeys(store.apiKeys, () => now);
  });

  it('are shown once, and known by what they are from then on', async () => {
    const { key, apiKey } = await keys.create({ name: 'billing 💶', scopes: ['rooms', 'requests'] });
    assert.match(key, /^rl_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(apiKey.scopes, ['requests', 'rooms']);
    assert.deepEqual(await keys.verify(key), apiKey);
    assert.deepEqual(await keys.list(), [apiKey]);
    assert.ok(!JSON.stringify(await keys.list()).includes(key));
  });

  it('are refused when unknown, of another form, revoked or past their time', async () => {
    const { key, apiKey } = await keys.create({ name: 'one', scopes: ['requests'] });
    const bad = { kind: 'unauthenticated', code: 'bad-api-key' };
    for (const other of ['', 'rl_', key.slice(0, -1), `${key}x`, key.toUpperCase(), `rl_${'A'.repeat(43)}`]) {
      await assert.rejects(keys.verify(other), bad);
    }
    const expiresAt = new Date(now.getTime() + 1000);
    const short = await keys.create({ name: 'short', scopes: ['admin'], expiresAt });
    assert.deepEqual((await keys.verify(short.key)).expiresAt, expiresAt);
    now = expiresAt;
    await assert.rejects(keys.verify(short.key), { ...bad, message: /has expired/ });
    await keys.revoke(apiKey.id);
    await assert.rejects(keys.verify(key), { ...bad, message: /was revoked/ });
    await assert.rejects(keys.revoke(apiKey.id), { kind: 'not-found', code: 'api-key-not-found' });
  });

  it('are not made without name or scope, nor with an expiry gone by', async () => {
    const good = { name: 'one', scopes: ['rooms'] } as const;
    const wrong: Parameters<ApiKeys['create']>[0][] = [
      { ...good, name: ' ' },
      { ...good, name: 'x'.repeat(129) },
      { ...good, scopes: [] },
      { ...good, scopes: ['rooms', 'everything' as 'rooms'] },
      { ...good, expiresAt: now },
    ];
    for (const bad of wrong) {
      await assert.rejects(keys.create(bad), { kind: 'invalid', code: 'bad-api-key' });
    }
    assert.deepEqual(await keys.list(), []);
  });
});

forEachDatabase('PINs', (database) => {
  let store: Store;
  let pins: Pins;
  let now: number;
  let told: unknown[];

  beforeEach(async () => {
    store = await database.open();
    now = Date.parse('2026-06-01T12:00:00Z');
    told = [];
    const events = createAccessEvents();
    events.onAny((name, event) => void told.push([name, event]));
    const limits = { perCaller: 3, perRoom: 5, windowMs: 60_000 };
    pins = createPins({ store: store.pins, events, limits, now: () => now });
    for (const [name, number] of [
      ['crew', '2000'],
      ['board', '2001'],
    ] as const) {
      await store.directory.bind(await addGroup(store, name), number);
    }
  });

  const guestOf = (pinVersion: number) => ({ id: 'g', name: 'Zoe', room: '2000', pinVersion });
  const lets = async (version: number) => {
    const room = await store.rooms.find('2000');
    return room !== undefined && admitGuest(room, guestOf(version)).admitted;
  };

  it('let a guest in until the room has another, or none', async () => {
    assert.equal(await pins.set('2000', '4711'), '4711');
    const version = await pins.check('2000', '4711', 'a');
    assert.equal(await lets(version), true);
    await pins.set('2000', '4711');
    assert.equal(await lets(version), false);
    const next = await pins.check('2000', '4711', 'a');
    assert.ok(next > version);
    assert.equal(await lets(next), true);
    await pins.remove('2000');
    assert.equal(await lets(next), false);
    now -= 3600_000;
    await pins.set('2000', '4711');
    assert.equal(await lets(next), false);
    assert.deepEqual(told, Array(4).fill(['pin.changed', { room: '2000' }]));
  });

  it('are kept as scrypt hashes, and shown with the room as no more than that there is one', async () => {
    await pins.set('2000', '4711');
    assert.match((await store.pins.find('2000'))?.hash ?? '', /^scrypt\$/);
    assert.equal((await store.rooms.find('2000'))?.hasPin, true);
    assert.equal((await store.rooms.find('2001'))?.hasPin, false);
    assert.equal((await store.administration.findGroup('crew'))?.hasPin, true);
  });

  it('are made up of six digits when none is chosen', async () => {
    const pin = await pins.set('2000');
    assert.match(pin, /^\d{6}$/);
    assert.equal(typeof (await pins.check('2000', pin, 'a')), 'number');
  });

  it('have 4 to 12 digits, and rooms that are there', async () => {
    for (const pin of ['123', '1234567890123', '12a4', '１２３４', '', ' 1234']) {
      await assert.rejects(pins.set('2000', pin), { kind: 'invalid', code: 'bad-pin' });
    }
    await assert.rejects(pins.set('2999', '1234'), { kind: 'not-found', code: 'room-not-found' });
    await assert.rejects(pins.remove('2000'), { kind: 'not-found', code: 'pin-not-found' });
    assert.deepEqual(told, []);
  });

  it('are refused alike when wrong, and where there is none', async () => {
    await pins.set('2000', '4711');
    const wrong = { kind: 'forbidden', code: 'wrong-pin' };
    await assert.rejects(pins.check('2000', '4712', 'a'), wrong);
    await assert.rejects(pins.check('2001', '4711', 'b'), wrong);
    await assert.rejects(pins.check('2999', '4711', 'c'), wrong);
    await assert.rejects(pins.check('2000', '4711 ', 'd'), wrong);
  });

  it('may be tried so often by one caller, whatever the room, even all at once', async () => {
    await pins.set('2000', '4711');
    const tries = Array.from({ length: 10 }, (_, index) =>
      pins.check(index % 2 === 0 ? '2000' : '2001', '0000', 'caller').catch((error: { code: string }) => error.code),
    );
    const codes = await Promise.all(tries);
    assert.equal(codes.filter((code) => code === 'wrong-pin').length, 3);
    assert.equal(codes.filter((code) => code === 'too-many-tries').length, 7);
    await assert.rejects(pins.check('2000', '4711', 'caller'), { kind: 'too-many', retryAfterSeconds: 60 });
    assert.equal(typeof (await pins.check('2000', '4711', 'another')), 'number');
    now += 60_000;
    assert.equal(typeof (await pins.check('2000', '4711', 'caller')), 'number');
  });

  it('may be tried so often for one room, from anywhere', async () => {
    await pins.set('2000', '4711');
    for (let caller = 0; caller < 5; caller++) {
      await assert.rejects(pins.check('2000', '0000', `caller ${caller}`), { code: 'wrong-pin' });
    }
    await assert.rejects(pins.check('2000', '4711', 'caller 6'), { kind: 'too-many' });
    await assert.rejects(pins.check('2001', '4711', 'caller 6'), { code: 'wrong-pin' });
  });

  it('that are right cost no try', async () => {
    await pins.set('2000', '4711');
    for (let index = 0; index < 6; index++) await pins.check('2000', '4711', 'caller');
    await assert.rejects(pins.check('2000', '0000', 'caller'), { code: 'wrong-pin' });
  });
});

forEachDatabase('the heartbeats of voice servers', (database) => {
  it('tell which are ready: those that beat lately and are not draining', async () => {
    const { voiceServers } = await database.open();
    const at = (seconds: number) => new Date(1_780_000_000_000 + seconds * 1000);
    const server = (id: string) => ({ id, url: `http://${id}:8080`, draining: false });
    await voiceServers.beat(server('one'), at(0));
    await voiceServers.beat(server('two'), at(5));
    await voiceServers.beat({ ...server('three'), draining: true }, at(5));
    assert.deepEqual(await voiceServers.ready(at(0)), [server('two'), server('one')]);
    assert.deepEqual(await voiceServers.ready(at(1)), [server('two')]);
    await voiceServers.beat(server('one'), at(6));
    assert.deepEqual(await voiceServers.ready(at(1)), [server('one'), server('two')]);
    await voiceServers.leave('one');
    assert.deepEqual(await voiceServers.ready(at(1)), [server('two')]);
    assert.equal(await voiceServers.purge(at(6)), 2);
    assert.deepEqual(await voiceServers.ready(at(0)), []);
  });
});
