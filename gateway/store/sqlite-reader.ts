import Libsql from 'libsql';

type Statement = ReturnType<Libsql.Database['prepare']>;

/**
 * A connection of its own for the selects every request needs. Reads do not wait in line behind a transaction,
 * and a select is prepared once instead of every time: with joins, that and building its text took five times as
 * long as the select itself. What it reads is what has been committed, by whichever connection.
 */
export class SqliteReader {
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Statement>();

  constructor(file: string, busyTimeoutMs: number) {
    this.#connection = new Libsql(file);
    this.#connection.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
    this.#connection.exec('pragma query_only = on');
  }

  /** @param sql one of a few texts fixed in the code: each is kept for good. */
  select(sql: string, bindings: readonly (string | number)[]): unknown[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    try {
      return statement.all([...bindings]);
    } catch (error) {
      // It may be left half done, and cannot be reset.
      this.#statements.delete(sql);
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}
