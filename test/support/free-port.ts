import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A port that is free for UDP and TCP now, for programs that cannot be told to take any. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = createSocket('udp4');
    const free = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, host, () => resolve(true));
    });
    socket.close();
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

/** Whether a program of this machine takes messages on the port, by UDP or TCP. */
export function listens(port: number): boolean {
  const isThere = (socket: OpenSocket) => socket.port === port;
  return openSockets('udp').some(isThere) || openSockets('tcp').some((one) => isThere(one) && one.state === LISTENING);
}

interface OpenSocket {
  /** Our own port of it. */
  readonly port: number;
  readonly state: string;
}

const LISTENING = '0A';

/** The sockets of this machine. */
function openSockets(protocol: 'udp' | 'tcp'): OpenSocket[] {
  const [, ...lines] = readFileSync(`/proc/net/${protocol}`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, local = '', , state = ''] = line.trim().split(/\s+/);
    return { port: Number.parseInt(local.slice(local.indexOf(':') + 1), 16), state };
  });
}

/** What test gateways share: on loopback each claims a part of it for itself. */
export const GATEWAY_RTP_PORTS = '12000-31999';

const FIRST_STRETCH_PORT = 2000;
const LAST_STRETCH_PORT = 9999;

/**
 * Ports for a program that takes all it needs from one range: below those of gateways, and nobody has one of them. What
 * begins at the same time takes others, but for a rare chance.
 */
export function portStretch(size: number): { first: number; last: number } {
  const stretches = Math.floor((LAST_STRETCH_PORT - FIRST_STRETCH_PORT + 1) / size);
  const taken = openSockets('udp').map(({ port }) => port);
  for (let tries = 0; tries < stretches; tries++) {
    const first = FIRST_STRETCH_PORT + size * (stretchCounter++ % stretches);
    const last = first + size - 1;
    if (!taken.some((port) => port >= first && port <= last)) return { first, last };
  }
  throw new Error(`of the ports ${FIRST_STRETCH_PORT}-${LAST_STRETCH_PORT} no ${size} in a row are free`);
}

let stretchCounter = randomInt(1000);
