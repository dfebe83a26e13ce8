import { type AccessEvents, createAccessEvents } from '../../gateway/rooms/access-events.js';
import { type Administration, createAdministration } from '../../gateway/rooms/administration.js';
import type { Store } from '../../gateway/store/store.js';

export const ROOMS = {
  groupNumbers: { from: 2000, to: 2019 },
  temporaryNumbers: { from: 100_000, to: 199_999 },
  exclusiveNumbers: { from: 8000, to: 8999 },
  quarantineSeconds: 3600,
};

/** Administration of a store, and every event it tells of. */
export function toldAdministration(store: Store): { administration: Administration; told: unknown[][] } {
  const told: unknown[][] = [];
  const events = createAccessEvents();
  events.onAny((name: keyof AccessEvents, event) => void told.push([name, event]));
  const languages = async () => ['en', 'zh'];
  return {
    told,
    administration: createAdministration({ store: store.administration, events, languages, rooms: ROOMS }),
  };
}
