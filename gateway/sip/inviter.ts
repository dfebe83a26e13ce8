import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { ContactBinding, ContactBindingStore } from '../rooms/contact-binding.js';
import {
  ENDED_INVITATION_STATES,
  type Invitation,
  type InvitationState,
  type InvitationStore,
  type Inviter,
} from '../rooms/invitations.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { ParticipantRole, Roster } from '../rooms/roster.js';
import type { User, UserStore } from '../rooms/user.js';
import type { AccessGuard, Epoch } from './access-guard.js';
import { ANSWERED_ELSEWHERE, type DialOut, type Ringing, type RingOutcome } from './dial-out.js';
import type { Doorkeeper } from './doorkeeper.js';
import { KeyedLimit } from './keyed-limit.js';

export interface RingingInviterOptions {
  invitations: InvitationStore;
  users: Pick<UserStore, 'findByName'>;
  contacts: Pick<ContactBindingStore, 'findByUser'>;
  doorkeeper: Doorkeeper;
  guard: Pick<AccessGuard, 'epoch'>;
  events: AccessEventBus;
  roster: Roster;
  dialOut: DialOut;
  /** How many of one room's invitations ring at once; the others are queued. */
  ringingPerRoom: number;
  /** How long one of them rings: none is silent for much longer while somebody sees to it. */
  ringMs: number;
  log: Log;
}

/** For how many ringing times nothing may be heard of an invitation before its gateway is taken for dead. */
const ABANDONED_AFTER_RINGS = 3;

const LOOKS_AT_ONCE = 10;

/** Whoever is in one of these waits no more. */
const UNTOUCHED: readonly InvitationState[] = ['ringing', ...ENDED_INVITATION_STATES];

/** An invitation being seen to. */
interface Task {
  readonly inviter: User;
  invitation: Invitation;
  ringing?: Ringing;
  /** What was written last, or is being written: states are written one after the other. */
  written: Promise<unknown>;
  /** Nothing more is to be done. */
  over: boolean;
}

/** What it takes to call somebody. */
interface Callable {
  readonly room: Room;
  readonly user: User;
  readonly role: ParticipantRole;
  readonly contacts: readonly ContactBinding[];
  readonly since: Epoch;
}

/**
 * Rings the softphones of those who are invited, each of them once; whoever answers is in the room.
 *
 * queued -> ringing -> joined, declined, busy, no-answer, unreachable, failed
 *     (cancelled at any time; joined at once by whoever is in the room or dials in meanwhile)
 */
export class RingingInviter implements Inviter {
  readonly #options: RingingInviterOptions;
  /** However many are invited, the database is asked for a few at a time. */
  readonly #looks = new KeyedLimit(LOOKS_AT_ONCE);
  readonly #rings: KeyedLimit;
  readonly #tasks = new Map<string, Task>();
  /** The tasks of each invitee of each room. */
  readonly #tasksOf = new Map<string, Set<Task>>();
  readonly #unsubscribe: (() => void)[];
  readonly #sweepTimer: NodeJS.Timeout;
  #stopped = false;

  constructor(options: RingingInviterOptions) {
    this.#options = options;
    this.#rings = new KeyedLimit(options.ringingPerRoom);
    this.#unsubscribe = [
      options.roster.events.on('participant.joined', ({ room, participant }) => {
        if (participant.user !== undefined) this.#onJoined(room, participant.user);
      }),
      options.events.on('room.ended', ({ room }) => this.#onRoomEnded(room)),
      options.events.on('member.removed', ({ room, user }) => {
        if (room !== undefined) this.#onMemberRemoved(room, user);
      }),
    ];
    this.#sweepTimer = setInterval(() => void this.#sweep(), options.ringMs);
    this.#sweepTimer.unref();
  }

  invite(inviter: User, invitations: readonly Invitation[]): void {
    for (const invitation of invitations) {
      if (this.#tasks.has(invitation.id) || ENDED_INVITATION_STATES.includes(invitation.state)) continue;
      const task: Task = { inviter, invitation, written: Promise.resolve(), over: false };
      this.#remember(task);
      if (this.#stopped) this.#finish(task, { state: 'failed', cause: 'shutdown' });
      else void this.#see(task);
    }
  }

  cancel(invitationId: string): void {
    const task = this.#tasks.get(invitationId);
    if (task !== undefined) this.#abandon(task);
    void this.#cancelled(invitationId, task);
  }

  /** Ends what is under way; resolves when that is written down. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearInterval(this.#sweepTimer);
    const tasks = [...this.#tasks.values()];
    for (const task of tasks) this.#finish(task, { state: 'failed', cause: 'shutdown' });
    await Promise.all(tasks.map((task) => task.written));
  }

  async #see(task: Task): Promise<void> {
    try {
      const { room } = task.invitation;
      // Those whom it is no use to call need not wait for others to stop ringing.
      const found = await this.#looks.run(room, () => this.#look(task));
      if ('state' in found) return this.#finish(task, found);
      await this.#rings.run(room, () => this.#ring(task));
    } catch (error) {
      this.#options.log.error({ err: error, invitation: task.invitation.id }, 'an invitation failed');
      this.#finish(task, { state: 'failed', cause: 'internal' });
    }
  }

  async #ring(task: Task): Promise<void> {
    if (task.over) return;
    const found = await this.#look(task);
    if (task.over) return;
    if ('state' in found) return this.#finish(task, found);
    if (!(await this.#write(task, { state: 'ringing', tries: task.invitation.tries + 1 }))) return this.#abandon(task);
    if (task.over) return;
    task.ringing = this.#options.dialOut({ ...found, inviter: task.inviter });
    const outcome = await task.ringing.outcome;
    // Nobody cancelled the invitation, or the task were over: the calls were ended under it, as a revoked user's are.
    this.#finish(task, outcome.state === 'cancelled' ? { state: 'failed', cause: 'ended' } : outcome);
  }

  /** Whom to call and where, or why there is nobody to call. */
  async #look({ invitation }: Task): Promise<Callable | RingOutcome> {
    const { users, contacts, doorkeeper, guard, roster } = this.#options;
    const { room: number, to } = invitation;
    if (!('user' in to)) return { state: 'unreachable', cause: 'no-outside-line' };
    if (roster.participants(number).some((participant) => participant.user === to.user.name)) {
      return { state: 'joined' };
    }
    const since = guard.epoch;
    const user = await users.findByName(to.user.name);
    if (user === undefined) return { state: 'unreachable', cause: 'no-such-user' };
    const entry = await doorkeeper.look(number, { user });
    if (entry === undefined) return { state: 'cancelled', cause: 'room-ended' };
    if (!entry.admission.admitted) return { state: 'failed', cause: entry.admission.why };
    const bindings = await contacts.findByUser(user.id, new Date());
    const softphones = bindings.filter(({ transport }) => transport === 'ws');
    if (softphones.length === 0) return { state: 'unreachable', cause: 'no-contact' };
    return { room: entry.room, user, role: entry.admission.role, contacts: softphones, since };
  }

  /** Somebody is in the room, on whichever phone: it need not ring any more. */
  #onJoined(room: RoomNumber, userName: string): void {
    for (const task of [...(this.#tasksOf.get(inviteeKey(room, userName)) ?? [])]) {
      this.#finish(task, { state: 'joined' });
    }
  }

  #onRoomEnded(room: RoomNumber): void {
    for (const task of [...this.#tasks.values()]) {
      if (task.invitation.room === room) this.#finish(task, { state: 'cancelled', cause: 'room-ended' });
    }
  }

  /** Their invitations to the group's room were cancelled with it. */
  #onMemberRemoved(room: RoomNumber, userName: string): void {
    for (const task of [...(this.#tasksOf.get(inviteeKey(room, userName)) ?? [])]) this.cancel(task.invitation.id);
  }

  #remember(task: Task): void {
    const { id, room, to } = task.invitation;
    this.#tasks.set(id, task);
    if (!('user' in to)) return;
    const key = inviteeKey(room, to.user.name);
    this.#tasksOf.set(key, (this.#tasksOf.get(key) ?? new Set()).add(task));
  }

  #forget(task: Task): void {
    const { id, room, to } = task.invitation;
    this.#tasks.delete(id);
    if (!('user' in to)) return;
    const key = inviteeKey(room, to.user.name);
    const tasks = this.#tasksOf.get(key);
    tasks?.delete(task);
    if (tasks?.size === 0) this.#tasksOf.delete(key);
  }

  /** Writes down how it ended, once, and stops what still rings. */
  #finish(task: Task, { state, cause }: RingOutcome): void {
    if (task.over) return;
    this.#abandon(task, state === 'joined');
    void this.#write(task, { state, ...(cause === undefined ? {} : { cause }) });
  }

  #abandon(task: Task, joined = false): void {
    if (task.over) return;
    task.over = true;
    this.#forget(task);
    task.ringing?.stop(joined ? ANSWERED_ELSEWHERE : undefined);
  }

  /** Says whether the invitation was still to be moved on; where that cannot be known, it is. */
  #write(task: Task, change: { state: InvitationState; tries?: number; cause?: string }): Promise<boolean> {
    const { invitations, log } = this.#options;
    const { id } = task.invitation;
    const written = task.written
      .then(() => invitations.update(id, change, ENDED_INVITATION_STATES))
      .catch((error: unknown) => {
        log.error({ err: error, invitation: id, state: change.state }, 'the state of an invitation was not kept');
        return true;
      })
      .then((moved) => {
        if (moved) this.#tell(task, change);
        return moved;
      });
    task.written = written;
    return written;
  }

  #tell(task: Task, change: { state: InvitationState; tries?: number; cause?: string }): void {
    task.invitation = { ...task.invitation, ...change, updatedAt: new Date() };
    const { room } = task.invitation;
    this.#options.log.info({ invitation: task.invitation.id, room, ...change }, 'invitation moved on');
    this.#options.roster.events.emit('invitation.updated', { room, invitation: task.invitation });
  }

  /** Says of those who wait that they do, and ends what other gateways have left behind. */
  async #sweep(): Promise<void> {
    const { invitations, ringMs, log } = this.#options;
    try {
      const waiting = [...this.#tasks.values()].filter(({ ringing }) => ringing === undefined);
      for (const { invitation } of waiting) await invitations.update(invitation.id, { state: 'queued' }, UNTOUCHED);
      const now = new Date();
      await invitations.failAbandoned(new Date(now.getTime() - ABANDONED_AFTER_RINGS * ringMs), now);
    } catch (error) {
      log.warn({ err: error }, 'abandoned invitations were not ended');
    }
  }

  /** Whoever cancelled it may have written so already; those who watch the room hear of it either way. */
  async #cancelled(id: string, task: Task | undefined): Promise<void> {
    const { invitations, roster, log } = this.#options;
    try {
      if (task !== undefined && (await this.#write(task, { state: 'cancelled' }))) return;
      const invitation = await invitations.find(id);
      if (invitation?.state !== 'cancelled') return;
      roster.events.emit('invitation.updated', { room: invitation.room, invitation });
    } catch (error) {
      log.error({ err: error, invitation: id }, 'a cancelled invitation was not found');
    }
  }
}

function inviteeKey(room: RoomNumber, userName: string): string {
  return `${room} ${userName}`;
}
