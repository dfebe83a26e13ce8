import type { RouterContext } from '@koa/router';
import type { Context } from 'koa';
import { isLoopback } from '../config.js';
import { RoomlineError } from '../errors.js';
import type { ApiKeyScope, ApiKeys } from '../rooms/api-keys.js';
import type { User, UserStore } from '../rooms/user.js';
import type { HostTokens } from './host-token.js';
import { refused, type Tokens } from './token.js';

/**
 * Who may call a route: anybody; anybody on this machine and whoever has a token; whoever has a token of any kind;
 * a user, or a server that acts for one; or who has that scope. `requests` and `rooms` are for users too.
 */
export type Access = 'public' | 'here' | 'token' | 'user' | ApiKeyScope;

/** Who calls, and what they may do. */
export interface Caller {
  /** Absent for a server that acts for nobody. */
  readonly user?: User;
  readonly scopes: ReadonlySet<ApiKeyScope>;
}

export interface UserCaller extends Caller {
  readonly user: User;
}

export type CallerOf<A extends Access> = A extends 'public' | 'here'
  ? undefined
  : A extends 'token' | 'directory' | 'admin'
    ? Caller
    : UserCaller;

export interface Auth {
  /** @throws RoomlineError `unauthenticated`, `forbidden` without the scope, `invalid` where a user must be named. */
  admit<A extends Access>(ctx: Pick<RouterContext, 'get' | 'req'>, access: A): Promise<CallerOf<A>>;
}

export interface AuthDeps {
  readonly users: UserStore;
  readonly tokens: Tokens;
  readonly apiKeys: ApiKeys;
  readonly hostTokens?: HostTokens | undefined;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const API_KEY_PREFIX = 'rl_';
/** Names the user a server acts for. */
export const USER_HEADER = 'Roomline-User';

const USER_SCOPES: ReadonlySet<ApiKeyScope> = new Set<ApiKeyScope>(['requests', 'rooms']);
const ADMIN_SCOPES: ReadonlySet<ApiKeyScope> = new Set<ApiKeyScope>(['requests', 'rooms', 'directory', 'admin']);

export function createAuth(deps: AuthDeps): Auth {
  async function callerOf(ctx: Pick<RouterContext, 'get'>): Promise<Caller> {
    const token = BEARER.exec(ctx.get('Authorization'))?.[1];
    if (token === undefined) {
      throw new RoomlineError(
        'unauthenticated',
        'send Authorization: Bearer TOKEN, with the token of POST /v1/login or an API key',
        { code: 'no-token' },
      );
    }
    if (token.startsWith(API_KEY_PREFIX)) return serverOf(deps, token, ctx.get(USER_HEADER));
    const user = await (deps.hostTokens?.claims(token) === true
      ? userOfHostToken(deps.hostTokens, token)
      : userOfLoginToken(deps, token));
    return { user, scopes: user.admin ? ADMIN_SCOPES : USER_SCOPES };
  }

  return {
    async admit<A extends Access>(ctx: Pick<RouterContext, 'get' | 'req'>, access: A) {
      const open = access === 'public' || (access === 'here' && isFromHere(ctx));
      const caller = open ? undefined : await callerOf(ctx);
      if (caller !== undefined) checkAccess(caller, access);
      return caller as CallerOf<A>;
    },
  };
}

function checkAccess(caller: Caller, access: Access): void {
  if (access === 'public' || access === 'here' || access === 'token') return;
  if (access !== 'user' && !caller.scopes.has(access)) throw outOfScope(caller, access);
  if (access !== 'directory' && access !== 'admin' && caller.user === undefined) {
    throw new RoomlineError('invalid', `say in the header ${USER_HEADER} for which user this is`, {
      code: 'user-required',
    });
  }
}

function outOfScope(caller: Caller, scope: ApiKeyScope): RoomlineError {
  if (caller.user !== undefined && caller.scopes === USER_SCOPES) {
    return new RoomlineError('forbidden', 'only an administrator may do that', { code: 'not-an-administrator' });
  }
  return new RoomlineError('forbidden', `this API key lacks the scope ${scope}`, {
    code: 'missing-scope',
    details: { scope },
  });
}

async function userOfLoginToken({ users, tokens }: AuthDeps, token: string): Promise<User> {
  const { userName, userId, issuedAtMs } = await tokens.verify(token);
  const user = await users.findByName(userName);
  if (user?.id !== userId) throw refused(new Error('the user of this token is gone'));
  return notRevoked(user, issuedAtMs);
}

async function userOfHostToken(hostTokens: HostTokens, token: string): Promise<User> {
  const { user, issuedAtMs } = await hostTokens.verify(token);
  if (user === undefined) {
    throw new RoomlineError('unauthenticated', 'the host application names a user who is not in the directory', {
      code: 'unknown-user',
    });
  }
  return notRevoked(user, issuedAtMs);
}

function notRevoked(user: User, issuedAtMs: number): User {
  if (issuedAtMs < user.revokedBefore.getTime()) throw refused(new Error('issued before the user was revoked'));
  return user;
}

async function serverOf({ apiKeys, users }: AuthDeps, key: string, actsFor: string): Promise<Caller> {
  const { scopes } = await apiKeys.verify(key);
  if (actsFor === '') return { scopes: new Set(scopes) };
  const user = await users.findByName(actsFor);
  if (user === undefined) {
    throw new RoomlineError('invalid', `${USER_HEADER} names no user`, { code: 'unknown-user' });
  }
  return { user, scopes: new Set(scopes) };
}

/** A proxy on this machine speaks for others: what it forwards is not from here. */
function isFromHere(ctx: Pick<Context, 'get' | 'req'>): boolean {
  const forwarded = ctx.get('Forwarded') !== '' || ctx.get('X-Forwarded-For') !== '';
  const address = (ctx.req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return !forwarded && isLoopback(address);
}
