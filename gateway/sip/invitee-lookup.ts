import type { ContactBinding, ContactBindingStore } from '../rooms/contact-binding.js';
import { QUIET_HOURS } from '../rooms/invitation-plan.js';
import type { Invitation, InvitationChange } from '../rooms/invitations.js';
import { type QuietHours, quietUntil } from '../rooms/quiet-hours.js';
import type { Room } from '../rooms/room.js';
import type { ParticipantRole, Roster } from '../rooms/roster.js';
import type { UserStore } from '../rooms/user.js';
import type { AccessGuard, Epoch } from './access-guard.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { Identity } from './identity.js';

/** What it takes to call somebody. */
export interface Callable {
  readonly room: Room;
  readonly identity: Identity;
  readonly role: ParticipantRole;
  readonly contacts: readonly ContactBinding[];
  /** Their outside line, called when none of the contacts is answered. */
  readonly telephone?: string;
  /** When their telephones may ring, which are left out until then. */
  readonly quietUntil?: Date;
  readonly since: Epoch;
}

/** Whom to call and where, or what becomes of an invitation without a call. */
export type LookUpInvitee = (invitation: Invitation) => Promise<Callable | InvitationChange>;

export function createInviteeLookup(deps: {
  users: Pick<UserStore, 'findByName'>;
  contacts: Pick<ContactBindingStore, 'findByUser'>;
  doorkeeper: Doorkeeper;
  guard: Pick<AccessGuard, 'epoch'>;
  roster: Pick<Roster, 'isIn'>;
  quietHours: QuietHours | null;
}): LookUpInvitee {
  const { contacts, doorkeeper, guard, quietHours, roster, users } = deps;

  const quiet = (now: Date) => (quietHours === null ? undefined : quietUntil(quietHours, now));

  async function identify({ id, room, to }: Invitation): Promise<Identity | undefined> {
    if ('tel' in to) return { outside: { id, tel: to.tel, room } };
    const user = await users.findByName(to.user.name);
    return user?.id === to.user.id ? { user } : undefined;
  }

  async function phonesOf(identity: Identity, now: Date): Promise<Pick<Callable, 'contacts' | 'telephone'>> {
    if ('outside' in identity) return { contacts: [], telephone: identity.outside.tel };
    if ('guest' in identity) return { contacts: [] };
    const { id, telephone } = identity.user;
    return { contacts: await contacts.findByUser(id, now), ...(telephone === undefined ? {} : { telephone }) };
  }

  function isHere({ room, to }: Invitation): boolean {
    const device = 'outside-line';
    return roster.isIn(room, 'user' in to ? { user: to.user.name, name: '', device } : { name: to.tel, device });
  }

  return async (invitation) => {
    if (isHere(invitation)) return { state: 'joined' };
    const since = guard.epoch;
    const identity = await identify(invitation);
    if (identity === undefined) return { state: 'unreachable', cause: 'no-such-user' };
    const entry = await doorkeeper.look(invitation.room, identity);
    if (entry === undefined) return { state: 'cancelled', cause: 'room-ended' };
    const { admission, room } = entry;
    if (!admission.admitted) return { state: 'failed', cause: admission.why };
    const now = new Date();
    const phones = await phonesOf(identity, now);
    if (phones.contacts.length === 0 && phones.telephone === undefined) {
      return { state: 'unreachable', cause: 'no-contact' };
    }
    const who = { room, identity, role: admission.role, since };
    const until = quiet(now);
    if (until === undefined) return { ...who, ...phones };
    const softphones = phones.contacts.filter(({ transport }) => transport === 'ws');
    if (softphones.length === 0) return { state: 'queued', cause: QUIET_HOURS, nextTryAt: until };
    const keptQuiet = softphones.length < phones.contacts.length || phones.telephone !== undefined;
    return { ...who, contacts: softphones, ...(keptQuiet ? { quietUntil: until } : {}) };
  };
}
