import type { Config } from '../config.js';
import type { Life } from '../life.js';
import type { Log } from '../log.js';
import { type AccessEventBus, createAccessEvents } from '../rooms/access-events.js';
import { createDirectory, type Directory } from '../rooms/directory.js';
import { createPins, type Pins } from '../rooms/pins.js';
import { Roster } from '../rooms/roster.js';
import { createSoftphoneCredentialIssuer, type SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import { seedDemo } from '../store/demo.js';
import { openStore, type Store } from '../store/store.js';
import { loadTls, type TlsFiles } from '../tls.js';

/** What every role stands on. */
export interface Base {
  readonly config: Config;
  readonly log: Log;
  readonly life: Life;
  readonly tls: TlsFiles | undefined;
  readonly store: Store;
  readonly directory: Directory;
  readonly credentials: SoftphoneCredentialIssuer;
  /** Of guests on the page and in the lobby alike: wrong ones count together. */
  readonly pins: Pins;
  readonly roster: Roster;
  readonly accessEvents: AccessEventBus;
  /** True once the gateway stops. */
  isDraining(): boolean;
}

export async function startBase(start: Pick<Base, 'config' | 'log' | 'life' | 'isDraining'>): Promise<Base> {
  const { config, log, life } = start;
  const tls = await loadTls(config);
  const store = await life.start(
    'database',
    () =>
      openStore({
        url: config.database.url,
        dataDir: config.data,
        maxConnections: config.database.maxConnections,
        log: log.child({ part: 'store' }),
      }),
    (part) => part.close(),
  );
  if (config.demo) await seedDemo(store, { realm: config.sip.realm });
  const accessEvents = createAccessEvents();
  const { pin } = config.rooms;
  return {
    ...start,
    tls,
    store,
    directory: createDirectory(store.directory, config.rooms.groupNumbers),
    credentials: createSoftphoneCredentialIssuer({
      secret: await store.secret('softphone-credentials'),
      lifetimeMs: config.sip.credentialSeconds * 1000,
    }),
    pins: createPins({
      store: store.pins,
      events: accessEvents,
      limits: { perCaller: pin.triesPerCaller, perRoom: pin.triesPerRoom, windowMs: pin.windowSeconds * 1000 },
    }),
    roster: new Roster(),
    accessEvents,
  };
}
