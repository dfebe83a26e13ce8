import type { Me } from './api.js';
import type { Participant, RoomFacts } from './room-view.js';

/** What the user is offered in a room. The gateway decides; this only keeps the page from offering what it refuses. */
export interface Rights {
  /** May mute and remove others, give roles, and take back anybody's invitation. */
  readonly moderates: boolean;
  readonly invites: boolean;
  readonly setsPin: boolean;
}

const NONE: Rights = { moderates: false, invites: false, setsPin: false };

/**
 * The gateway says who belongs to a room, once it shows the room; until then it is told from what is known. Moderators
 * and owners moderate. A group's room is its members', an exclusive one its owner's, and a temporary one
 * belongs to all who asked for it; who was only invited brings nobody.
 */
export function rightsIn(deps: {
  room: RoomFacts | undefined;
  me: Pick<Me, 'groups'> | undefined;
  self: Pick<Participant, 'role'> | undefined;
  /** The name of the group whose room was asked for. */
  group: string | undefined;
  /** Came by answering an invitation. */
  invited: boolean;
}): Rights {
  const { room, me, self, group, invited } = deps;
  if (room === undefined || me === undefined) return NONE;
  // A group may have got its number since the user's groups were read.
  const membership =
    room.kind === 'group'
      ? me.groups.find(({ name, title, number }) =>
          number === undefined ? name === group || title === room.title : number === room.number,
        )
      : undefined;
  const moderates = self?.role === 'owner' || self?.role === 'moderator' || membership?.role === 'moderator';
  const guess =
    room.kind === 'group'
      ? membership !== undefined
      : room.kind === 'exclusive'
        ? self?.role === 'owner'
        : moderates || !invited;
  const invites = room.you?.belongs ?? guess;
  return { moderates, invites, setsPin: moderates || (room.kind === 'temporary' && invites) };
}
