import { RoomlineError } from '../errors.js';
import { admit, moderates } from '../rooms/admission.js';
import { isRoomNumber, type Room, type RoomFinder, type Standing } from '../rooms/room.js';
import type { ParticipantRole, Roster } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';

/** What a user may do in a room they may enter. */
export interface RoomAccess {
  readonly room: Room;
  readonly role: ParticipantRole;
  /** False for one who may enter by an invitation alone: they are a visitor, and bring nobody. */
  readonly belongs: boolean;
  /** Owners, moderators, and those who were made moderators for as long as they are in the room. */
  readonly moderates: boolean;
  /** Moderators may; a temporary team has none, so whoever asked for its room may. */
  readonly setsPin: boolean;
}

/**
 * The room of a number, for one who may enter it.
 * @throws RoomlineError `not-found` for a number without a room, `forbidden` for a room that is not the user's.
 */
export async function accessRoom(
  { rooms, roster }: { rooms: RoomFinder; roster: Roster },
  number: string,
  user: User,
): Promise<RoomAccess> {
  const found = isRoomNumber(number) ? await rooms.findFor(number, user.id) : undefined;
  if (found === undefined) {
    throw new RoomlineError('not-found', `there is no room ${number.slice(0, 32)}`, { code: 'room-not-found' });
  }
  const { room, standing } = found;
  const admission = admit(room, user, standing);
  if (!admission.admitted) {
    throw new RoomlineError('forbidden', `you may not enter room ${number}`, { code: admission.why });
  }
  const { role } = admission;
  const mayModerate = moderates(role) || isModeratorNow(roster, number, user);
  return {
    room,
    role,
    belongs: admit(room, user, ownStanding(standing)).admitted,
    moderates: mayModerate,
    setsPin: mayModerate || (room.kind === 'temporary' && standing === 'asked'),
  };
}

function ownStanding(standing: Standing | undefined): Standing | undefined {
  return standing === 'invited' ? undefined : standing;
}

function isModeratorNow(roster: Roster, number: string, user: User): boolean {
  return roster.participants(number).some((one) => one.user === user.name && moderates(one.role));
}

export function notModerator(what: string): RoomlineError {
  return new RoomlineError('forbidden', `only a moderator or the owner may ${what}`, { code: 'not-a-moderator' });
}
