import { createRequire } from 'node:module';
import type { Knex } from 'knex';

interface Connection {
  destroy(): void;
}

interface Statement {
  options?: object;
}

/** What is used here of knex's own class. */
type Client = new (config: Knex.Config) => { _query(connection: Connection, statement: Statement): Promise<Statement> };

const require = createRequire(import.meta.url);
const Mysql2Client: Client = require('knex/lib/dialects/mysql2/index.js');

/** The driver's code for a statement that got no answer in time. */
export const NO_ANSWER = 'PROTOCOL_SEQUENCE_TIMEOUT';

/**
 * knex's mysql2 client with a deadline for each statement: of a server that hangs, or a network that swallows what is
 * sent, a connection says nothing for a quarter of an hour. One that missed it is of no more use.
 */
export function mysqlClient(answerTimeoutMs: number): typeof Knex.Client {
  const given = { timeout: answerTimeoutMs };
  const lost = new WeakMap<Connection, unknown>();
  class DeadlineClient extends Mysql2Client {
    override async _query(connection: Connection, statement: Statement): Promise<Statement> {
      // The ROLLBACK of what was under way.
      if (lost.has(connection)) throw lost.get(connection);
      statement.options = { ...given, ...statement.options };
      try {
        return await super._query(connection, statement);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === NO_ANSWER) {
          lost.set(connection, error);
          connection.destroy();
        }
        throw error;
      }
    }
  }
  return DeadlineClient as unknown as typeof Knex.Client;
}
