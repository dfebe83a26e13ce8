import type { Room, RoomNumber, Standing } from './room.js';
import type { ParticipantRole } from './roster.js';
import type { User } from './user.js';

export type Admission =
  | { readonly admitted: true; readonly role: ParticipantRole }
  | { readonly admitted: false; readonly why: 'not-a-member' | 'not-invited' | 'wrong-room' };

/** A guest has shown a room's PIN, and is good for that room alone, for as long as it has that PIN. */
export interface Guest {
  readonly id: string;
  readonly name: string;
  readonly room: RoomNumber;
  /** Of the PIN the guest has shown. */
  readonly pinVersion: number;
}

/** Decides whether a user may enter a room, and as what. Pure: reads only what it is given. */
export function admit(room: Room, user: User, standing?: Standing): Admission {
  switch (room.kind) {
    case 'group': {
      const membership = user.memberships.find((candidate) => candidate.groupId === room.groupId);
      if (membership !== undefined) return admitted(membership.role === 'member' ? 'speaker' : membership.role);
      return standing === 'invited' ? admitted('speaker') : { admitted: false, why: 'not-a-member' };
    }
    case 'temporary':
      return standing === undefined ? { admitted: false, why: 'not-invited' } : admitted('speaker');
    case 'exclusive':
      if (room.ownerId === user.id) return admitted('owner');
      return standing === 'invited' ? admitted('speaker') : { admitted: false, why: 'not-invited' };
  }
}

/** Decides the same for a guest, who may speak in the room whose PIN they know, as long as it has that PIN. */
export function admitGuest(room: Room, guest: Guest): Admission {
  const knowsPin = room.hasPin && guest.pinVersion === room.pinVersion;
  return knowsPin && guest.room === room.number ? admitted('speaker') : { admitted: false, why: 'wrong-room' };
}

/** Whether a role may mute and remove others, cancel their invitations and set the PIN. */
export function moderates(role: ParticipantRole): boolean {
  return role === 'owner' || role === 'moderator';
}

function admitted(role: ParticipantRole): Admission {
  return { admitted: true, role };
}
