import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsFiles } from './tls.js';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface WebServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly handler: RequestListener;
  /** Takes the SIP WebSocket; absent when browsers reach SIP elsewhere. */
  readonly sipUpgrade: UpgradeListener | undefined;
  /** Origins besides the page's own that may open the SIP WebSocket. */
  readonly allowedOrigins: readonly string[];
}

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

const SIP_PATH = '/sip';

/** Serves HTTP or HTTPS, and the SIP WebSocket at `/sip` on the same port. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { handler, host, port, tls } = options;
  const server = tls === undefined ? createServer(handler) : createSecureServer({ ...tls }, handler);
  const origins = new Set(options.allowedOrigins.map((origin) => new URL(origin).origin));
  // An upgraded connection is no HTTP connection any more: the server would wait for it for ever.
  const upgraded = new Set<Duplex>();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (options.sipUpgrade === undefined || pathOf(request) !== SIP_PATH) return refuse(socket, '404 Not Found');
    if (!fromAllowedOrigin(request, origins)) return refuse(socket, '403 Forbidden');
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    options.sipUpgrade(request, socket, head);
  });

  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

/**
 * A browser always says which page opens a WebSocket (RFC 6455 section 10.2): it must be ours or an allowed one.
 * SIP phones that are no browsers send no Origin; what they may do is for their SIP credentials to decide.
 */
function fromAllowedOrigin(request: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return allowed.has(url.origin) || url.host === host;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
