import type { Guest } from '../rooms/admission.js';
import { guestAorUser } from '../rooms/sip-account.js';
import type { User } from '../rooms/user.js';

/** Who is behind a leg: a user, or a guest of one room. */
export type Identity = { readonly user: User } | { readonly guest: Guest };

/** The user part of their address of record. */
export function aorUserOf(identity: Identity): string {
  return 'user' in identity ? identity.user.name : guestAorUser(identity.guest);
}

export function identityId(identity: Identity): string {
  return 'user' in identity ? identity.user.id : identity.guest.id;
}

/** How they are called in the roster; `user` is absent for a guest. */
export function namesOf(identity: Identity): { user?: string; name: string } {
  if ('guest' in identity) return { name: identity.guest.name };
  return { user: identity.user.name, name: identity.user.displayName };
}
