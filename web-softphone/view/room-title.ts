import type { RoomFacts } from '../phone/room-view.js';
import { TEXTS } from './texts.js';

const MADE_UP_TEAM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What people call a room. A team's made-up identifier is nothing to read. */
export function roomTitle(room: Pick<RoomFacts, 'kind' | 'title'>, own = false): string {
  if (room.kind === 'exclusive') return own ? TEXTS.ownRoom : TEXTS.roomOf(room.title);
  if (room.kind === 'temporary' && MADE_UP_TEAM.test(room.title)) return TEXTS.teamRoom;
  return room.title;
}
