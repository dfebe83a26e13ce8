import assert from 'node:assert/strict';
import { createDirectory, type DirectoryStore } from '../../gateway/rooms/directory.js';

/** Group bindings in memory, with the two unique keys of the real store; `bind` may be made to lose races. */
function memoryStore(beforeBind: (bind: (groupId: string, number: string) => void) => void = () => {}) {
  const numbers = new Map<string, string>();
  let binds = 0;
  const store: DirectoryStore = {
    findNumber: async (groupId) => numbers.get(groupId),
    takenAmong: async (asked) => new Set(asked.filter((number) => [...numbers.values()].includes(number))),
    bind: async (groupId, number) => {
      binds += 1;
      beforeBind((otherGroup, otherNumber) => numbers.set(otherGroup, otherNumber));
      if (numbers.has(groupId)) return 'group-bound';
      if ([...numbers.values()].includes(number)) return 'number-taken';
      numbers.set(groupId, number);
      return 'bound';
    },
  };
  return { store, numbers, binds: () => binds };
}

describe('the directory', () => {
  it('binds a number at the first request and answers the same ever after, without binding again', async () => {
    const { store, binds } = memoryStore();
    const directory = createDirectory(store, { from: 2000, to: 2009 });
    const number = await directory.numberOf('team');
    assert.match(number, /^200\d$/);
    assert.equal(await directory.numberOf('team'), number);
    assert.equal(binds(), 1);
  });

  it('answers the number of whoever was faster', async () => {
    const { store } = memoryStore((bind) => bind('team', '2005'));
    assert.equal(await createDirectory(store, { from: 2000, to: 2009 }).numberOf('team'), '2005');
  });

  it('goes on until a number is free', async () => {
    const { store, numbers } = memoryStore();
    for (let number = 300; number < 349; number++) numbers.set(`group ${number}`, String(number));
    assert.equal(await createDirectory(store, { from: 300, to: 349 }).numberOf('team'), '349');
  });

  it('says when to ask again once no number is free', async () => {
    const { store, numbers } = memoryStore();
    numbers.set('other', '300');
    await assert.rejects(createDirectory(store, { from: 300, to: 300 }).numberOf('team'), {
      kind: 'unavailable',
      code: 'numbers-exhausted',
      retryAfterSeconds: 60,
    });
  });
});
