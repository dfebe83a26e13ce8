import type { TallySource } from '../tally.js';

const PLACES = ['lobby', 'confirmation'] as const;
type Place = (typeof PLACES)[number];

/** How many callers are told and asked something before they are in a room. */
export class IvrCalls implements TallySource {
  readonly kind = 'gauge';
  readonly name = 'roomline_ivr_calls';
  readonly help = 'Calls that are in no room yet, by where they are.';
  readonly label = 'where';
  readonly #calls = new Map<string, number>(PLACES.map((place) => [place, 0]));

  /** The same, counted from its call to its end. */
  counting<Args extends unknown[], Result>(
    place: Place,
    work: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      this.#add(place, 1);
      try {
        return await work(...args);
      } finally {
        this.#add(place, -1);
      }
    };
  }

  read(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  #add(place: Place, change: 1 | -1): void {
    this.#calls.set(place, (this.#calls.get(place) ?? 0) + change);
  }
}
