import { randomBytes } from 'node:crypto';
import { type Engine, startEngine } from '../engine/index.js';
import type { Base } from './base.js';
import { sipPlace } from './free-ports.js';
import { whereTaken } from './where-taken.js';

/** What speaks SIP on the wire, and where the application reaches it. */
export interface SipEngine {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  readonly sipPort: number;
  /** Takes the SIP WebSocket; undefined where a drachtio-server has its own. */
  readonly handleUpgrade: Engine['handleUpgrade'] | undefined;
}

/** The embedded engine, with a secret of this start, or the drachtio-server that is configured. */
export async function startSipEngine({ config, log, life }: Base): Promise<SipEngine> {
  const { drachtio, port } = config.sip;
  if (drachtio !== null) return { drachtio, sipPort: port, handleUpgrade: undefined };
  const secret = randomBytes(24).toString('base64url');
  const engine = await life.start(
    'engine',
    () =>
      whereTaken(sipPlace(config), () =>
        startEngine({
          host: config.host,
          advertise: config.advertise,
          port,
          secret,
          log: log.child({ part: 'engine' }),
        }),
      ),
    (part) => part.close(),
  );
  return {
    drachtio: { host: '127.0.0.1', port: engine.adminPort, secret },
    sipPort: engine.sipPort,
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  };
}
