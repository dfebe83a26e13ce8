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
