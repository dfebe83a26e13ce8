import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause } from '../rooms/roster.js';
import type { UserStore } from '../rooms/user.js';
import type { Doorkeeper, Entry } from './doorkeeper.js';
import type { Focuses } from './focuses.js';
import type { Identity } from './identity.js';
import type { Leg } from './leg.js';

export interface AccessGuardOptions {
  events: AccessEventBus;
  focuses: Pick<Focuses, 'legsIn' | 'legsOf'>;
  doorkeeper: Doorkeeper;
  users: Pick<UserStore, 'findByName'>;
  contacts: Pick<ContactBindingStore, 'findByUser' | 'apply'>;
  log: Log;
}

/** How far things have changed that decide who may enter: what was looked up before may hold no more. */
export type Epoch = number;

/**
 * Ends the calls of those who may be in a room no more, at once. Who has lost one reason to be there may have another,
 * so most are looked at anew.
 */
export class AccessGuard {
  readonly #options: AccessGuardOptions;
  readonly #unsubscribe: (() => void)[];
  #epoch: Epoch = 0;

  constructor(options: AccessGuardOptions) {
    this.#options = options;
    const { events, focuses } = options;
    this.#unsubscribe = [
      events.onAny(() => {
        this.#epoch++;
      }),
      events.on('member.removed', ({ userId, room }) => this.#lookAtUser(userId, room)),
      events.on('member.changed', ({ userId, room }) => this.#lookAtUser(userId, room, 'renew')),
      events.on('invitation.cancelled', ({ userId, room, invitationId }) => {
        this.#lookAtUser(userId, room);
        // The invitation is all that lets an outside line in.
        for (const leg of focuses.legsIn(room)) {
          if ('outside' in leg.identity && leg.identity.outside.id === invitationId) void leg.end('removed');
        }
      }),
      events.on('user.revoked', ({ userId, user }) => this.#revoke(userId, user)),
      events.on('room.ended', ({ room, cause }) => {
        for (const leg of focuses.legsIn(room)) void leg.end(cause === 'released' ? 'removed' : 'expired');
      }),
      events.on('pin.changed', ({ room }) => {
        for (const leg of focuses.legsIn(room)) if ('guest' in leg.identity) void this.#look(leg, 'expired');
      }),
    ];
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  /** Looks again at a leg if anything changed since its admission was looked up, when no event could find it yet. */
  confirm(leg: Leg, since: Epoch): void {
    if (since !== this.#epoch) void this.#look(leg, 'removed');
  }

  /**
   * Asks again whether a leg may enter its room, if anything has changed since that was looked up.
   * @throws RoomlineError `forbidden`, `not-found`
   */
  async assertAdmitted(leg: Leg, since: Epoch): Promise<void> {
    for (let seen = since; seen !== this.#epoch; ) {
      seen = this.#epoch;
      const entry = await this.#entryOf(leg);
      if (entry === undefined) throw new RoomlineError('not-found', `room ${leg.room} is there no more`);
      if (!entry.admission.admitted) {
        throw new RoomlineError('forbidden', `they may not enter room ${leg.room} any more`, { code: 'not-admitted' });
      }
      leg.setRole(entry.admission.role);
    }
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #lookAtUser(userId: string | undefined, room: RoomNumber | undefined, role: 'keep' | 'renew' = 'keep'): void {
    if (userId === undefined || room === undefined) return;
    for (const leg of this.#options.focuses.legsOf(userId)) {
      if (leg.room === room) void this.#look(leg, 'removed', role);
    }
  }

  /** Ends the leg unless its user may be in the room; with `renew` they get the role that is theirs now. */
  async #look(leg: Leg, cause: LeaveCause, role: 'keep' | 'renew' = 'keep'): Promise<void> {
    try {
      const entry = await this.#entryOf(leg);
      if (entry?.admission.admitted !== true) void leg.end(cause);
      else if (role === 'renew') leg.setRole(entry.admission.role);
    } catch (error) {
      // Not knowing who may be there is no reason to let them stay.
      this.#options.log.error({ err: error, leg: leg.id }, 'could not look who may be in a room');
      void leg.end(cause);
    }
  }

  async #entryOf(leg: Leg): Promise<Entry | undefined> {
    const identity = await this.#refresh(leg.identity);
    return identity && this.#options.doorkeeper.look(leg.room, identity);
  }

  /** Who it is now: the user as the store has them, who may have left groups or be no more. */
  async #refresh(identity: Identity): Promise<Identity | undefined> {
    if (!('user' in identity)) return identity;
    const user = await this.#options.users.findByName(identity.user.name);
    return user?.id === identity.user.id ? { user } : undefined;
  }

  /** What was issued to their softphones is worth nothing any more; a desk phone has a secret of its own. */
  #revoke(userId: string, name: string): void {
    for (const leg of this.#options.focuses.legsOf(userId)) {
      if (leg.device === 'softphone') void leg.end('expired');
      else void this.#look(leg, 'expired');
    }
    this.#forgetContacts(userId, name).catch((error: unknown) => {
      this.#options.log.error({ err: error, user: name }, 'contacts of a revoked user were not removed');
    });
  }

  async #forgetContacts(userId: string, name: string): Promise<void> {
    const { contacts, users } = this.#options;
    const [bindings, user] = await Promise.all([contacts.findByUser(userId, new Date()), users.findByName(name)]);
    const gone = user === undefined ? bindings : bindings.filter(({ transport }) => transport === 'ws');
    if (gone.length > 0) await contacts.apply(userId, { put: [], remove: gone.map(({ contactUri }) => contactUri) });
  }
}
