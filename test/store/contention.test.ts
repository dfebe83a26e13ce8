import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { planConnection } from '../../gateway/store/connection.js';
import { Database, type Transaction } from '../../gateway/store/database.js';
import { forEachDatabase } from '../support/databases.js';
import { silentLog } from '../support/silent-log.js';
import { addUsers } from './people.js';

forEachDatabase('writes that get into each other’s way', (database) => {
  let databases: Database[];

  beforeEach(async () => {
    await addUsers(await database.open(), 'alice', 'bob');
    databases = [0, 1].map(() => new Database(planConnection(database.url, tmpdir()), 2, silentLog));
  });
  afterEach(() => Promise.all(databases.map((each) => each.close())));

  async function call(transaction: Transaction, name: string, displayName: string): Promise<void> {
    await transaction('users').where({ name }).update({ display_name: displayName });
  }

  async function displayNames(): Promise<string[]> {
    return (await databases[0]?.read((queries) => queries('users').orderBy('name').pluck('display_name'))) ?? [];
  }

  // SQLite lets one transaction in at a time: there is nothing to get crossed.
  const onMysql = database.dialect === 'mysql' ? it : () => undefined;
  onMysql('crossed are both done in the end, one of them twice', async () => {
    let tries = 0;
    let arrived = 0;
    let allArrived = () => {};
    const bothArrived = new Promise<void>((resolve) => {
      allArrived = resolve;
    });
    const crossed = (first: string, second: string, displayName: string) => async (transaction: Transaction) => {
      tries += 1;
      await call(transaction, first, displayName);
      arrived += 1;
      if (arrived === 2) allArrived();
      await bothArrived;
      await call(transaction, second, displayName);
    };
    await Promise.all([
      databases[0]?.write(crossed('alice', 'bob', 'one')),
      databases[1]?.write(crossed('bob', 'alice', 'two')),
    ]);
    assert.equal(tries, 3);
    const [alice, bob] = await displayNames();
    assert.equal(alice, bob);
  });

  onMysql('longer than the lock’s time-out are done after it', async () => {
    let tries = 0;
    let release = () => {};
    const triedTwice = new Promise<void>((resolve) => {
      release = resolve;
    });
    let holds = () => {};
    const held = new Promise<void>((resolve) => {
      holds = resolve;
    });
    const holder = databases[0]?.write(async (transaction) => {
      await call(transaction, 'alice', 'held');
      holds();
      await triedTwice;
    });
    await held;
    const waiter = databases[1]?.write(async (transaction) => {
      tries += 1;
      if (tries === 2) release();
      await call(transaction, 'alice', 'waited');
    });
    await Promise.all([holder, waiter]);
    assert.ok(tries >= 2);
    assert.equal((await displayNames())[0], 'waited');
  });

  it('wait for one that takes its time', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let holds = () => {};
    const held = new Promise<void>((resolve) => {
      holds = resolve;
    });
    const holder = databases[0]?.write(async (transaction) => {
      await call(transaction, 'alice', 'held');
      holds();
      await released;
    });
    await held;
    const waiters = Array.from({ length: 10 }, (_, index) =>
      databases[1]?.write((transaction) => call(transaction, 'alice', `waited ${index}`)),
    );
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    release();
    await Promise.all([holder, ...waiters]);
    assert.match((await displayNames())[0] ?? '', /^waited \d$/);
  });
});
