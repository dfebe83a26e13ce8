import { createDirectory } from '../../gateway/rooms/directory.js';
import type { ApiServer } from './api-server.js';

/** The numbers of the demo's groups, bound now. */
export async function bindGroups(api: ApiServer): Promise<{ engineering: string; sales: string }> {
  const directory = createDirectory(api.store.directory, { from: 4000, to: 4999 });
  const dave = await api.store.users.findByName('dave');
  const [engineering, sales] = dave?.memberships ?? [];
  return {
    engineering: await directory.numberOf(engineering?.groupId ?? ''),
    sales: await directory.numberOf(sales?.groupId ?? ''),
  };
}
