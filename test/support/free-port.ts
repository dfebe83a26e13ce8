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

/** Whether a program of this machine has the port, for UDP or TCP. */
export function listens(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return ['udp', 'tcp'].some((protocol) => readFileSync(`/proc/net/${protocol}`, 'utf8').includes(wanted));
}

/** What test gateways share: on loopback each claims a part of it for itself. */
export const GATEWAY_RTP_PORTS = '12000-31999';

const FIRST_STRETCH_PORT = 2000;
const LAST_STRETCH_PORT = 9999;

/** Ports for a program that takes all it needs from one range: below those of gateways, and another's by chance only. */
export function portStretch(size: number): { first: number; last: number } {
  const stretches = Math.floor((LAST_STRETCH_PORT - FIRST_STRETCH_PORT + 1) / size);
  const first = FIRST_STRETCH_PORT + size * (stretchCounter++ % stretches);
  return { first, last: first + size - 1 };
}

let stretchCounter = randomInt(1000);
