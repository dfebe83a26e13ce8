import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import { USER_NAME_PATTERN } from '../rooms/user.js';

const MOST_INVITEES = 500;
/** E.164: 15 digits at most, the first not 0. */
const TELEPHONE = /^tel:\+[1-9]\d{1,14}$/;

const inviteeSchema = z
  .string()
  .refine((to) => USER_NAME_PATTERN.test(to) || TELEPHONE.test(to), 'is neither a user name nor tel:+ and a number')
  .describe('A user’s name, or `tel:` and a telephone number in E.164, such as `tel:+4930123456`.');

export const inviteesSchema = z.array(inviteeSchema).min(1).max(MOST_INVITEES);

/** Without a trunk there is no way to call a telephone: better said at once than found out by nobody answering. */
export function refuseTelephones(invite: readonly string[] | 'all' | undefined): void {
  const telephones = invite === undefined || invite === 'all' ? [] : invite.filter((to) => to.startsWith('tel:'));
  if (telephones.length === 0) return;
  throw new RoomlineError(
    'invalid',
    `there is no trunk to call ${telephones.slice(0, 3).join(', ')} by: invite users`,
    {
      code: 'no-trunk',
      details: { telephones },
    },
  );
}
