import { RoomlineError } from '../errors.js';
import type { ContactBinding, ContactBindingStore } from './contact-binding.js';
import type { Room } from './room.js';
import type { User } from './user.js';

/** Calls people on their own desk phones, at their own request. */
export interface OwnPhones {
  /**
   * Rings the user's registered desk phones; whichever answers is in the room. Returns once they are being
   * called; asked again while they ring, it lets them ring.
   * @throws RoomlineError `conflict` (code `no-desk-phone`) when none is registered, `not-found` for a room or user
   * that is no more, `forbidden` for one who may not enter.
   */
  callOwnPhone(user: Pick<User, 'id' | 'name'>, room: Pick<Room, 'number'>): Promise<void>;
}

/** The contacts of a user that are phones: browsers come by WebSocket. */
export async function findDeskPhones(
  contacts: Pick<ContactBindingStore, 'findByUser'>,
  { id }: Pick<User, 'id'>,
): Promise<ContactBinding[]> {
  return (await contacts.findByUser(id, new Date())).filter(({ transport }) => transport !== 'ws');
}

/** @param number of the room, where there is one already */
export function noDeskPhone({ name }: Pick<User, 'name'>, number?: string): RoomlineError {
  const instead = number === undefined ? 'register one, or ask without device' : `dial ${number} on another phone`;
  return new RoomlineError('conflict', `no desk phone of ${name} is registered: ${instead}`, { code: 'no-desk-phone' });
}
