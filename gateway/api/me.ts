import type { Router } from '@koa/router';
import type { User } from '../rooms/user.js';
import type { Auth } from './auth.js';

export function addMe(router: Router, deps: { auth: Auth }): void {
  router.get(
    '/v1/me',
    deps.auth.guard((ctx, { user }) => {
      ctx.body = presentUser(user);
    }),
  );
}

function presentUser(user: User) {
  return {
    id: user.id,
    name: user.name,
    displayName: user.displayName,
    groups: user.memberships.map(({ group, title, role, number }) => ({
      name: group,
      title,
      role,
      ...(number === undefined ? {} : { number }),
    })),
  };
}
