import { type AddressInfo, createServer, type Server } from 'node:net';
import { App, type AppHooks } from './app.js';
import type { Apps } from './apps.js';

const MAX_APPS = 64;

/** The admin port: on loopback only, since whoever knows the secret commands all calls. */
export class AdminServer {
  readonly #server: Server;
  readonly #apps: Apps;

  private constructor(server: Server, apps: Apps) {
    this.#server = server;
    this.#apps = apps;
  }

  static async open(port: number, apps: Apps, hooks: AppHooks): Promise<AdminServer> {
    const server = createServer((socket) => apps.add(new App(socket, hooks)));
    server.maxConnections = MAX_APPS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new AdminServer(server, apps);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#apps.closeAll();
    await closed;
  }
}
