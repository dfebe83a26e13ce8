import type { SpokenLanguages } from '../rooms/spoken-languages.js';
import type { Database } from './database.js';

export function createSpokenLanguages(database: Database): SpokenLanguages {
  return {
    async list() {
      const rows = await database.select<{ tag: string }>('select tag from spoken_languages order by tag', []);
      return rows.map(({ tag }) => tag);
    },

    replace(tags) {
      return database.write(async (transaction) => {
        await transaction('spoken_languages')
          .whereNotIn('tag', [...tags])
          .delete();
        for (const tag of tags) await transaction('spoken_languages').insert({ tag }).onConflict('tag').ignore();
      });
    },
  };
}
