import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Above those the system gives out itself, so that nobody is given one between the look and the bind. */
const FIRST_FREE_PORT = 63_000;
const FREE_PORTS = 2_500;

/** A port that is free for UDP and TCP now, for programs that cannot be told to take any. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < FREE_PORTS; tries++) {
    const port = FIRST_FREE_PORT + (freePortCounter++ % FREE_PORTS);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`no port from ${FIRST_FREE_PORT} on is free on ${host}`);
}

let freePortCounter = randomInt(FREE_PORTS);

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  const free = await Promise.all([
    succeeds(server, () => server.listen(port, host)),
    succeeds(socket, () => socket.bind(port, host)),
  ]);
  await new Promise((resolve) => socket.close(() => resolve(undefined)));
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  return !free.includes(false);
}

function succeeds(listener: EventEmitter, bind: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    listener.once('error', () => resolve(false)).once('listening', () => resolve(true));
    bind();
  });
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
