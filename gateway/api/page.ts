import { sep } from 'node:path';
import type { Context, Next } from 'koa';
import serve from 'koa-static';

const JOIN_LINK = /^\/join(\/.*)?$/;
const ROOM_LINK = /^\/join\/\d{3,12}$/;

/** Serves the built softphone; a link such as /join/2000 opens it too, and one that leads nowhere, to say so. */
export function softphonePage(folder: string) {
  const files = serve(folder, {
    setHeaders(response, path) {
      // The build puts a hash of its content into the name of every file in assets.
      const hashed = path.includes(`${sep}assets${sep}`);
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return async (ctx: Context, next: Next): Promise<void> => {
    const { path } = ctx;
    if (JOIN_LINK.test(path)) ctx.path = '/';
    await files(ctx, next);
    if (ctx.path === path) return;
    ctx.path = path;
    if (ctx.body !== undefined && !ROOM_LINK.test(path)) ctx.status = 404;
  };
}
