import assert from 'node:assert/strict';
import {
  isAllowed,
  type OutsideCallLeave,
  type OutsideCallStore,
  OutsideCalls,
  type OutsideCallsOptions,
  type OutsideTrunk,
} from '../../gateway/rooms/outside-calls.js';

const BERLIN = '+4930123456';
const VIENNA = '+43112345678';

/** Counts in memory, as the database does. */
class MemoryOutsideCalls implements OutsideCallStore {
  readonly calls: { userId: string; placedAt: Date }[] = [];
  purgedBefore: Date | undefined;

  async take(...[call, limits]: Parameters<OutsideCallStore['take']>): ReturnType<OutsideCallStore['take']> {
    const live = this.calls.filter(({ placedAt }) => placedAt > limits.since);
    const own = live.filter(({ userId }) => userId === call.userId);
    const oldest = (of: typeof live) => of[0]?.placedAt ?? call.placedAt;
    if (live.length >= limits.all) return { refused: 'hour-limit', oldestAt: oldest(live) };
    if (own.length >= limits.perUser) return { refused: 'user-limit', oldestAt: oldest(own) };
    this.calls.push(call);
    return 'taken';
  }

  async count(...[userId, since]: Parameters<OutsideCallStore['count']>): ReturnType<OutsideCallStore['count']> {
    const placed = (calls: typeof this.calls) =>
      calls[0] === undefined ? { calls: 0 } : { calls: calls.length, oldestAt: calls[0].placedAt };
    const live = this.calls.filter(({ placedAt }) => placedAt > since);
    return { ofUser: placed(live.filter((call) => call.userId === userId)), ofAll: placed(live) };
  }

  async purge(before: Date): Promise<void> {
    this.purgedBefore = before;
  }
}

function trunk(name: string, settings: Partial<OutsideTrunk> = {}): OutsideTrunk {
  return { name, atOnce: 10, takes: () => true, ready: () => true, ...settings };
}

function outsideCalls(settings: Partial<OutsideCallsOptions<OutsideTrunk>> = {}) {
  return new OutsideCalls({
    rules: { allow: ['+'], deny: [] },
    limits: { perUserPerHour: 100, perHour: 100, atOnce: 100 },
    trunks: [trunk('one')],
    store: new MemoryOutsideCalls(),
    onError: (error) => assert.fail(String(error)),
    ...settings,
  });
}

async function granted(asked: ReturnType<OutsideCalls<OutsideTrunk>['ask']>): Promise<OutsideCallLeave<OutsideTrunk>> {
  const decision = await asked;
  if ('refused' in decision) assert.fail(`refused: ${decision.refused}`);
  return decision;
}

async function refusal(asked: ReturnType<OutsideCalls<OutsideTrunk>['ask']>) {
  const decision = await asked;
  if (!('refused' in decision)) assert.fail('the call may go out');
  return decision;
}

describe('the rules for outside calls', () => {
  for (const [what, allow, deny, allowed] of [
    ['nothing is said', [], [], false],
    ['its beginning is allowed', ['+49'], [], true],
    ['another beginning is allowed', ['+44', '+4931'], [], false],
    ['everything is allowed', ['+'], [], true],
    ['its beginning is denied', ['+'], ['+4930'], false],
    ['a longer beginning is allowed than is denied', ['+4930123'], ['+49'], false],
    ['the same beginning is allowed and denied', ['+49'], ['+49'], false],
    ['others are denied', ['+49'], ['+49900', '+4931'], true],
  ] as const) {
    it(`${allowed ? 'let' : 'do not let'} a number be called where ${what}`, () => {
      assert.equal(isAllowed(BERLIN, { allow, deny }), allowed);
    });
  }
});

describe('outside calls', () => {
  it('go out over the first trunk that takes the number', async () => {
    const calls = outsideCalls({
      trunks: [trunk('abroad', { takes: (number) => !number.startsWith('+49') }), trunk('one'), trunk('two')],
    });
    assert.equal((await granted(calls.ask(BERLIN, 'alice'))).trunk.name, 'one');
    assert.equal((await granted(calls.ask(VIENNA, 'alice'))).trunk.name, 'abroad');
  });

  it('are refused where the rules bar the number, and where no trunk takes it, and count for nothing then', async () => {
    const store = new MemoryOutsideCalls();
    const trunks = [trunk('one', { takes: (number) => number.startsWith('+49') })];
    const calls = outsideCalls({ rules: { allow: ['+4'], deny: ['+4930'] }, trunks, store });
    assert.deepEqual(await calls.ask(BERLIN, 'alice'), { refused: 'barred' });
    assert.deepEqual(await calls.ask('+12025550123', 'alice'), { refused: 'barred' });
    assert.deepEqual(await calls.ask(VIENNA, 'alice'), { refused: 'no-trunk' });
    assert.deepEqual(await outsideCalls({ trunks: [] }).ask(BERLIN, 'alice'), { refused: 'no-trunk' });
    assert.deepEqual([store.calls.length, calls.running], [0, 0]);
  });

  it('overflow from a trunk that is full to the next, and are to wait where all are', async () => {
    const calls = outsideCalls({ trunks: [trunk('one', { atOnce: 1 }), trunk('two', { atOnce: 1 })] });
    const first = await granted(calls.ask(BERLIN, 'alice'));
    const second = await granted(calls.ask(BERLIN, 'alice'));
    assert.deepEqual([first.trunk.name, second.trunk.name], ['one', 'two']);
    assert.deepEqual(await calls.ask(BERLIN, 'bob'), { refused: 'at-once' });
    first.end();
    assert.equal((await granted(calls.ask(BERLIN, 'bob'))).trunk.name, 'one');
  });

  it('go over a trunk that is not registered only when no other is free', async () => {
    let registered = false;
    const calls = outsideCalls({ trunks: [trunk('one', { ready: () => registered }), trunk('two', { atOnce: 1 })] });
    const names = [];
    for (let call = 0; call < 2; call++) names.push((await granted(calls.ask(BERLIN, 'alice'))).trunk.name);
    registered = true;
    names.push((await granted(calls.ask(BERLIN, 'alice'))).trunk.name);
    assert.deepEqual(names, ['two', 'one', 'one']);
  });

  it('of all trunks together have a limit at once', async () => {
    const trunks = [trunk('one'), trunk('two')];
    const calls = outsideCalls({ trunks, limits: { perUserPerHour: 100, perHour: 100, atOnce: 2 } });
    const asked = await Promise.all(['alice', 'bob', 'carol'].map((user) => calls.ask(BERLIN, user)));
    assert.deepEqual(
      asked.map((decision) => ('refused' in decision ? decision.refused : decision.trunk.name)),
      ['one', 'one', 'at-once'],
    );
    assert.equal(calls.running, 2);
  });

  it('of a user and of all have limits for an hour, which say when it is worth asking again', async () => {
    let now = new Date('2026-01-01T12:00:00Z');
    const minutes = (count: number) => {
      now = new Date(now.getTime() + count * 60_000);
    };
    const calls = outsideCalls({ limits: { perUserPerHour: 2, perHour: 3, atOnce: 100 }, now: () => now });
    await granted(calls.ask(BERLIN, 'alice'));
    minutes(10);
    await granted(calls.ask(BERLIN, 'alice'));
    assert.deepEqual(await refusal(calls.ask(BERLIN, 'alice')), { refused: 'user-limit', retryAfterSeconds: 3000 });
    await granted(calls.ask(BERLIN, 'bob'));
    assert.deepEqual(await refusal(calls.ask(BERLIN, 'carol')), { refused: 'hour-limit', retryAfterSeconds: 3000 });
    assert.equal(calls.running, 3);
    minutes(50);
    await granted(calls.ask(BERLIN, 'alice'));
    assert.equal((await refusal(calls.ask(BERLIN, 'alice'))).refused, 'hour-limit');
  });

  it('are foreseen before they are asked for, as far as rules and limits tell', async () => {
    const now = new Date('2026-01-01T12:00:00Z');
    const store = new MemoryOutsideCalls();
    const limits = { perUserPerHour: 2, perHour: 3, atOnce: 1 };
    const rules = { allow: ['+49'], deny: [] };
    const calls = outsideCalls({ rules, limits, store, now: () => now });
    assert.equal(await calls.foresee([BERLIN, BERLIN], 'alice'), undefined);
    assert.deepEqual(await calls.foresee([BERLIN, VIENNA], 'alice'), { refused: 'barred', numbers: [VIENNA] });
    await granted(calls.ask(BERLIN, 'alice'));
    assert.equal(await calls.foresee([BERLIN], 'alice'), undefined, 'that trunks are busy passes');
    const numbers = [BERLIN, BERLIN];
    const wait = { retryAfterSeconds: 3600 };
    assert.deepEqual(await calls.foresee(numbers, 'alice'), { refused: 'user-limit', numbers, ...wait });
    assert.equal(await calls.foresee(numbers, 'bob'), undefined);
    const three = [...numbers, BERLIN];
    assert.deepEqual(await calls.foresee(three, 'bob'), { refused: 'hour-limit', numbers: three, ...wait });
    assert.equal(store.calls.length, 1);
  });

  it('have no trunk to go over where there is none, whatever the rules say', async () => {
    const calls = outsideCalls({ trunks: [], rules: { allow: [], deny: [] } });
    assert.deepEqual(await calls.ask(BERLIN, 'alice'), { refused: 'no-trunk' });
    assert.deepEqual(await calls.foresee([BERLIN], 'alice'), { refused: 'no-trunk', numbers: [BERLIN] });
    const deaf = outsideCalls({ trunks: [trunk('one', { takes: () => false })] });
    assert.deepEqual(await deaf.foresee([BERLIN], 'alice'), { refused: 'no-trunk', numbers: [BERLIN] });
  });

  it('give their place back once, however often they end, and when they cannot be counted', async () => {
    const store = new MemoryOutsideCalls();
    const calls = outsideCalls({ limits: { perUserPerHour: 100, perHour: 100, atOnce: 2 }, store });
    const first = await granted(calls.ask(BERLIN, 'alice'));
    await granted(calls.ask(BERLIN, 'alice'));
    first.end();
    first.end();
    assert.equal(calls.running, 1);
    store.take = () => Promise.reject(new Error('no database'));
    await assert.rejects(calls.ask(BERLIN, 'alice'), /no database/);
    assert.equal(calls.running, 1);
  });

  it('forget those that limits do not look back at any more', async () => {
    const store = new MemoryOutsideCalls();
    const now = new Date('2026-01-01T12:00:00Z');
    await granted(outsideCalls({ store, now: () => now }).ask(BERLIN, 'alice'));
    assert.deepEqual(store.purgedBefore, new Date('2026-01-01T10:00:00Z'));
  });
});
