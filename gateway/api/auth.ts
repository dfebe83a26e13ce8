import type { RouterContext } from '@koa/router';
import { RoomlineError } from '../errors.js';
import type { User, UserStore } from '../rooms/user.js';
import type { Tokens } from './token.js';

/** Who asks, and until when they may. */
export interface Asker {
  readonly user: User;
  readonly tokenExpiresAtMs: number;
}

export interface Auth {
  /** Who asks, by the bearer token. @throws RoomlineError `unauthenticated`. */
  askerOf(ctx: Pick<RouterContext, 'get'>): Promise<Asker>;
  /** Lets only those in who bring a token. */
  guard(handle: (ctx: RouterContext, asker: Asker) => Promise<void> | void): (ctx: RouterContext) => Promise<void>;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

export function createAuth(deps: { users: UserStore; tokens: Tokens }): Auth {
  async function askerOf(ctx: Pick<RouterContext, 'get'>): Promise<Asker> {
    const token = BEARER.exec(ctx.get('Authorization'))?.[1];
    if (token === undefined) {
      throw new RoomlineError('unauthenticated', 'send Authorization: Bearer TOKEN, with the token of POST /v1/login', {
        code: 'no-token',
      });
    }
    const subject = await deps.tokens.verify(token);
    const user = await deps.users.findByName(subject.userName);
    if (user?.id !== subject.userId) {
      throw new RoomlineError('unauthenticated', 'the user of this token is gone', { code: 'bad-token' });
    }
    return { user, tokenExpiresAtMs: subject.expiresAtMs };
  }

  return {
    askerOf,
    guard: (handle) => async (ctx) => {
      await handle(ctx, await askerOf(ctx));
    },
  };
}
