import { RoomlineError } from '../../errors.js';
import type { AccessChanges, MemberOf } from '../../rooms/administration-store.js';
import type { RoomNumber } from '../../rooms/room.js';

/** Gathers what a change takes away. */
export class Changes implements AccessChanges {
  readonly removedMembers: MemberOf[] = [];
  readonly changedMembers: MemberOf[] = [];
  readonly revokedUsers: { userId: string; user: string }[] = [];
  readonly endedRooms: RoomNumber[] = [];
}

export function noSuch(what: 'user' | 'group', name: string): RoomlineError {
  return new RoomlineError('not-found', `there is no ${what} ${name.slice(0, 128)}`, { code: `${what}-not-found` });
}

/** A unique key was in the way: the name's, unless somebody else has no such name. */
export function inUse(what: 'user' | 'group', nameTaken: boolean, name: string, cause: unknown): RoomlineError {
  return nameTaken
    ? new RoomlineError('conflict', `there is a ${what} ${name} already`, { code: `${what}-exists`, cause })
    : new RoomlineError('conflict', `another ${what} has that external id already`, {
        code: 'external-id-taken',
        cause,
      });
}
