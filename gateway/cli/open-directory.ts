import { type Config, loadConfig } from '../config.js';
import { createLog } from '../log.js';
import { BEATS_MISSED } from '../peer/heartbeats.js';
import { createPeerClient } from '../peer/peer-client.js';
import { peerKeyOf } from '../peer/peer-key.js';
import { knownLanguages, promptFolders } from '../prompt-languages.js';
import { type AccessEvents, createAccessEvents } from '../rooms/access-events.js';
import { type Administration, createAdministration, type Page } from '../rooms/administration.js';
import { type ApiKeys, createApiKeys } from '../rooms/api-keys.js';
import { openStore, type Store } from '../store/store.js';
import type { Arguments } from './command.js';
import type { Terminal } from './terminal.js';

/** What commands on the database work with. */
export interface Directory {
  readonly config: Config;
  readonly store: Store;
  readonly administration: Administration;
  readonly apiKeys: ApiKeys;
}

const PAGE_SIZE = 500;

type NamedEvent = { name: keyof AccessEvents; event: AccessEvents[keyof AccessEvents] };

/**
 * Opens the database, does the work, and tells the voice servers who lost access by it, so that they are out of the
 * rooms at once.
 */
export async function withDirectory(terminal: Terminal, work: (directory: Directory) => Promise<void>): Promise<void> {
  const config = loadConfig(terminal.environment);
  const store = await openStore({
    url: config.database.url,
    dataDir: config.data,
    maxConnections: 2,
    log: createLog({ level: 'warn', format: 'pretty' }),
  });
  try {
    const events = createAccessEvents();
    const lost: NamedEvent[] = [];
    events.onAny((name, event) => void lost.push({ name, event }));
    const administration = createAdministration({
      store: store.administration,
      events,
      languages: knownLanguages(store.spokenLanguages, promptFolders(config)),
      rooms: config.rooms,
    });
    await work({ config, store, administration, apiKeys: createApiKeys(store.apiKeys) });
    if (lost.length > 0) await tellVoiceServers(config, store, lost, terminal);
  } finally {
    await store.close();
  }
}

/** Does something to the user or group that was named, and says so. */
export function workOn(
  what: 'user' | 'group',
  given: Arguments,
  terminal: Terminal,
  work: (directory: Directory, name: string) => Promise<void>,
  said: string,
): Promise<void> {
  const [name = ''] = given.operands;
  return withDirectory(terminal, async (directory) => {
    await work(directory, name);
    terminal.show({ [what]: name, done: said }, [`${what} ${name} ${said}`]);
  });
}

/** All of a list that comes in pages. */
export async function allPages<T>(list: (page: Page) => Promise<T[]>, keyOf: (entry: T) => string): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await list({ limit: PAGE_SIZE, ...(last === undefined ? {} : { after: keyOf(last) }) });
    all.push(...page);
    if (page.length < PAGE_SIZE) return all;
  }
}

async function tellVoiceServers(
  config: Config,
  store: Store,
  events: readonly NamedEvent[],
  terminal: Terminal,
): Promise<void> {
  const since = new Date(Date.now() - BEATS_MISSED * config.peer.heartbeatSeconds * 1000);
  const key = await peerKeyOf(config, store);
  for (const { url } of await store.voiceServers.ready(since)) {
    try {
      await createPeerClient({ url, key }).tell('POST', '/access-events', { events });
    } catch (error) {
      terminal.warn(`done, but ${(error as Error).message}: who lost access by it may stay in a room until they leave`);
    }
  }
}
