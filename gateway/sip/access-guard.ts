import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause } from '../rooms/roster.js';
import type { UserStore } from '../rooms/user.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { Focuses } from './focuses.js';
import type { Identity } from './identity.js';
import type { RingingInviter } from './inviter.js';
import type { Leg } from './leg.js';

export interface AccessGuardOptions {
  events: AccessEventBus;
  focuses: Pick<Focuses, 'legsIn' | 'legsOf'>;
  doorkeeper: Doorkeeper;
  users: Pick<UserStore, 'findByName'>;
  contacts: Pick<ContactBindingStore, 'findByUser' | 'apply'>;
  inviter: Pick<RingingInviter, 'cancelRoom'>;
  log: Log;
}

/**
 * Ends the calls of those who may be in a room no more, at once, and has nobody ring on whose access ended. Who has
 * lost one reason to be there may have another, so most are looked at anew. Returns what stops it.
 */
export function guardAccess(options: AccessGuardOptions): () => void {
  const { events, focuses, doorkeeper, users, contacts, inviter, log } = options;

  /** Who it is now: the user as the store has them, who may have left groups or be no more. */
  async function refresh(identity: Identity): Promise<Identity | undefined> {
    if ('guest' in identity) return identity;
    const user = await users.findByName(identity.user.name);
    return user?.id === identity.user.id ? { user } : undefined;
  }

  /** Ends the leg unless its user may be in the room; with `role`, they get the one that is theirs now. */
  async function look(leg: Leg, room: RoomNumber, cause: LeaveCause, role: 'keep' | 'renew'): Promise<void> {
    try {
      const identity = await refresh(leg.identity);
      const entry = identity && (await doorkeeper.look(room, identity));
      if (entry?.admission.admitted !== true) void leg.end(cause);
      else if (role === 'renew') leg.setRole(entry.admission.role);
    } catch (error) {
      // Not knowing who may be there is no reason to let them stay.
      log.error({ err: error, leg: leg.id }, 'could not look who may be in a room');
      void leg.end(cause);
    }
  }

  function lookAtUser(userId: string, room: RoomNumber | undefined, role: 'keep' | 'renew' = 'keep'): void {
    if (room === undefined) return;
    for (const leg of focuses.legsOf(userId)) if (leg.room === room) void look(leg, room, 'removed', role);
  }

  async function forgetContacts(userId: string): Promise<void> {
    const bindings = await contacts.findByUser(userId, new Date());
    if (bindings.length > 0) await contacts.apply(userId, { put: [], remove: bindings.map((one) => one.contactUri) });
  }

  const unsubscribe = [
    events.on('member.removed', ({ userId, room }) => lookAtUser(userId, room)),
    events.on('member.changed', ({ userId, room }) => lookAtUser(userId, room, 'renew')),
    events.on('invitation.cancelled', ({ userId, room }) => {
      if (userId !== undefined) lookAtUser(userId, room);
    }),
    events.on('user.revoked', ({ userId }) => {
      for (const leg of focuses.legsOf(userId)) void leg.end('expired');
      forgetContacts(userId).catch((error: unknown) => log.error({ err: error }, 'contacts were not removed'));
    }),
    events.on('room.ended', ({ room, cause }) => {
      inviter.cancelRoom(room);
      for (const leg of focuses.legsIn(room)) void leg.end(cause === 'released' ? 'removed' : 'expired');
    }),
    events.on('pin.changed', ({ room }) => {
      for (const leg of focuses.legsIn(room)) if ('guest' in leg.identity) void look(leg, room, 'expired', 'keep');
    }),
  ];
  return () => {
    for (const stop of unsubscribe) stop();
  };
}
