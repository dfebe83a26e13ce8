import { z } from 'zod';
import { textSchema } from './schemas.js';

const MOST_AT_ONCE = 500;

/** Lists go by name: `after` is the last name of the page before. */
export const pageQuery = z.object({
  after: textSchema(64).optional().describe('Go on after this name.'),
  limit: z.coerce.number().int().min(1).max(MOST_AT_ONCE).default(100),
});
