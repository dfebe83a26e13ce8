import type { Knex } from 'knex';
import type { Log } from '../log.js';

/** knex writes to the console unless told otherwise; what fails is thrown too, and logged where it is caught. */
export function knexLog(log: Log): Knex.Logger {
  const say = (message: unknown) => log.debug({ knex: message }, 'knex');
  return { warn: say, error: say, deprecate: say, debug: say };
}
