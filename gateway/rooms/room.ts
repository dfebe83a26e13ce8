/** What a room number is dialled by: 3 to 12 digits. */
export type RoomNumber = string;

/** Whose room it is: a group's, a temporary team's or one person's. */
export type RoomKind = 'group' | 'temporary' | 'exclusive';

export interface Room {
  readonly number: RoomNumber;
  readonly kind: RoomKind;
  /** What people call the room: the group's title, the team's identifier, the owner's name. */
  readonly title: string;
  /** The group whose room it is, for `kind: 'group'`. */
  readonly groupId?: string;
  /** The temporary team's identifier, for `kind: 'temporary'`. */
  readonly team?: string;
  /** The user whose room it is, for `kind: 'exclusive'`. */
  readonly ownerId?: string;
  /** When a temporary room ends at the latest. */
  readonly expiresAt?: Date;
  /** Guests who know the room's PIN may enter. */
  readonly hasPin: boolean;
  /** The PIN's version: larger with every PIN the room is given. */
  readonly pinVersion?: number;
  /** Whether those in the room are told who joins; absent for what the gateway is configured to do. */
  readonly announcesJoins?: boolean;
}

/**
 * What a user has to do with a room beside owning it or being in its group: `asked` for it with its team identifier,
 * or is `invited` and the invitation was not cancelled.
 */
export type Standing = 'asked' | 'invited';

/** Finds rooms of every kind by their number. */
export interface RoomFinder {
  find(number: RoomNumber): Promise<Room | undefined>;
  /** The room and the user's standing in it, in one query. */
  findFor(number: RoomNumber, userId: string): Promise<{ room: Room; standing?: Standing } | undefined>;
}

export const ROOM_NUMBER_PATTERN = /^\d{3,12}$/;

export function isRoomNumber(text: string): text is RoomNumber {
  return ROOM_NUMBER_PATTERN.test(text);
}
