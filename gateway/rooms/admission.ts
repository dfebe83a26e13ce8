import type { Room } from './room.js';
import type { ParticipantRole } from './roster.js';
import type { User } from './user.js';

export type Admission =
  | { readonly admitted: true; readonly role: ParticipantRole }
  | { readonly admitted: false; readonly why: 'not-a-member' };

/** Decides whether a user may enter a room, and as what. Pure: reads only what it is given. */
export function admit(room: Room, user: User): Admission {
  const membership = user.memberships.find((candidate) => candidate.groupId === room.groupId);
  if (room.kind !== 'group' || membership === undefined) return { admitted: false, why: 'not-a-member' };
  return { admitted: true, role: membership.role === 'moderator' ? 'moderator' : 'speaker' };
}
