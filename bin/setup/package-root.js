import { join } from 'node:path';

/** The checkout's root folder, wherever the command was started. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');
