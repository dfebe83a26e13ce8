import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { temporaryFolder } from './temporary-folder.js';

/** Writes settings for `ROOMLINE_CONFIG` and returns the file's path. */
export function yamlFile(settings: object): string {
  const file = join(temporaryFolder('config'), 'roomline.yaml');
  writeFileSync(file, stringify(settings));
  return file;
}
