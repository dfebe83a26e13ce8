import type { Participant, ParticipantId, Roster } from '../rooms/roster.js';
import type { UserStore } from '../rooms/user.js';
import type { Language } from './speaker.js';

/** The language each participant is spoken to in, looked up when it is needed first and kept while they are there. */
export class ParticipantLanguages {
  readonly #users: Pick<UserStore, 'findByName'>;
  readonly #known = new Map<ParticipantId, Promise<Language | undefined>>();
  readonly #roster: Pick<Roster, 'find'>;
  readonly #unsubscribe: () => void;

  constructor(options: { roster: Pick<Roster, 'events' | 'find'>; users: Pick<UserStore, 'findByName'> }) {
    this.#users = options.users;
    this.#roster = options.roster;
    this.#unsubscribe = options.roster.events.on('participant.left', ({ participant: { id } }) => {
      this.#known.delete(id);
    });
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Undefined for the default, which those are spoken to in who have no account. */
  async of({ id, user }: Participant): Promise<Language | undefined> {
    if (user === undefined || this.#roster.find(id) === undefined) return undefined;
    const known = this.#known.get(id) ?? this.#look(user);
    this.#known.set(id, known);
    return known;
  }

  async #look(name: string): Promise<Language | undefined> {
    // In the default language one is understood better than in silence.
    const user = await this.#users.findByName(name).catch(() => undefined);
    return user?.language;
  }
}
