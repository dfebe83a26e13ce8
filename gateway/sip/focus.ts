import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { moderates } from '../rooms/admission.js';
import type { Room } from '../rooms/room.js';
import type { ParticipantRole, Roster } from '../rooms/roster.js';
import { Leg, type LegOptions } from './leg.js';

export interface FocusOptions {
  roster: Roster;
  log: Log;
  maxParticipants: number;
}

/** Who is to be in the room, by which call. */
export type Entrant = Pick<
  LegOptions,
  'call' | 'identity' | 'device' | 'role' | 'language' | 'onAnswered' | 'beforeEntering'
>;

/** Why nobody gets in now. */
export type Barrier = 'full' | 'locked';

/** The signalling centre of one live room (RFC 4353): made with its first leg, gone with its last; owns its legs. */
export class Focus {
  readonly room: Room;
  readonly #options: FocusOptions;
  readonly #legs = new Map<string, Leg>();
  /** Legs that have one of the room's places: all but those that ring or are asked whether they join. */
  readonly #seated = new Set<Leg>();
  readonly #onLegEnded: (leg: Leg) => void;

  constructor(room: Room, options: FocusOptions, onLegEnded: (leg: Leg) => void) {
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

  barrier(role: ParticipantRole): Barrier | undefined {
    // A locked room takes only moderators and the owner.
    if (this.#options.roster.isLocked(this.room.number) && !moderates(role)) return 'locked';
    return this.#seated.size < this.#options.maxParticipants ? undefined : 'full';
  }

  /** @throws RoomlineError `full`, `forbidden` (code `locked`) */
  assertEnterable(role: ParticipantRole): void {
    const barrier = this.barrier(role);
    if (barrier !== undefined) throw barred(this.room, barrier, this.#options.maxParticipants);
  }

  /**
   * Makes the leg of one who may enter. Who dialled in has a place from here on, who is rung from when they enter.
   * @throws RoomlineError `full`, `forbidden` (code `locked`)
   */
  add(entrant: Entrant): Leg {
    const { roster, log } = this.#options;
    const { room } = this;
    const { id, origin } = entrant.call;
    const { callId } = origin;
    const dialledIn = origin.dialled === 'in';
    if (dialledIn) this.assertEnterable(entrant.role);
    const leg = new Leg({
      ...entrant,
      room,
      roster,
      log: log.child({ room: room.number, leg: id, ...(callId === undefined ? {} : { callId }) }),
      onEntering: (entering) => {
        this.assertEnterable(entering.role);
        this.#seated.add(entering);
      },
    });
    this.#legs.set(id, leg);
    if (dialledIn) this.#seated.add(leg);
    entrant.call.events.on('ended', () => {
      this.#legs.delete(id);
      this.#seated.delete(leg);
      this.#onLegEnded(leg);
    });
    return leg;
  }
}

function barred({ number }: Room, barrier: Barrier, maxParticipants: number): RoomlineError {
  if (barrier === 'full')
    return new RoomlineError('full', `room ${number} already has ${maxParticipants} participants`);
  return new RoomlineError('forbidden', `room ${number} is locked: a moderator can unlock it`, { code: 'locked' });
}
