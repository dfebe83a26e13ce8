import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config.js';
import { whereTaken } from './where-taken.js';

type PortSettings = Pick<Config, 'host' | 'http' | 'sip' | 'role'>;

/** What an error says of the port that is in the way. */
export function httpPlace({ host, http }: Pick<PortSettings, 'host' | 'http'>) {
  return { what: `HTTP port ${http.port}`, variable: 'ROOMLINE_HTTP_PORT', host };
}

export function sipPlace({ host, sip }: Pick<PortSettings, 'host' | 'sip'>) {
  return { what: `SIP port ${sip.port}`, variable: 'ROOMLINE_SIP_PORT', host };
}

/**
 * Looks whether the ports are free before anything is started, so that nothing is started in vain. Whoever takes one
 * after that is met where the port is opened.
 * @throws ConfigError naming the port that is taken, and its setting.
 */
export async function requireFreePorts(config: PortSettings): Promise<void> {
  const { host, http, role, sip } = config;
  await whereTaken(httpPlace(config), () => tryTcp(host, http.port));
  if (role === 'directory' || sip.drachtio !== null) return;
  await whereTaken(sipPlace(config), async () => {
    await tryTcp(host, sip.port);
    await tryUdp(host, sip.port);
  });
}

async function tryTcp(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

async function tryUdp(address: string, port: number): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
  } finally {
    socket.close();
  }
}
