import type { Room } from '../rooms/room.js';
import type { User } from '../rooms/user.js';
import { scrub } from './header-guard.js';

/** Longer names are cut: a phone shows less, and a header may not grow without end. */
const MAX_DISPLAY_NAME_LENGTH = 128;

/** What the phone shows, not quoted: who calls, and for a group's room into which; of a call of one's own the latter. */
export function callerName({ room, inviter, ownCall }: { room: Room; inviter: User; ownCall?: boolean }): string {
  const { displayName } = inviter;
  const ofGroup = room.kind === 'group';
  const name = ofGroup && ownCall === true ? room.title : ofGroup ? `${displayName} (${room.title})` : displayName;
  return scrub([...name].slice(0, MAX_DISPLAY_NAME_LENGTH).join(''));
}
