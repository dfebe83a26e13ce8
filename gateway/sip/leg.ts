import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { Device, LeaveCause, ParticipantRole, Roster } from '../rooms/roster.js';
import type { Playback, PlayOptions, Sound } from '../sound.js';
import type { AnsweredCall } from './answered-call.js';
import type { Call, CallReason, CallState } from './call.js';
import { type Identity, identityForLogs, namesOf } from './identity.js';
import type { LegOrigin } from './leg-origin.js';

// opening ------------> answering ---------------> joined -> ended     dialled in
// opening -> ringing -> answering ---------------> joined -> ended     dialled out, in the room on answer
// opening -> ringing -> answering -> confirming -> joined -> ended     dialled out, and asked first
//                                    confirming -> joined -> ended     out of the lobby
//     (every state may go straight to ended; the first cause wins)
export type LegState = Exclude<CallState, 'up'> | 'confirming' | 'joined';

export interface LegOptions {
  call: Call;
  room: Room;
  identity: Identity;
  device: Device;
  role: ParticipantRole;
  /** What is spoken to one who has no account, such as over the trunk they call by. */
  language?: string;
  roster: Roster;
  log: Log;
  /** The far end of a call of ours answered. @throws where that is of no use any more. */
  onAnswered?: (leg: Leg) => void;
  /**
   * What is to happen between the answer and the room, in which the call is heard by nobody; without it they are in
   * the room on answer. @throws for one who does not enter.
   */
  beforeEntering?: (leg: Leg, call: AnsweredCall) => Promise<void>;
  /** They are about to enter. @throws RoomlineError `full`, `forbidden` when the room does not take them. */
  onEntering(leg: Leg): void;
}

/** A call in a room, or on its way there. */
export class Leg {
  readonly call: Call;
  readonly identity: Identity;
  readonly #options: LegOptions;
  #talking = false;
  #role: ParticipantRole;
  #joined = false;

  constructor(options: LegOptions) {
    this.#options = options;
    const { call, identity, role, roster, log } = options;
    this.call = call;
    this.identity = identity;
    this.#role = role;
    call.events.on('digit', ({ digit, durationMs }) => roster.digit(this.id, digit, durationMs));
    call.events.on('held', ({ held }) => roster.update(this.id, held ? { held, talking: false } : { held }));
    call.events.on('ended', ({ cause }) => {
      roster.leave(this.id, cause);
      log.info({ cause }, 'leg ended');
    });
  }

  get id(): string {
    return this.call.id;
  }

  get origin(): LegOrigin {
    return this.call.origin;
  }

  get state(): LegState {
    const { state } = this.call;
    if (state !== 'up') return state;
    return this.#joined ? 'joined' : 'confirming';
  }

  get room(): RoomNumber {
    return this.#options.room.number;
  }

  get device(): Device {
    return this.#options.device;
  }

  /** What is spoken to them; undefined for the default. */
  get language(): string | undefined {
    const own = 'user' in this.identity ? this.identity.user.language : undefined;
    return own ?? this.#options.language;
  }

  get role(): ParticipantRole {
    return this.#role;
  }

  /** True from when they were in the room, also after they left. */
  get wasJoined(): boolean {
    return this.#joined;
  }

  /** Why it failed, once it has. */
  get failure(): unknown {
    return this.call.failure;
  }

  /** Resolves when they are in the room, or the call has failed and its far end knows. */
  async start(): Promise<void> {
    const { call } = this;
    const { beforeEntering, room } = this.#options;
    const direct = beforeEntering === undefined;
    try {
      if (call.state === 'opening') {
        if (!(await call.open(direct ? room.number : null, () => this.#answered(direct)))) return;
        if (direct) return this.#join();
      }
      await this.#prepare();
      if (call.state === 'up') await call.enter(room.number);
      this.#join();
    } catch (error) {
      call.fail(error);
    }
    if (call.state === 'ended') await this.end('left');
  }

  /** Ends the call, whatever state it is in; the first cause wins. Resolves when nothing is left of it. */
  end(cause: LeaveCause, reason?: CallReason): Promise<void> {
    return this.call.end(cause, reason);
  }

  play(sound: Sound, options?: PlayOptions): Playback {
    return this.call.play(sound, options);
  }

  /** @throws RoomlineError `forbidden` for the voice of a listener. */
  setMuted(muted: boolean): void {
    if (!muted && this.#role === 'listener') {
      throw new RoomlineError('forbidden', 'a listener is not heard: make them a speaker first', { code: 'listener' });
    }
    this.call.setMuted(muted);
    this.#options.roster.update(this.id, muted ? { muted, talking: false } : { muted });
  }

  /** A listener is muted, and heard again when they are one no more. */
  setRole(role: ParticipantRole): void {
    const before = this.#role;
    if (role === before) return;
    this.#role = role;
    this.#options.roster.update(this.id, { role });
    if (role === 'listener') this.setMuted(true);
    else if (before === 'listener') this.setMuted(false);
  }

  /** What the mixer hears; it may do so before the ACK has come, and they are in the roster. */
  setTalking(talking: boolean): void {
    this.#talking = talking;
    this.#options.roster.update(this.id, { talking });
  }

  setHandRaised(handRaised: boolean): void {
    this.#options.roster.update(this.id, { handRaised });
  }

  #answered(direct: boolean): void {
    const { onAnswered, onEntering } = this.#options;
    onAnswered?.(this);
    if (direct) onEntering(this);
  }

  /** Whatever comes before the room, for as long as the call lasts. */
  async #prepare(): Promise<void> {
    const { beforeEntering, onEntering } = this.#options;
    if (beforeEntering !== undefined) {
      await untilAborted(beforeEntering(this, this.call), this.call.ended);
      if (this.call.state === 'up') onEntering(this);
    }
    if (this.#role === 'listener') this.call.setMuted(true);
  }

  #join(): void {
    const { call } = this;
    if (call.state !== 'up' || this.#joined) return;
    this.#joined = true;
    const { roster, room, device, log } = this.#options;
    const muted = this.#role === 'listener';
    if (muted) call.setMuted(true);
    roster.join(room.number, {
      id: this.id,
      ...namesOf(this.identity),
      device,
      muted,
      talking: this.#talking && !muted && !call.held,
      held: call.held,
      role: this.#role,
      handRaised: false,
      joinedAt: new Date(),
    });
    log.info({ ...identityForLogs(this.identity), device }, 'leg joined');
  }
}

/** Waits for the work, but not once it is of no use any more. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = () => resolve();
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
