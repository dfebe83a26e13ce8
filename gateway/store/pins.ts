import type { PinStore } from '../rooms/pins.js';
import type { Database } from './database.js';
import { QUARANTINED } from './quarantine.js';

export function createPinStore(database: Database): PinStore {
  return {
    async put(number, hash, now) {
      const changed = await database.write<number>((transaction) =>
        transaction('rooms')
          .where({ number })
          .andWhereNot('kind', QUARANTINED)
          .update({
            pin_hash: hash,
            pin_version: transaction.raw('case when pin_version >= ? then pin_version + 1 else ? end', [
              now.getTime(),
              now.getTime(),
            ]),
          }),
      );
      return changed > 0;
    },

    async remove(number) {
      const changed = await database.write<number>((transaction) =>
        transaction('rooms').where({ number }).whereNotNull('pin_hash').update({ pin_hash: null }),
      );
      return changed > 0;
    },

    async find(number) {
      const [row] = await database.select<{ hash: string; version: number }>(
        'select pin_hash as hash, pin_version as version from rooms where number = ? and pin_hash is not null',
        [number],
      );
      return row === undefined ? undefined : { hash: row.hash, version: row.version };
    },
  };
}
