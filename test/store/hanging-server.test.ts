import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { planConnection } from '../../gateway/store/connection.js';
import { Database } from '../../gateway/store/database.js';
import { forEachDatabase } from '../support/databases.js';
import { silentLog } from '../support/silent-log.js';

/** Where the database is to answer, it does sooner, on a busy machine too. */
const ANSWER_TIMEOUT_MS = 3000;

/** A network that can swallow what is sent over it. */
class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #swallows = false;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.#carry(near, far);
      this.#carry(far, near);
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  swallow(swallows: boolean): void {
    this.#swallows = swallows;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (data) => void (this.#swallows || to.write(data)));
    from.on('error', () => {});
    from.on('close', () => to.destroy());
  }
}

forEachDatabase('a database that hangs', (database) => {
  // SQLite is no server.
  const onMysql = database.dialect === 'mysql' ? it : () => undefined;
  onMysql('is said not to answer, in and outside of transactions, until it does again', async () => {
    const url = new URL(database.url);
    const network = new Network(Number(url.port));
    url.port = String(await network.open());
    const reached = new Database(planConnection(url.href, tmpdir()), 2, silentLog, ANSWER_TIMEOUT_MS);
    const unanswered = { kind: 'unavailable', code: 'database-unavailable' };
    try {
      await reached.read(async (queries) => {
        await queries.raw('select 1');
      });
      network.swallow(true);
      await assert.rejects(reached.select('select 1', []), unanswered);
      network.swallow(false);
      const amid = reached.write(async (transaction) => {
        await transaction.raw('select 1');
        network.swallow(true);
        await transaction.raw('select 1');
      });
      await assert.rejects(amid, unanswered);
      network.swallow(false);
      assert.equal((await reached.select('select 1', [])).length, 1);
    } finally {
      await reached.close();
      network.close();
    }
  });
});
