import { RoomlineError } from '../errors.js';
import type { Room } from '../rooms/room.js';
import { Leg, type LegOptions } from './leg.js';

export type FocusOptions = Pick<
  LegOptions,
  'media' | 'roster' | 'log' | 'minSessionSeconds' | 'optionsIntervalMs' | 'optionsTimeoutMs'
> & { maxParticipants: number };

/** Who is to be in the room, and how they get there. */
export type Entrant = Pick<LegOptions, 'id' | 'origin' | 'identity' | 'device' | 'role'>;

/** The signalling centre of one live room (RFC 4353): made with its first leg, gone with its last; owns its legs. */
export class Focus {
  readonly room: Room;
  readonly #options: FocusOptions;
  readonly #legs = new Map<string, Leg>();
  /** Legs that have one of the room's places: all but those that ring. */
  readonly #seated = new Set<Leg>();
  readonly #onLegEnded: LegOptions['onEnded'];

  constructor(room: Room, options: FocusOptions, onLegEnded: LegOptions['onEnded']) {
    this.room = room;
    this.#options = options;
    this.#onLegEnded = onLegEnded;
  }

  get size(): number {
    return this.#legs.size;
  }

  get legs(): Iterable<Leg> {
    return this.#legs.values();
  }

  /**
   * Makes the leg of one who may enter. Who dialled in has a place from here on, who is rung from their answer on.
   * @throws RoomlineError `full`
   */
  add(entrant: Entrant): Leg {
    const { maxParticipants, ...options } = this.#options;
    const { room } = this;
    const { callId } = entrant.origin;
    const dialledIn = entrant.origin.dialled === 'in';
    if (dialledIn) this.#assertPlace();
    const log = options.log.child({ room: room.number, leg: entrant.id, ...(callId === undefined ? {} : { callId }) });
    const leg = new Leg({
      ...options,
      ...entrant,
      room,
      log,
      onAnswering: (answered) => {
        this.#assertPlace();
        this.#seated.add(answered);
      },
      onEnded: (ended, closed) => {
        this.#legs.delete(ended.id);
        this.#seated.delete(ended);
        this.#onLegEnded(ended, closed);
      },
    });
    this.#legs.set(leg.id, leg);
    if (dialledIn) this.#seated.add(leg);
    return leg;
  }

  #assertPlace(): void {
    const { maxParticipants } = this.#options;
    if (this.#seated.size < maxParticipants) return;
    throw new RoomlineError('full', `room ${this.room.number} already has ${maxParticipants} participants`);
  }
}
