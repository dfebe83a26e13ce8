import { sep } from 'node:path';
import type { Context, Next } from 'koa';
import serve from 'koa-static';

const JOIN_LINK = /^\/join\/\d{3,12}$/;

/** Serves the built softphone; a link such as /join/2000 opens it too. */
export function softphonePage(folder: string) {
  const files = serve(folder, {
    setHeaders(response, path) {
      // The build puts a hash of its content into the name of every file in assets.
      const hashed = path.includes(`${sep}assets${sep}`);
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return async (ctx: Context, next: Next): Promise<void> => {
    if (JOIN_LINK.test(ctx.path)) ctx.path = '/';
    await files(ctx, next);
  };
}
