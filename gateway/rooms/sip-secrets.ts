import { randomBytes } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { UserRecord } from './administration.js';

/** Secrets of desk phones: never the user's password. */
export interface SipSecrets {
  /**
   * Makes up the secret a user's desk phones register with, and returns it for the one time it is shown; the one
   * before is good no more. @throws RoomlineError `not-found`.
   */
  reset(userName: string): Promise<string>;
}

/** 20 characters that can be typed into any phone. */
const SECRET_BYTES = 10;

export function createSipSecrets(deps: {
  findUser(name: string): Promise<UserRecord | undefined>;
  put(account: { userId: string; userName: string; secret: string }): Promise<void>;
}): SipSecrets {
  return {
    async reset(userName) {
      const user = await deps.findUser(userName);
      if (user === undefined) {
        throw new RoomlineError('not-found', `there is no user ${userName}`, { code: 'user-not-found' });
      }
      const secret = randomBytes(SECRET_BYTES).toString('hex');
      await deps.put({ userId: user.id, userName, secret });
      return secret;
    },
  };
}
