import { RoomlineError } from '../errors.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { LeaveCause, LiveRooms, ParticipantRole } from '../rooms/roster.js';
import { type Entrant, Focus, type FocusOptions } from './focus.js';
import { identityId } from './identity.js';
import type { Leg } from './leg.js';

/** All live rooms: gives a call to its room's focus, and what media says to the leg it is about. */
export class Focuses implements LiveRooms {
  readonly #options: FocusOptions;
  readonly #focuses = new Map<RoomNumber, Focus>();
  readonly #legs = new Map<string, Leg>();
  /** How many legs there are to each phone, by user and address. */
  readonly #phones = new Map<string, number>();
  /** Each user's or guest's legs, by id. */
  readonly #legsOf = new Map<string, Set<Leg>>();
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
  add(room: Room, entrant: Entrant): Leg {
    const focus = this.#focuses.get(room.number) ?? this.#open(room);
    const leg = focus.add(entrant);
    this.#focuses.set(room.number, focus);
    this.#legs.set(leg.id, leg);
    this.#index(leg);
    return leg;
  }

  /** The legs in a room, also those that ring or are being answered. */
  legsIn(room: RoomNumber): Leg[] {
    return [...(this.#focuses.get(room)?.legs ?? [])];
  }

  /** The legs of a user, in whichever room. */
  legsOf(userId: string): Leg[] {
    return [...(this.#legsOf.get(userId) ?? [])];
  }

  async setMuted(id: string, muted: boolean): Promise<void> {
    this.#joined(id).setMuted(muted);
  }

  async setRole(id: string, role: ParticipantRole): Promise<void> {
    this.#joined(id).setRole(role);
  }

  async remove(id: string): Promise<void> {
    // They are out of the room at once; the answer to the BYE need not be waited for.
    void this.#joined(id).end('removed');
  }

  /** Whether a user is in a call from where a contact binding points. */
  hasCallFrom(binding: ContactBinding): boolean {
    return this.#phones.has(phoneKey(binding.userId, binding.sourceAddress, binding.sourcePort));
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

  #index(leg: Leg): void {
    const id = identityId(leg.identity);
    const legs = this.#legsOf.get(id) ?? new Set();
    this.#legsOf.set(id, legs.add(leg));
    const key = phoneKeyOf(leg);
    this.#phones.set(key, (this.#phones.get(key) ?? 0) + 1);
  }

  #unindex(leg: Leg): void {
    const id = identityId(leg.identity);
    const legs = this.#legsOf.get(id);
    legs?.delete(leg);
    if (legs?.size === 0) this.#legsOf.delete(id);
    const key = phoneKeyOf(leg);
    const count = (this.#phones.get(key) ?? 0) - 1;
    if (count > 0) this.#phones.set(key, count);
    else this.#phones.delete(key);
  }

  #open(room: Room): Focus {
    const focus = new Focus(room, this.#options, (leg, closed) => {
      this.#legs.delete(leg.id);
      this.#unindex(leg);
      this.#closing.add(closed);
      void closed.then(() => this.#closing.delete(closed));
      if (focus.size === 0) this.#focuses.delete(room.number);
    });
    return focus;
  }
}

function phoneKeyOf({ identity, origin: { source } }: Leg): string {
  return phoneKey(identityId(identity), source.address, source.port);
}

function phoneKey(userId: string, address: string, port: number): string {
  return `${userId} ${address} ${port}`;
}
