import { z } from 'zod';
import { ROOM_NUMBER_PATTERN } from '../rooms/room.js';
import { isTelephoneNumber } from '../rooms/telephone-number.js';
import { LANGUAGE_PATTERN, USER_NAME_PATTERN } from '../rooms/user.js';
import type { PathParameter } from './route.js';

/** What every error answer is. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('For programs: stays the same.'),
      message: z.string().describe('For people.'),
      details: z.unknown().optional().describe('What mends the request, where there is more to say.'),
    }),
  })
  .meta({ id: 'Error' });

export const timeSchema = z.iso.datetime().describe('In UTC.');

export const roomNumberSchema = z
  .string()
  .regex(ROOM_NUMBER_PATTERN, 'is not 3 to 12 digits')
  .describe('3 to 12 digits.');

export const userNameSchema = z
  .string()
  .regex(USER_NAME_PATTERN, 'is not a letter followed by up to 63 letters, digits, dots, hyphens or underscores')
  .describe('A lower-case letter, then letters, digits, dots, hyphens or underscores.');

export const telephoneSchema = z
  .string()
  .refine(isTelephoneNumber, 'is not a number in E.164: +, country code and number, 7 to 15 digits')
  .describe('In E.164, such as `+4930123456`.');

export const languageSchema = z
  .string()
  .regex(LANGUAGE_PATTERN, 'is not the tag of a language, such as en or zh')
  .describe('A language’s tag, such as `en` or `zh`.');

/** Text for people: no control characters, and characters counted as people count them. */
export function textSchema(most: number) {
  return z
    .string()
    .refine((text) => text !== '' && [...text].length <= most, `is not 1 to ${most} characters`)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'has control characters or halves of characters')
    .meta({ minLength: 1, maxLength: most });
}

export const roomParameter: PathParameter = {
  schema: roomNumberSchema,
  description: 'The room’s number.',
  missing: 'room-not-found',
};

/** The name of a user or group there is, or of none. */
export function nameParameter(what: 'user' | 'group'): PathParameter {
  return { schema: textSchema(64), description: `The ${what}’s name.`, missing: `${what}-not-found` };
}

export function idParameter(what: string): PathParameter {
  return {
    schema: textSchema(64),
    description: `The ${what}’s id.`,
    missing: `${what.toLowerCase().replace(' ', '-')}-not-found`,
  };
}

export const NO_CONTENT = { 204: { description: 'Done.' } } as const;
