import type { Guest } from '../rooms/admission.js';
import type { RoomNumber } from '../rooms/room.js';
import { guestAorUser } from '../rooms/sip-account.js';
import type { User } from '../rooms/user.js';

/** Whoever has a telephone that was invited into a room: the invitation is their right to be there. */
export interface OutsideGuest {
  /** The invitation's. */
  readonly id: string;
  /** In E.164. */
  readonly tel: string;
  readonly room: RoomNumber;
}

/** Who is behind a phone that has shown credentials. */
export type PhoneIdentity = { readonly user: User } | { readonly guest: Guest };

/** Who is behind a leg: a user, a guest of one room, or an outside line that was invited. */
export type Identity = PhoneIdentity | { readonly outside: OutsideGuest };

/** The user part of their address of record. */
export function aorUserOf(identity: Identity): string {
  if ('user' in identity) return identity.user.name;
  return 'guest' in identity ? guestAorUser(identity.guest) : identity.outside.tel;
}

export function identityId(identity: Identity): string {
  if ('user' in identity) return identity.user.id;
  return 'guest' in identity ? identity.guest.id : identity.outside.id;
}

/** How they are called in the roster; `user` is there for users alone. */
export function namesOf(identity: Identity): { user?: string; name: string } {
  if ('user' in identity) return { user: identity.user.name, name: identity.user.displayName };
  return { name: 'guest' in identity ? identity.guest.name : identity.outside.tel };
}

/** Who it is, without what only the room may know: a guest's name may be a telephone number, as an outside line's is. */
export function identityForLogs(identity: Identity): { user: string } | { guest: string } | { invitation: string } {
  if ('user' in identity) return { user: identity.user.name };
  return 'guest' in identity ? { guest: identity.guest.id } : { invitation: identity.outside.id };
}
