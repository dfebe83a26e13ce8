import { createSocket } from 'node:dgram';
import { once } from 'node:events';
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

/** A stretch of `size` ports below the system's own (32768), unlikely to be another test's. */
export function portStretch(size: number): { first: number; last: number } {
  const stretches = Math.floor((32_000 - 12_000) / size);
  const first = 12_000 + size * (stretchCounter++ % stretches);
  return { first, last: first + size - 1 };
}

let stretchCounter = Math.floor(Math.random() * 1000);
