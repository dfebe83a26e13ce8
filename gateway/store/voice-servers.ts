import type { VoiceServerBeat, VoiceServerRegistry } from '../rooms/voice-servers.js';
import type { Database } from './database.js';

export function createVoiceServerRegistry(database: Database): VoiceServerRegistry {
  return {
    beat({ id, url, draining }, now) {
      return database.write(async (transaction) => {
        await transaction('voice_servers')
          .insert({ id, url, heartbeat_at_ms: now.getTime(), draining: draining ? 1 : 0 })
          .onConflict('id')
          .merge();
      });
    },

    async ready(since) {
      const rows = await database.select<Pick<VoiceServerBeat, 'id' | 'url'>>(
        'select id, url from voice_servers where draining = 0 and heartbeat_at_ms >= ? order by heartbeat_at_ms desc, id',
        [since.getTime()],
      );
      return rows.map(({ id, url }) => ({ id, url, draining: false }));
    },

    leave(id) {
      return database.write(async (transaction) => {
        await transaction('voice_servers').where({ id }).delete();
      });
    },

    purge(before) {
      return database.write<number>((transaction) =>
        transaction('voice_servers').where('heartbeat_at_ms', '<', before.getTime()).delete(),
      );
    },
  };
}
