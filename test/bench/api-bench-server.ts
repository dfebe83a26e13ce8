/** The benchmark's server process: the API, or the bare handler it is compared with. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import Koa from 'koa';
import { startApiServer } from '../api/api-server.js';
import type { ServerCpu, ServerReady } from './api-bench.js';

async function startBare(api: Awaited<ReturnType<typeof startApiServer>>): Promise<Server> {
  const app = new Koa();
  app.use(async (ctx) => {
    // The store's smallest query: one row of one table by its unique key.
    ctx.body = { exists: await api.store.groups.exists('engineering') };
  });
  const callback = app.callback();
  const server = createServer((request, response) => void callback(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const api = await startApiServer();
const bare = process.argv[2] === 'bare' ? await startBare(api) : undefined;
const address = bare?.address();
const port = address !== null && typeof address === 'object' ? address.port : Number(new URL(api.url).port);
const ready: ServerReady = { port, token: await api.login('alice') };

process.on('message', async (message) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    const answer: ServerCpu = { cpuMicroseconds: user + system };
    process.send?.(answer);
  } else if (message === 'stop') {
    bare?.closeAllConnections();
    bare?.close();
    await api.close();
    process.disconnect();
  }
});
process.send?.(ready);
