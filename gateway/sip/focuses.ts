import { RoomlineError } from '../errors.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { LeaveCause, LiveRooms } from '../rooms/roster.js';
import { Focus, type FocusOptions } from './focus.js';
import type { Leg, LegOptions } from './leg.js';

/** All live rooms: gives a call to its room's focus, and what media says to the leg it is about. */
export class Focuses implements LiveRooms {
  readonly #options: FocusOptions;
  readonly #focuses = new Map<RoomNumber, Focus>();
  readonly #legs = new Map<string, Leg>();
  /** How many legs each caller has, by user and address. */
  readonly #callers = new Map<string, number>();
  readonly #unsubscribe: (() => void)[];
  /** Legs that left their room and still say BYE or close their media. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: FocusOptions) {
    this.#options = options;
    const { roster, media } = options;
    this.#unsubscribe = [
      media.events.on('talking', ({ leg, talking }) => roster.update(leg, { talking })),
      media.events.on('digit', ({ leg, digit, durationMs }) => roster.digit(leg, digit, durationMs)),
      media.events.on('idle', ({ leg, idle }) => this.#legs.get(leg)?.setIdle(idle)),
      media.events.on('lost', ({ leg }) => void this.#legs.get(leg)?.end('media-lost')),
    ];
  }

  /** @throws RoomlineError `full` */
  add(room: Room, caller: Pick<LegOptions, 'id' | 'invite' | 'user' | 'device' | 'role'>): Leg {
    const focus = this.#focuses.get(room.number) ?? this.#open(room);
    const leg = focus.add(caller);
    this.#focuses.set(room.number, focus);
    this.#legs.set(leg.id, leg);
    this.#count(leg, 1);
    return leg;
  }

  async setMuted(id: string, muted: boolean): Promise<void> {
    this.#joined(id).setMuted(muted);
  }

  async remove(id: string): Promise<void> {
    // They are out of the room at once; the answer to the BYE need not be waited for.
    void this.#joined(id).end('removed');
  }

  /** Whether a user is in a call from where a contact binding points. */
  hasCallFrom(binding: ContactBinding): boolean {
    return this.#callers.has(callerKey(binding.userId, binding.sourceAddress, binding.sourcePort));
  }

  counts(): { legs: number; rooms: number } {
    return { legs: this.#legs.size, rooms: this.#focuses.size };
  }

  /** Ends every call; resolves when all of them are closed, those included that ended before. */
  async endAll(cause: LeaveCause): Promise<void> {
    for (const leg of [...this.#legs.values()]) void leg.end(cause);
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #joined(id: string): Leg {
    const leg = this.#legs.get(id);
    if (leg?.state === 'joined') return leg;
    throw new RoomlineError('not-found', `no participant ${id} is in a room`, { code: 'participant-not-found' });
  }

  #count({ user, source }: Leg, change: 1 | -1): void {
    const key = callerKey(user.id, source.address, source.port);
    const count = (this.#callers.get(key) ?? 0) + change;
    if (count > 0) this.#callers.set(key, count);
    else this.#callers.delete(key);
  }

  #open(room: Room): Focus {
    const focus = new Focus(room, this.#options, (leg, closed) => {
      this.#legs.delete(leg.id);
      this.#count(leg, -1);
      this.#closing.add(closed);
      void closed.then(() => this.#closing.delete(closed));
      if (focus.size === 0) this.#focuses.delete(room.number);
    });
    return focus;
  }
}

function callerKey(userId: string, address: string, port: number): string {
  return `${userId} ${address} ${port}`;
}
