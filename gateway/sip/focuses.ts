import { RoomlineError } from '../errors.js';
import type { Media } from '../media/media.js';
import { moderates } from '../rooms/admission.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { LeaveCause, LiveRooms, ParticipantId, ParticipantRole } from '../rooms/roster.js';
import type { Playback, PlayOptions, Sound } from '../sound.js';
import type { Call } from './call.js';
import { Calls, type CallsOptions, type NewCall } from './calls.js';
import { type Barrier, type Entrant, Focus, type FocusOptions } from './focus.js';
import { identityId } from './identity.js';
import type { Leg } from './leg.js';
import type { RoomVoice } from './room-voice.js';

export type FocusesOptions = FocusOptions & CallsOptions;

/** Who is to be in the room, and how they get there. */
export type NewEntrant = Omit<Entrant, 'call'> & Pick<NewCall, 'id' | 'origin'>;

/** All live rooms: gives a call to its room's focus, and does what is asked of those who are in one. */
export class Focuses implements LiveRooms, RoomVoice {
  readonly #calls: Calls;
  readonly #options: FocusesOptions;
  readonly #media: Media;
  readonly #focuses = new Map<RoomNumber, Focus>();
  readonly #legs = new Map<string, Leg>();
  /** Each user's or guest's legs, by id. */
  readonly #legsOf = new Map<string, Set<Leg>>();
  readonly #unsubscribe: () => void;

  constructor(options: FocusesOptions) {
    const { media } = options;
    this.#options = options;
    this.#media = media;
    this.#calls = new Calls(options);
    this.#unsubscribe = media.events.on('talking', ({ leg, talking }) => this.#legs.get(leg)?.setTalking(talking));
  }

  /** @throws RoomlineError `full`, `forbidden` (code `locked`) */
  add(room: Room, { id, origin, ...entrant }: NewEntrant): Leg {
    const focus = this.#focuses.get(room.number) ?? this.#open(room);
    // Nobody need be told of a call that never was.
    if (origin.dialled === 'in') focus.assertEnterable(entrant.role);
    const log = this.#options.log.child({ room: room.number, leg: id });
    const call = this.#calls.create({ id, origin, ownerId: identityId(entrant.identity), log });
    return this.#enter(focus, { ...entrant, call });
  }

  /** Takes a call that is in no room yet. @throws RoomlineError `full`, `forbidden` (code `locked`) */
  admit(room: Room, entrant: Entrant): Leg {
    return this.#enter(this.#focuses.get(room.number) ?? this.#open(room), entrant);
  }

  /** A call in no room. */
  createCall(call: NewCall): Call {
    return this.#calls.create(call);
  }

  /** Why nobody of this role gets into a room now. */
  barrier(room: Pick<Room, 'number'>, role: ParticipantRole): Barrier | undefined {
    return this.#focuses.get(room.number)?.barrier(role);
  }

  /** The legs in a room, also those that ring or are being answered. */
  legsIn(room: RoomNumber): Leg[] {
    return [...(this.#focuses.get(room)?.legs ?? [])];
  }

  /** The legs of a user, in whichever room. */
  legsOf(userId: string): Leg[] {
    return [...(this.#legsOf.get(userId) ?? [])];
  }

  async setMuted(id: ParticipantId, muted: boolean): Promise<void> {
    this.#joined(id).setMuted(muted);
  }

  async setRole(id: ParticipantId, role: ParticipantRole): Promise<void> {
    this.#joined(id).setRole(role);
  }

  async setHandRaised(id: ParticipantId, raised: boolean): Promise<void> {
    this.#joined(id).setHandRaised(raised);
  }

  async muteAll(room: RoomNumber): Promise<number> {
    const heard = this.#options.roster.participants(room).filter(({ role, muted }) => !moderates(role) && !muted);
    for (const { id } of heard) this.#joined(id).setMuted(true);
    return heard.length;
  }

  async setLocked(room: RoomNumber, locked: boolean): Promise<void> {
    if (this.#options.roster.participants(room).length === 0) {
      throw new RoomlineError('not-found', `nobody is in room ${room}: only a live room can be locked`, {
        code: 'room-not-live',
      });
    }
    this.#options.roster.setLocked(room, locked);
  }

  async remove(id: ParticipantId): Promise<void> {
    // They are out of the room at once; the answer to the BYE need not be waited for.
    void this.#joined(id).end('removed');
  }

  play(id: ParticipantId, sound: Sound, options?: PlayOptions): Playback | undefined {
    const leg = this.#legs.get(id);
    return leg?.state === 'joined' ? leg.play(sound, options) : undefined;
  }

  languageOf(id: ParticipantId): string | undefined {
    return this.#legs.get(id)?.language;
  }

  playInRoom(room: RoomNumber, sound: Sound, except: readonly ParticipantId[] = []): void {
    this.#media.playInRoom(room, sound, except);
  }

  /** Whether a user is in a call from where a contact binding points. */
  hasCallFrom(binding: ContactBinding): boolean {
    return this.#calls.hasCallFrom(binding);
  }

  /** `legs` are all calls, those included that are in no room yet. */
  counts(): { legs: number; rooms: number } {
    return { legs: this.#calls.size, rooms: this.#focuses.size };
  }

  /** Ends every call; resolves when all of them are closed, those included that ended before. */
  endAll(cause: LeaveCause): Promise<void> {
    return this.#calls.endAll(cause);
  }

  stop(): void {
    this.#calls.stop();
    this.#unsubscribe();
  }

  #joined(id: ParticipantId): Leg {
    const leg = this.#legs.get(id);
    if (leg?.state === 'joined') return leg;
    throw new RoomlineError('not-found', `no participant ${id} is in a room`, { code: 'participant-not-found' });
  }

  #enter(focus: Focus, entrant: Entrant): Leg {
    const leg = focus.add(entrant);
    this.#focuses.set(focus.room.number, focus);
    this.#legs.set(leg.id, leg);
    const id = identityId(leg.identity);
    this.#legsOf.set(id, (this.#legsOf.get(id) ?? new Set()).add(leg));
    return leg;
  }

  #open(room: Room): Focus {
    const focus = new Focus(room, this.#options, (leg) => {
      this.#legs.delete(leg.id);
      this.#unindex(leg);
      if (focus.size === 0) this.#focuses.delete(room.number);
    });
    return focus;
  }

  #unindex(leg: Leg): void {
    const id = identityId(leg.identity);
    const legs = this.#legsOf.get(id);
    legs?.delete(leg);
    if (legs?.size === 0) this.#legsOf.delete(id);
  }
}
