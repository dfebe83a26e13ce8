import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import { hashPassword, verifyPassword } from '../rooms/passwords.js';
import type { User, UserStore } from '../rooms/user.js';
import { Turnstile } from '../turnstile.js';
import { LoginThrottle } from './login-throttle.js';
import { loginsBusy } from './logins-busy.js';
import { type Route, route } from './route.js';
import type { Tokens } from './token.js';

const loginSchema = z
  .strictObject({ user: z.string().min(1).max(256), password: z.string().min(1).max(1024) })
  .meta({ id: 'Login' });

/** A hash keeps one of libuv's four threads busy for about 150 ms; files and names are looked up there too. */
const HASHES_AT_ONCE = 2;
/** The last of them waits for about 2 s: whoever comes then had better come again. */
const MOST_WAITING = 30;

export function loginRoutes(deps: { users: UserStore; tokens: Tokens; loginThrottle?: LoginThrottle }): Route[] {
  const { users, tokens, loginThrottle: throttle = new LoginThrottle() } = deps;
  const turnstile = new Turnstile({ atOnce: HASHES_AT_ONCE, mostWaiting: MOST_WAITING, refusal: loginsBusy });
  let nobodysHash: Promise<string> | undefined;

  /** A name nobody has costs as much time as a wrong password, so that time tells nobody who has an account. */
  async function isPasswordOf(name: string, password: string): Promise<boolean> {
    const hash = await users.findPasswordHash(name);
    if (hash !== undefined) return verifyPassword(password, hash);
    nobodysHash ??= hashPassword(randomUUID());
    await verifyPassword(password, await nobodysHash);
    return false;
  }

  async function authenticate(name: string, password: string, address: string): Promise<User> {
    throttle.check(name, address);
    return turnstile.pass(async () => {
      // Again, since those ahead in the line may have failed meanwhile.
      throttle.check(name, address);
      const user = (await isPasswordOf(name, password)) ? await users.findByName(name) : undefined;
      if (user === undefined) {
        throttle.failed(name, address);
        throw new RoomlineError('unauthenticated', 'user or password are wrong', { code: 'bad-credentials' });
      }
      throttle.succeeded(name, address);
      return user;
    });
  }

  return [
    route({
      method: 'post',
      path: '/v1/login',
      tag: 'Login',
      summary: 'Log in with name and password',
      access: 'public',
      body: loginSchema,
      responses: { 200: { description: 'A token for everything else.', body: z.object({ token: z.string() }) } },
      errors: [401, 429],
      async handle({ ctx, body: { user: name, password } }) {
        const user = await authenticate(name, password, ctx.req.socket.remoteAddress ?? '');
        return { status: 200, body: { token: await tokens.issue(user) } };
      },
    }),
  ];
}
