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
}

export const ROOM_NUMBER_PATTERN = /^\d{3,12}$/;

export function isRoomNumber(text: string): text is RoomNumber {
  return ROOM_NUMBER_PATTERN.test(text);
}
