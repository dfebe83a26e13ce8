import { z } from 'zod';
import { USER_NAME_PATTERN } from '../rooms/user.js';

const MOST_INVITEES = 500;
/** E.164: 15 digits at most, the first not 0. */
const TELEPHONE = /^tel:\+[1-9]\d{1,14}$/;

const inviteeSchema = z
  .string()
  .refine((to) => USER_NAME_PATTERN.test(to) || TELEPHONE.test(to), 'is neither a user name nor tel:+ and a number')
  .describe('A user’s name, or `tel:` and a telephone number in E.164, such as `tel:+4930123456`.');

const inviteesSchema = z.array(inviteeSchema).min(1).max(MOST_INVITEES);

export const inviteSchema = z.union(
  [z.literal('all'), inviteesSchema],
  `is neither "all" nor a list of 1 to ${MOST_INVITEES} user names and telephone numbers`,
);
