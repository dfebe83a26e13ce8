import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Admission, Guest } from '../rooms/admission.js';
import { isRoomNumber, type Room, type RoomNumber } from '../rooms/room.js';
import type { ParticipantRole } from '../rooms/roster.js';
import { telephoneForLogs } from '../rooms/telephone-number.js';
import type { User } from '../rooms/user.js';
import { type Clock, systemClock } from './clock.js';
import { DigitCollector, type DigitsWanted } from './digit-collector.js';
import type { IvrCall } from './ivr-call.js';
import type { Language, PromptName, Speaker } from './speaker.js';

/** The longest number a room may have, and the longest PIN. */
const MOST_DIGITS = 12;
/** After as many digits as room numbers have, when none follows for this long, that is the number. */
const COMPLETE_MS = 3000;

/** A caller who withholds their number (the word is RFC 3323's). */
const WITHHELD = 'anonymous';

export type LobbyIdentity = { readonly user: User } | { readonly guest: Guest };

/** Who is in the lobby, and what they dialled to get there. */
export interface LobbyCaller {
  /** Who it is, where their phone has shown it: what they may enter needs no PIN. */
  readonly identity?: LobbyIdentity;
  /** The trunk they come from, and their number, empty where it is withheld. */
  readonly outside?: { readonly trunk: string; readonly caller: string };
  readonly language?: Language;
  /** The room that was dialled from outside: nothing but its PIN is asked. */
  readonly room?: Room;
  /** Where the call comes from. */
  readonly sourceAddress: string;
  /** Why nobody of this role gets into a room now; undefined when they do. */
  barrier(room: Room, role: ParticipantRole): 'full' | 'locked' | undefined;
}

/** Where a caller gets from the lobby, and as whom. */
export interface LobbyEntry {
  readonly room: Room;
  readonly identity: LobbyIdentity;
  readonly role: ParticipantRole;
}

export const LOBBY_REFUSALS = [
  'unknown-room',
  'not-allowed',
  'wrong-pin',
  'too-many-tries',
  'locked',
  'full',
  'unavailable',
] as const;
/** Why a caller got no further. */
export type LobbyRefusal = (typeof LOBBY_REFUSALS)[number];

export interface LobbyOptions {
  readonly speaker: Speaker;
  readonly rooms: {
    find(number: RoomNumber): Promise<Room | undefined>;
    /** Undefined when no room has the number. */
    look(number: RoomNumber, identity: LobbyIdentity): Promise<{ room: Room; admission: Admission } | undefined>;
  };
  /** Returns the PIN's version. @throws RoomlineError `forbidden` for a wrong PIN, `too-many` for too many of those. */
  checkPin(number: RoomNumber, pin: string, caller: string): Promise<number>;
  /** How often a caller may try a room number, and a PIN. */
  readonly tries: number;
  readonly digitMs: number;
  /** Lengths that room numbers are handed out in. */
  readonly numberLengths: ReadonlySet<number>;
  readonly log: Log;
  /** Hears of each refusal, to be counted. */
  onRefused(why: LobbyRefusal): void;
  readonly clock?: Clock;
}

/**
 * Asks a caller for a room's number, and for its PIN where they need one. Undefined when they got nowhere, and were
 * told so, or hung up. What is still played when it returns goes on while the call enters the room.
 */
export type Lobby = (call: IvrCall, caller: LobbyCaller) => Promise<LobbyEntry | undefined>;

export function createLobby(options: LobbyOptions): Lobby {
  const { clock = systemClock } = options;
  return async (call, caller) => {
    const keys = new DigitCollector(call, clock);
    try {
      return await new Visit(options, { call, caller, keys }).run();
    } finally {
      keys.close();
    }
  };
}

/** What a caller hears for each refusal. */
const WORDS: Readonly<Record<LobbyRefusal, PromptName>> = {
  'unknown-room': 'lobby-unknown-room',
  'not-allowed': 'lobby-not-allowed',
  'wrong-pin': 'lobby-wrong-pin',
  'too-many-tries': 'lobby-not-allowed',
  locked: 'lobby-locked',
  full: 'lobby-full',
  unavailable: 'lobby-unavailable',
};

/** After these it is no use to try again. */
const FINAL: ReadonlySet<LobbyRefusal> = new Set(['too-many-tries', 'locked', 'full', 'unavailable']);

/** Where a try leads: into a room, to another try, or out. */
type Tried = LobbyEntry | 'again' | 'over';

/** One caller's way through the lobby. */
class Visit {
  readonly #options: LobbyOptions;
  readonly #call: IvrCall;
  readonly #caller: LobbyCaller;
  readonly #keys: DigitCollector;
  readonly #language: Language | undefined;

  constructor(options: LobbyOptions, visit: { call: IvrCall; caller: LobbyCaller; keys: DigitCollector }) {
    const { identity, language } = visit.caller;
    this.#options = options;
    this.#call = visit.call;
    this.#caller = visit.caller;
    this.#keys = visit.keys;
    this.#language = (identity !== undefined && 'user' in identity ? identity.user.language : undefined) ?? language;
  }

  async run(): Promise<LobbyEntry | undefined> {
    await this.#say('lobby-welcome');
    const tried = await this.#tryRooms().catch((error: unknown) => this.#fail(error));
    if (this.#call.ended.aborted) return undefined;
    if (typeof tried !== 'string') {
      this.#call.play(this.#options.speaker.sound('entered'));
      return tried;
    }
    this.#keys.forget();
    await this.#say('goodbye');
    return undefined;
  }

  async #tryRooms(): Promise<Tried> {
    const { room } = this.#caller;
    if (room !== undefined) return room.hasPin ? this.#tryPins(room) : this.#refuse('unknown-room');
    for (let left = this.#options.tries; left > 0; left--) {
      const number = await this.#ask('lobby-enter-room', this.#options.numberLengths);
      if (this.#call.ended.aborted) return 'over';
      // Who says nothing is asked again.
      const tried = number === '' ? 'again' : await this.#tryRoom(number);
      if (tried !== 'again') return tried;
    }
    return 'over';
  }

  async #tryRoom(number: string): Promise<Tried> {
    if (!isRoomNumber(number)) return this.#refuse('unknown-room');
    const { rooms } = this.#options;
    const { identity } = this.#caller;
    if (identity === undefined) {
      // From outside, a room that lets no guests in is as good as none.
      const room = await rooms.find(number);
      return room?.hasPin === true ? this.#tryPins(room) : this.#refuse('unknown-room');
    }
    const found = await rooms.look(number, identity);
    if (found === undefined) return this.#refuse('unknown-room');
    const { room, admission } = found;
    if (admission.admitted) return this.#seat({ room, identity, role: admission.role });
    return room.hasPin ? this.#tryPins(room) : this.#refuse('not-allowed');
  }

  async #tryPins(room: Room): Promise<Tried> {
    for (let left = this.#options.tries; left > 0; left--) {
      const pin = await this.#ask('lobby-enter-pin');
      if (this.#call.ended.aborted) return 'over';
      const tried = pin === '' ? 'again' : await this.#tryPin(room, pin);
      if (tried !== 'again') return tried;
    }
    return 'over';
  }

  async #tryPin({ number }: Room, pin: string): Promise<Tried> {
    const version = await this.#checkPin(number, pin);
    if (typeof version === 'string') return this.#refuse(version);
    const id = randomUUID().replaceAll('-', '');
    const identity = { guest: { id, name: nameOf(this.#caller), room: number, pinVersion: version } };
    const found = await this.#options.rooms.look(number, identity);
    // It ended, or has another PIN, since this very moment.
    if (found?.admission.admitted !== true) return this.#refuse('unknown-room');
    return this.#seat({ room: found.room, identity, role: found.admission.role });
  }

  async #checkPin(number: RoomNumber, pin: string): Promise<number | LobbyRefusal> {
    const { outside, sourceAddress } = this.#caller;
    // All who come over a trunk come from one address, and are not to lock each other out.
    const caller = outside === undefined ? sourceAddress : `trunk ${outside.trunk} ${outside.caller}`;
    try {
      return await this.#options.checkPin(number, pin, caller);
    } catch (error) {
      if (!(error instanceof RoomlineError)) throw error;
      if (error.kind === 'forbidden') return 'wrong-pin';
      if (error.kind === 'too-many') return 'too-many-tries';
      throw error;
    }
  }

  async #seat(entry: LobbyEntry): Promise<Tried> {
    const barrier = this.#caller.barrier(entry.room, entry.role);
    return barrier === undefined ? entry : this.#refuse(barrier);
  }

  async #fail(error: unknown): Promise<'over'> {
    const { log } = this.#options;
    if (error instanceof RoomlineError) log.warn({ kind: error.kind, why: error.message }, 'the lobby cannot look');
    else log.error({ err: error }, 'the lobby failed');
    await this.#refuse('unavailable');
    return 'over';
  }

  /** Says why, counts it, and forgets what was pressed after a number that leads nowhere. */
  async #refuse(why: LobbyRefusal): Promise<'again' | 'over'> {
    const { log, onRefused } = this.#options;
    log.info({ why, ...callerForLogs(this.#caller) }, 'the lobby let a caller no further');
    onRefused(why);
    this.#keys.forget();
    await this.#say(WORDS[why]);
    return FINAL.has(why) ? 'over' : 'again';
  }

  async #ask(prompt: PromptName, completeLengths: DigitsWanted['completeLengths'] = new Set()): Promise<string> {
    await this.#say(prompt);
    const { digitMs: keyMs } = this.#options;
    return this.#keys.collect({ most: MOST_DIGITS, keyMs, completeLengths, completeMs: COMPLETE_MS });
  }

  async #say(prompt: PromptName): Promise<void> {
    await this.#keys.hear(await this.#options.speaker.say(this.#language, prompt));
  }
}

function callerForLogs({ identity, outside }: LobbyCaller): object {
  if (identity !== undefined) return 'user' in identity ? { user: identity.user.name } : { guest: identity.guest.id };
  return outside === undefined ? {} : { trunk: outside.trunk, caller: telephoneForLogs(outside.caller) };
}

/** How the others in the room see a guest. */
function nameOf({ identity, outside }: LobbyCaller): string {
  if (identity !== undefined) return 'user' in identity ? identity.user.displayName : identity.guest.name;
  return outside === undefined || outside.caller === '' ? WITHHELD : outside.caller;
}
