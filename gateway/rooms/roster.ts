import { EventBus } from '../events.js';
import type { Invitation } from './invitations.js';
import type { RoomNumber } from './room.js';

export type ParticipantId = string;
export type Device = 'softphone' | 'desk-phone' | 'outside-line';
export type ParticipantRole = 'owner' | 'moderator' | 'speaker' | 'listener';

export interface Participant {
  readonly id: ParticipantId;
  /** The user's name; absent for a guest. */
  readonly user?: string;
  readonly name: string;
  readonly device: Device;
  readonly muted: boolean;
  readonly talking: boolean;
  /** True while the participant's phone has the room on hold. */
  readonly held: boolean;
  readonly role: ParticipantRole;
  /** Asks for the floor. */
  readonly handRaised: boolean;
  readonly joinedAt: Date;
}

/** Why a participant is no longer in the room. */
export type LeaveCause = 'left' | 'removed' | 'unreachable' | 'media-lost' | 'expired' | 'shutdown' | 'failed';

export type RosterEvents = {
  'participant.joined': { room: RoomNumber; participant: Participant };
  'participant.updated': { room: RoomNumber; participant: Participant };
  'participant.left': { room: RoomNumber; participant: Participant; cause: LeaveCause };
  'participant.digit': { room: RoomNumber; participantId: ParticipantId; digit: string; durationMs: number };
  /** An invitation into the room is in another state now; `afterEnd` when nobody sees to it here: it has ended before. */
  'invitation.updated': { room: RoomNumber; invitation: Invitation; afterEnd?: true };
  /** A live room was locked or unlocked: only moderators and the owner enter a locked one. */
  'room.locked': { room: RoomNumber; locked: boolean };
  'room.started': { room: RoomNumber };
  'room.ended': { room: RoomNumber };
};

/** Who is in which room right now. Holds no one who is not there, and no room without participants. */
export class Roster {
  readonly events: EventBus<RosterEvents>;
  readonly #rooms = new Map<RoomNumber, Map<ParticipantId, Participant>>();
  readonly #roomOf = new Map<ParticipantId, RoomNumber>();
  /** How many participants of a room are one person, as `personKey` says. */
  readonly #people = new Map<RoomNumber, Map<string, number>>();
  readonly #locked = new Set<RoomNumber>();

  constructor(events: EventBus<RosterEvents> = new EventBus()) {
    this.events = events;
  }

  join(room: RoomNumber, participant: Participant): void {
    const started = !this.#rooms.has(room);
    const participants = this.#rooms.get(room) ?? new Map<ParticipantId, Participant>();
    this.#rooms.set(room, participants);
    participants.set(participant.id, participant);
    this.#roomOf.set(participant.id, room);
    this.#countPerson(room, participant, 1);
    if (started) this.events.emit('room.started', { room });
    this.events.emit('participant.joined', { room, participant });
  }

  /** Changes what is shown of a participant; nothing when they are gone or nothing differs. */
  update(
    id: ParticipantId,
    change: Partial<Pick<Participant, 'muted' | 'talking' | 'held' | 'role' | 'name' | 'handRaised'>>,
  ): void {
    const room = this.#roomOf.get(id);
    const before = room === undefined ? undefined : this.#rooms.get(room)?.get(id);
    if (room === undefined || before === undefined) return;
    const participant = { ...before, ...change };
    const same = (Object.keys(change) as (keyof typeof change)[]).every((key) => before[key] === participant[key]);
    if (same) return;
    this.#rooms.get(room)?.set(id, participant);
    this.#countPerson(room, before, -1);
    this.#countPerson(room, participant, 1);
    this.events.emit('participant.updated', { room, participant });
  }

  digit(id: ParticipantId, digit: string, durationMs: number): void {
    const room = this.#roomOf.get(id);
    if (room !== undefined) this.events.emit('participant.digit', { room, participantId: id, digit, durationMs });
  }

  leave(id: ParticipantId, cause: LeaveCause): void {
    const room = this.#roomOf.get(id);
    const participants = room === undefined ? undefined : this.#rooms.get(room);
    const participant = participants?.get(id);
    if (room === undefined || participants === undefined || participant === undefined) return;
    participants.delete(id);
    this.#roomOf.delete(id);
    this.#countPerson(room, participant, -1);
    if (participants.size === 0) this.#rooms.delete(room);
    this.events.emit('participant.left', { room, participant: { ...participant, talking: false }, cause });
    if (participants.size > 0) return;
    if (this.#locked.delete(room)) this.events.emit('room.locked', { room, locked: false });
    this.events.emit('room.ended', { room });
  }

  /** Notes that a room was locked or unlocked; one nobody is in is not locked. */
  setLocked(room: RoomNumber, locked: boolean): void {
    if (this.#locked.has(room) === locked || !this.#rooms.has(room)) return;
    if (locked) this.#locked.add(room);
    else this.#locked.delete(room);
    this.events.emit('room.locked', { room, locked });
  }

  isLocked(room: RoomNumber): boolean {
    return this.#locked.has(room);
  }

  /** The rooms with someone in them. */
  rooms(): RoomNumber[] {
    return [...this.#rooms.keys()];
  }

  participants(room: RoomNumber): Participant[] {
    return [...(this.#rooms.get(room)?.values() ?? [])];
  }

  /** Whether somebody is in a room, by whichever of their devices. */
  isIn(room: RoomNumber, person: Pick<Participant, 'user' | 'name' | 'device'>): boolean {
    return this.#people.get(room)?.has(personKey(person)) ?? false;
  }

  countIn(room: RoomNumber): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  find(id: ParticipantId): { room: RoomNumber; participant: Participant } | undefined {
    const room = this.#roomOf.get(id);
    const participant = room === undefined ? undefined : this.#rooms.get(room)?.get(id);
    return room === undefined || participant === undefined ? undefined : { room, participant };
  }

  #countPerson(room: RoomNumber, participant: Participant, change: 1 | -1): void {
    const people = this.#people.get(room) ?? new Map<string, number>();
    const key = personKey(participant);
    const count = (people.get(key) ?? 0) + change;
    if (count > 0) people.set(key, count);
    else people.delete(key);
    if (people.size > 0) this.#people.set(room, people);
    else this.#people.delete(room);
  }

  get roomCount(): number {
    return this.#rooms.size;
  }

  get participantCount(): number {
    return this.#roomOf.size;
  }
}

/** Who is no user is told by device and name, such as an outside line by its number. */
function personKey({ user, name, device }: Pick<Participant, 'user' | 'name' | 'device'>): string {
  return user === undefined ? `${device} ${name}` : `user ${user}`;
}

/** What the API asks of a live room; the focus does it. */
export interface LiveRooms {
  /**
   * Mutes or unmutes a participant at the mixer.
   * @throws RoomlineError `not-found` when they are gone, `forbidden` to unmute a listener.
   */
  setMuted(id: ParticipantId, muted: boolean): Promise<void>;
  /**
   * Gives a participant another role while they are in the room. A listener is muted for as long as they are one.
   * @throws RoomlineError `not-found` when they are gone.
   */
  setRole(id: ParticipantId, role: ParticipantRole): Promise<void>;
  /** @throws RoomlineError `not-found` when they are gone. */
  setHandRaised(id: ParticipantId, raised: boolean): Promise<void>;
  /** Mutes everybody in a room but its moderators and its owner; returns how many were heard before. */
  muteAll(room: RoomNumber): Promise<number>;
  /**
   * Lets nobody enter but moderators and the owner, until it is unlocked or the last has left.
   * @throws RoomlineError `not-found` for a room with nobody in it.
   */
  setLocked(room: RoomNumber, locked: boolean): Promise<void>;
  /** Sends a participant out of the room. @throws RoomlineError `not-found` when they are gone. */
  remove(id: ParticipantId): Promise<void>;
}
