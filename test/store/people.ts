import type { User } from '../../gateway/rooms/user.js';
import type { Store } from '../../gateway/store/store.js';

/** Writes users of those names and returns them as the domain knows them. */
export async function addUsers<Names extends readonly string[]>(
  store: Store,
  ...names: Names
): Promise<{ [Index in keyof Names]: User }> {
  const users: User[] = [];
  for (const name of names) {
    await store.transaction((unit) => unit.createUser({ name, displayName: name.toUpperCase(), passwordHash: null }));
    users.push(await mustFindUser(store, name));
  }
  return users as { [Index in keyof Names]: User };
}

export async function mustFindUser(store: Store, name: string): Promise<User> {
  const user = await store.users.findByName(name);
  if (user === undefined) throw new Error(`there is no user ${name}`);
  return user;
}

/** Writes a group with its members. */
export async function addGroup(store: Store, name: string, ...members: readonly User[]): Promise<string> {
  return store.transaction(async (unit) => {
    const groupId = await unit.createGroup({ name, title: name });
    for (const { id } of members) await unit.addMember({ groupId, userId: id, role: 'member' });
    return groupId;
  });
}
