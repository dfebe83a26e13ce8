import { RoomlineError } from '../errors.js';
import type { Room } from '../rooms/room.js';
import { Leg, type LegOptions } from './leg.js';

export type FocusOptions = Pick<
  LegOptions,
  'media' | 'roster' | 'log' | 'minSessionSeconds' | 'optionsIntervalMs' | 'optionsTimeoutMs'
> & { maxParticipants: number };

/** The signalling centre of one live room (RFC 4353): made with its first leg, gone with its last; owns its legs. */
export class Focus {
  readonly room: Room;
  readonly #options: FocusOptions;
  readonly #legs = new Map<string, Leg>();
  readonly #onLegEnded: LegOptions['onEnded'];

  constructor(room: Room, options: FocusOptions, onLegEnded: LegOptions['onEnded']) {
    this.room = room;
    this.#options = options;
    this.#onLegEnded = onLegEnded;
  }

  get size(): number {
    return this.#legs.size;
  }

  /**
   * Makes the leg of a caller who may enter; those still being answered count too.
   * @throws RoomlineError `full`
   */
  add(caller: Pick<LegOptions, 'id' | 'invite' | 'user' | 'device' | 'role'>): Leg {
    const { maxParticipants, ...options } = this.#options;
    const { room } = this;
    if (this.#legs.size >= maxParticipants) {
      throw new RoomlineError('full', `room ${room.number} already has ${maxParticipants} participants`);
    }
    const callId = caller.invite.header('call-id');
    const log = options.log.child({ room: room.number, leg: caller.id, callId });
    const onEnded: LegOptions['onEnded'] = (ended, closed) => {
      this.#legs.delete(ended.id);
      this.#onLegEnded(ended, closed);
    };
    const leg = new Leg({ ...options, ...caller, room, log, onEnded });
    this.#legs.set(leg.id, leg);
    return leg;
  }
}
