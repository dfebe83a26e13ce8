import { RoomlineError } from '../errors.js';
import { hashPassword } from '../rooms/passwords.js';
import type { GroupRole } from '../rooms/user.js';
import type { Store, UnitOfWork } from './store.js';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
type DemoUser = (typeof USERS)[number];

const GROUPS: readonly { name: string; title: string; members: Partial<Record<DemoUser, GroupRole>> }[] = [
  {
    name: 'engineering',
    title: 'Engineering',
    members: { alice: 'moderator', bob: 'member', carol: 'member', dave: 'member' },
  },
  { name: 'sales', title: 'Sales', members: { dave: 'moderator', erin: 'member' } },
];

/** The demo's password of a user: for the API, the page and SIP digest alike. */
export function demoPassword(name: string): string {
  return `${name}-demo`;
}

let hashesOnce: Promise<Map<DemoUser, string>> | undefined;

/** The slow hashes are made once for all stores of a process. */
function demoHashes(): Promise<Map<DemoUser, string>> {
  hashesOnce ??= Promise.all(
    USERS.map(async (name): Promise<[DemoUser, string]> => [name, await hashPassword(demoPassword(name))]),
  ).then((entries) => new Map(entries));
  return hashesOnce;
}

/**
 * Fills a database without users with the demo's; leaves any other as it is.
 * @returns whether it did.
 */
export async function seedDemo(store: Store, options: { realm: string }): Promise<boolean> {
  if (await store.hasUsers()) return false;
  const hashes = await demoHashes();
  try {
    await store.transaction((unit) => writeDemo(unit, hashes, options.realm));
    return true;
  } catch (error) {
    // Another gateway that started at the same time was faster.
    if (error instanceof RoomlineError && error.code === 'user-exists') return false;
    throw error;
  }
}

async function writeDemo(unit: UnitOfWork, hashes: Map<DemoUser, string>, realm: string): Promise<void> {
  const ids = new Map<string, string>();
  for (const [name, passwordHash] of hashes) {
    const displayName = name.charAt(0).toUpperCase() + name.slice(1);
    const userId = await unit.createUser({ name, displayName, passwordHash });
    ids.set(name, userId);
    await unit.putSipAccount({ userId, userName: name, realm, algorithm: 'MD5', secret: demoPassword(name) });
  }
  for (const { name, title, members } of GROUPS) {
    const groupId = await unit.createGroup({ name, title });
    for (const [member, role] of Object.entries(members)) {
      await unit.addMember({ groupId, userId: ids.get(member) ?? '', role });
    }
  }
}
