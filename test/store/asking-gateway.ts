import { createVoiceServer } from '../../gateway/rooms/voice-server.js';
import { openStore } from '../../gateway/store/store.js';
import { silentLog } from '../support/silent-log.js';
import { mustFindUser } from './people.js';

/**
 * A gateway's voice server in a process of its own, for tests that kill it: fifty ask it for rooms without end, and
 * every answer is a line, team and number.
 */
const [url = '', from = '', to = ''] = process.argv.slice(2);
const store = await openStore({ url, dataDir: '.', maxConnections: 10, log: silentLog });
const alice = await mustFindUser(store, 'alice');
const voiceServer = createVoiceServer({
  store: store.voiceServer,
  temporaryNumbers: { from: Number(from), to: Number(to) },
  exclusiveNumbers: { from: 800, to: 899 },
  limits: { emptyMs: 60_000, maxAgeMs: 3600_000, quarantineMs: 60_000 },
});

let next = 0;
async function ask(): Promise<never> {
  for (;;) {
    const team = `team ${next++}`;
    const { number } = await voiceServer.temporaryRoom(alice, team);
    process.stdout.write(`${team}=${number}\n`);
  }
}
await Promise.all(Array.from({ length: 50 }, ask));
