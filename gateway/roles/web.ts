import type { RequestListener } from 'node:http';
import { bracketed } from '../bracketed.js';
import { startWebServer } from '../web-server.js';
import type { Base } from './base.js';
import { httpPlace } from './free-ports.js';
import type { Voice } from './voice.js';
import { whereTaken } from './where-taken.js';

export interface Web {
  readonly httpUrl: string;
  readonly httpPort: number;
  /** The SIP WebSocket on the same port, for pages of another origin. */
  readonly wsUrl: string;
}

/** Serves HTTP or HTTPS: what voice servers and directories say to each other, and everything else. */
export async function startWeb(
  { config, life, tls }: Base,
  handlers: { readonly main: RequestListener; readonly peer: RequestListener | undefined },
  sipUpgrade: Voice['sipUpgrade'],
): Promise<Web> {
  const { host, http } = config;
  const { main, peer } = handlers;
  const handler: RequestListener =
    peer === undefined
      ? main
      : (request, response) => (request.url?.startsWith('/peer/') ? peer : main)(request, response);
  const server = await life.start(
    'web server',
    () =>
      whereTaken(httpPlace(config), () =>
        startWebServer({ host, port: http.port, tls, handler, sipUpgrade, allowedOrigins: http.allowedOrigins }),
      ),
    (part) => part.close(),
  );
  const address = `${bracketed(config.advertise)}:${server.port}`;
  const secure = tls === undefined ? '' : 's';
  return { httpUrl: `http${secure}://${address}`, httpPort: server.port, wsUrl: `ws${secure}://${address}/sip` };
}
