import type { AdministrationStore } from '../../rooms/administration-store.js';
import type { Database } from '../database.js';
import { createGroupAdministration } from './groups.js';
import { createMemberAdministration } from './members.js';
import { createNumberAdministration } from './numbers.js';
import { createUpsert } from './upsert.js';
import { createUserAdministration } from './users.js';

export function createAdministrationStore(database: Database): AdministrationStore {
  return {
    ...createUserAdministration(database),
    ...createGroupAdministration(database),
    ...createMemberAdministration(database),
    ...createNumberAdministration(database),
    ...createUpsert(database),
  };
}
