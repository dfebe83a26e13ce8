import { setMaxListeners } from 'node:events';
import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { InvitationRules } from '../rooms/invitation-plan.js';
import {
  type Invitation,
  type InvitationChange,
  type InvitationStore,
  type Inviter,
  isFinished,
} from '../rooms/invitations.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Roster } from '../rooms/roster.js';
import type { User, UserStore } from '../rooms/user.js';
import type { DialOut } from './dial-out.js';
import { FairLimit } from './fair-limit.js';
import { InvitationRecord } from './invitation-record.js';
import { InvitationTask } from './invitation-task.js';
import type { LookUpInvitee } from './invitee-lookup.js';
import type { OutsideLine } from './outside-line.js';
import { type TakeUp, takeUpInvitations } from './take-up.js';

export interface RingingInviterOptions {
  invitations: InvitationStore;
  users: Pick<UserStore, 'findByName'>;
  lookUp: LookUpInvitee;
  dialOut: DialOut;
  outsideLine: OutsideLine;
  events: AccessEventBus;
  roster: Roster;
  rules: InvitationRules;
  /** How many people of one room's invitations, and of all, are called at once; the others are queued. */
  ringingPerRoom: number;
  ringingAtOnce: number;
  /** How long a phone rings. */
  ringMs: number;
  whichToTakeUp(): Promise<TakeUp>;
  log: Log;
}

const LOOKS_AT_ONCE = 10;
/** A try rings devices, then a telephone; the rest is for whoever hears the prompt out. */
const RINGS_OF_A_TRY = 2;
const PROMPTS_OF_A_TRY_MS = 120_000;

/**
 * Calls those who are invited, as often as the rules say; whoever is in the room by whatever way has joined.
 *
 *   queued -> ringing -> answered -> confirming -> joined, declined, voicemail, failed, unreachable
 *     ^          '-----------'-----------'-------> busy, no-answer, snoozed
 *     '-- (another try: ringing) -----------------------'
 *   (cancelled or joined at any time)
 *
 * What is not finished when the gateway ends is taken up by the next.
 */
export class RingingInviter implements Inviter {
  readonly #options: RingingInviterOptions;
  readonly #looks = new FairLimit({ perKey: LOOKS_AT_ONCE });
  readonly #rings: FairLimit;
  readonly #tasks = new Map<string, InvitationTask>();
  /** The tasks of each invitee of each room. */
  readonly #tasksOf = new Map<string, Set<InvitationTask>>();
  readonly #unsubscribe: (() => void)[];
  readonly #stopping = new AbortController();
  readonly #takingUp: Promise<void>;
  /** What is being written of invitations that are over. */
  readonly #closing = new Set<Promise<unknown>>();

  constructor(options: RingingInviterOptions) {
    this.#options = options;
    // Each invitation that cannot be written down for a while listens.
    setMaxListeners(0, this.#stopping.signal);
    this.#rings = new FairLimit({ perKey: options.ringingPerRoom, total: options.ringingAtOnce });
    this.#unsubscribe = [
      options.roster.events.on('participant.joined', ({ room, participant }) => {
        if (participant.user !== undefined) this.#onJoined(room, participant.user);
      }),
      options.events.on('room.ended', ({ room }) => this.#onRoomEnded(room)),
      options.events.on('member.removed', ({ room, user }) => {
        if (room !== undefined) this.#onMemberRemoved(room, user);
      }),
    ];
    this.#takingUp = takeUpInvitations(
      {
        ...options,
        has: (id) => this.#tasks.has(id),
        adopt: (inviter, invitation, change) => void this.#adopt(inviter, invitation, change),
        yieldUp: () => this.#yieldUp(),
        longestTryMs: RINGS_OF_A_TRY * options.ringMs + PROMPTS_OF_A_TRY_MS,
      },
      this.#stopping.signal,
    );
  }

  /** Begins with those nobody has seen to; the others are somebody's, or are taken up. */
  invite(inviter: User, invitations: readonly Invitation[]): void {
    if (this.#stopping.signal.aborted) return;
    for (const invitation of invitations) {
      const { id, room, state, tries } = invitation;
      if (state !== 'queued' || tries > 0 || this.#tasks.has(id)) continue;
      const task = this.#add(inviter, invitation);
      this.#options.roster.events.emit('invitation.updated', { room, invitation });
      void task.run();
    }
  }

  cancel(invitationId: string): void {
    const task = this.#tasks.get(invitationId);
    task?.abandon();
    void this.#cancelled(invitationId, task);
  }

  /** Cancels what rings; resolves when it is written down that the next gateway is to go on. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#stopping.abort();
    await this.#takingUp;
    await Promise.all([...this.#tasks.values()].map((task) => task.suspend()));
    await Promise.all(this.#closing);
  }

  #add(inviter: User, invitation: Invitation): InvitationTask {
    const { dialOut, log, lookUp, outsideLine, rules } = this.#options;
    const onOver = (over: InvitationTask) => this.#forget(over);
    const record = this.#record(invitation);
    const task = new InvitationTask(
      { dialOut, log, lookUp, outsideLine, rules, looks: this.#looks, rings: this.#rings, onOver },
      record,
      inviter,
    );
    this.#tasks.set(invitation.id, task);
    const key = inviteeKey(invitation);
    if (key !== undefined) this.#tasksOf.set(key, (this.#tasksOf.get(key) ?? new Set()).add(task));
    return task;
  }

  #record(invitation: Invitation): InvitationRecord {
    const { invitations, log, roster } = this.#options;
    return new InvitationRecord(
      { invitations, log, events: roster.events, stopping: this.#stopping.signal },
      invitation,
    );
  }

  async #adopt(inviter: User | undefined, invitation: Invitation, change: InvitationChange): Promise<void> {
    if (inviter === undefined || isFinished(change)) {
      const end = inviter === undefined ? { state: 'failed' as const, cause: 'inviter-gone' } : change;
      return this.#close(this.#record(invitation).keep(() => end));
    }
    // It may have been handed to us while its inviter was looked up.
    if (this.#tasks.has(invitation.id)) return;
    const task = this.#add(inviter, invitation);
    // Somebody else may have taken it up, or cancelled it.
    if (await task.record.keep(() => change)) return task.run();
    task.abandon();
  }

  /** Somebody is in the room, on whichever phone: it need not ring any more. */
  #onJoined(room: RoomNumber, userName: string): void {
    for (const task of this.#tasksFor(room, userName)) task.joined();
  }

  #onRoomEnded(room: RoomNumber): void {
    for (const task of [...this.#tasks.values()]) {
      if (task.invitation.room === room) task.finish({ state: 'cancelled', cause: 'room-ended' });
    }
  }

  #yieldUp(): void {
    for (const task of [...this.#tasks.values()]) if (!task.isCalling) task.abandon();
  }

  /** Their invitations to the group's room were cancelled with it. */
  #onMemberRemoved(room: RoomNumber, userName: string): void {
    for (const task of this.#tasksFor(room, userName)) this.cancel(task.invitation.id);
  }

  #tasksFor(room: RoomNumber, userName: string): InvitationTask[] {
    return [...(this.#tasksOf.get(userKey(room, userName)) ?? [])];
  }

  #forget(task: InvitationTask): void {
    this.#tasks.delete(task.invitation.id);
    const key = inviteeKey(task.invitation);
    if (key !== undefined) {
      const tasks = this.#tasksOf.get(key);
      tasks?.delete(task);
      if (tasks?.size === 0) this.#tasksOf.delete(key);
    }
    // What is over is written down a moment later.
    queueMicrotask(() => this.#close(task.record.written));
  }

  #close(written: Promise<unknown>): void {
    const closed = written.catch(() => undefined);
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }

  /** Whoever cancelled it may have written so already; those who watch the room hear of it either way. */
  async #cancelled(id: string, task: InvitationTask | undefined): Promise<void> {
    const { invitations, log, roster } = this.#options;
    try {
      if (task !== undefined && (await task.record.keep(() => ({ state: 'cancelled' })))) return;
      const invitation = await invitations.find(id);
      if (invitation?.state !== 'cancelled') return;
      const { room } = invitation;
      roster.events.emit('invitation.updated', { room, invitation, ...(task === undefined ? { afterEnd: true } : {}) });
    } catch (error) {
      log.error({ err: error, invitation: id }, 'a cancelled invitation was not found');
    }
  }
}

/** Undefined for telephone numbers: who is in a room by one was called. */
function inviteeKey({ room, to }: Pick<Invitation, 'room' | 'to'>): string | undefined {
  return 'user' in to ? userKey(room, to.user.name) : undefined;
}

function userKey(room: RoomNumber, userName: string): string {
  return `${room} ${userName}`;
}
