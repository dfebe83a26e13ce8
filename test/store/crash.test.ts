import assert from 'node:assert/strict';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import { planConnection } from '../../gateway/store/connection.js';
import { Child } from '../support/child.js';
import { forEachDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { addUsers } from './people.js';

const NUMBERS = { from: 100_000, to: 199_999 };
const PROGRAM = join(import.meta.dirname, 'asking-gateway.js');

forEachDatabase('a gateway killed while it hands out numbers', (database) => {
  it('leaves no number lost, doubled or half given; those who ask again get theirs', async () => {
    const store = await database.open();
    const [alice] = await addUsers(store, 'alice');
    const gateway = await Child.start(process.execPath, [PROGRAM, database.url, `${NUMBERS.from}`, `${NUMBERS.to}`]);
    const answers = () => gateway.stdout.split('\n').slice(0, -1);
    await eventually('two hundred answers', answers, ({ length }) => length >= 200 || gateway.exit !== undefined);
    process.kill(gateway.pid, 'SIGKILL');
    assert.equal((await gateway.exited).signal, 'SIGKILL', gateway.stderr);

    const answered = new Map(answers().map((line) => line.split('=') as [string, string]));
    assert.equal(new Set(answered.values()).size, answered.size);
    const voiceServer = createVoiceServer({
      store: store.voiceServer,
      temporaryNumbers: NUMBERS,
      exclusiveNumbers: { from: 800, to: 899 },
      limits: { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 60_000 },
    });
    for (const [team, number] of answered) {
      assert.equal((await voiceServer.temporaryRoom(alice, team)).number, number);
    }
    await withQueries(async (queries) => {
      const [rooms, temporary, entrants] = await Promise.all(
        ['rooms', 'temporary_rooms', 'room_standings'].map(async (table) =>
          (await queries(table).pluck('number')).sort(),
        ),
      );
      // Some were written and not answered any more: whole as well.
      assert.ok((rooms?.length ?? 0) >= answered.size);
      assert.deepEqual(temporary, rooms);
      assert.deepEqual(entrants, rooms);
    });
    const later = new Date(Date.now() + 3600_000);
    await store.roomKeeping.endOverdue(later, later, later);
    await store.roomKeeping.releaseQuarantined(later);
    assert.equal(await store.roomKeeping.countTaken(NUMBERS), 0);
  });

  async function withQueries(work: (queries: Knex) => Promise<void>): Promise<void> {
    const queries = knex(planConnection(database.url, '.').settings({ maxConnections: 2, busyTimeoutMs: 1000 }));
    try {
      await work(queries);
    } finally {
      await queries.destroy();
    }
  }
});
